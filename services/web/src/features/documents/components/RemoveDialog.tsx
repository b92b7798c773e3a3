import type { Document } from "@/shared/api/types";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { shownTitle } from "../model/title";

interface RemoveDialogProps {
  readonly document: Document;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Deleting for whoever owns the document, leaving for everyone else. */
export function RemoveDialog({ document, onConfirm, onClose }: RemoveDialogProps) {
  const name = <strong>“{shownTitle(document.title)}”</strong>;
  const others = document.member_count - 1;
  if (document.role === "owner") {
    return (
      <ConfirmDialog title="Delete document?" action="Delete" danger onConfirm={onConfirm} onClose={onClose}>
        <p>
          {name} will be deleted for you
          {others > 0 && ` and the ${others === 1 ? "one person" : `${others} people`} it is shared with`}.
          This cannot be undone.
        </p>
      </ConfirmDialog>
    );
  }
  return (
    <ConfirmDialog title="Leave document?" action="Leave" danger onConfirm={onConfirm} onClose={onClose}>
      <p>
        {name} will disappear from your list. {document.owner.name} can share it with you again.
      </p>
    </ConfirmDialog>
  );
}

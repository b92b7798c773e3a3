import type { Document } from "@/shared/api/types";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { shownTitle } from "../model/title";

interface RemoveDialogProps {
  readonly document: Document;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** The trash for whoever owns the document, leaving for everyone else. */
export function RemoveDialog({ document, onConfirm, onClose }: RemoveDialogProps) {
  const name = <strong>“{shownTitle(document.title)}”</strong>;
  const shared = document.member_count > 1 || document.team_count > 0;
  if (document.role === "owner") {
    return (
      <ConfirmDialog
        title="Move to trash?"
        action="Move to trash"
        danger
        onConfirm={onConfirm}
        onClose={onClose}
      >
        <p>
          {name} disappears for you
          {shared && " and for everybody it is shared with"}. You can restore it from the trash.
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

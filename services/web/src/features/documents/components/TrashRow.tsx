import { FileText, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Document } from "@/shared/api/types";
import { comingDay, relativeTime } from "@/shared/lib/time";
import { Button } from "@/shared/ui/Button";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { IconButton } from "@/shared/ui/IconButton";
import { useDocumentActions } from "../hooks/useDocumentActions";
import { shownTitle } from "../model/title";

interface TrashRowProps {
  readonly document: Document;
  readonly now: Date;
}

/** A document that can come back, or go for good. */
export function TrashRow({ document, now }: TrashRowProps) {
  const actions = useDocumentActions();
  const [asking, setAsking] = useState(false);
  const title = shownTitle(document.title);
  return (
    <li className="document-row" data-testid="trash-row" data-document={document.id}>
      <span className="document-row__icon" aria-hidden="true">
        <FileText size={18} />
      </span>
      <div className="document-row__main">
        <p className="document-row__name" data-testid="document-title">
          {title}
        </p>
        {document.trashed_at !== null && (
          <p className="document-row__meta" data-testid="trash-when">
            Deleted {relativeTime(document.trashed_at, now)}
            {document.expires_at && ` · Deleted for good ${comingDay(document.expires_at, now)}`}
          </p>
        )}
      </div>
      <Button
        size="small"
        aria-label={`Restore ${title}`}
        onClick={() => actions.restore(document)}
        data-testid="restore"
      >
        <RotateCcw size={15} aria-hidden="true" />
        Restore
      </Button>
      <IconButton
        label={`Delete ${title} for good`}
        onClick={() => setAsking(true)}
        data-testid="delete-forever"
      >
        <Trash2 size={17} aria-hidden="true" />
      </IconButton>
      {asking && (
        <ConfirmDialog
          title="Delete for good?"
          action="Delete for good"
          danger
          onClose={() => setAsking(false)}
          onConfirm={() => actions.removeForever(document)}
        >
          <p>
            <strong>“{title}”</strong> and everything in it will be gone. This cannot be undone.
          </p>
        </ConfirmDialog>
      )}
    </li>
  );
}

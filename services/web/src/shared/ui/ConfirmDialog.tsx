import type { ReactNode } from "react";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

interface ConfirmDialogProps {
  readonly title: string;
  readonly action: string;
  readonly danger?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function ConfirmDialog({ title, action, danger, onConfirm, onClose, children }: ConfirmDialogProps) {
  return (
    <Dialog title={title} onClose={onClose} testId="confirm-dialog">
      <div>{children}</div>
      <div className="dialog__footer">
        <Button onClick={onClose} data-autofocus="" data-testid="cancel">
          Cancel
        </Button>
        <Button
          variant={danger ? "danger" : "primary"}
          data-testid="confirm"
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          {action}
        </Button>
      </div>
    </Dialog>
  );
}

import { Copy } from "lucide-react";
import type { ReactNode } from "react";
import { copyText } from "@/shared/lib/clipboard";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { toast } from "@/shared/ui/toastStore";

interface SecretDialogProps {
  readonly title: string;
  readonly secret: string;
  readonly children: ReactNode;
  readonly onClose: () => void;
}

export function SecretDialog({ title, secret, children, onClose }: SecretDialogProps) {
  const copy = async () => {
    if (await copyText(secret)) toast.info("The secret is copied.");
    else toast.error("The browser did not allow copying.");
  };
  return (
    <Dialog title={title} onClose={onClose} testId="webhook-secret">
      <p>{children} Copy it now: it is shown only this once.</p>
      <input
        className="input secret"
        aria-label="Secret"
        readOnly
        value={secret}
        onFocus={(event) => event.target.select()}
        data-testid="webhook-secret-value"
      />
      <div className="dialog__footer">
        <Button onClick={() => void copy()} data-autofocus="" data-testid="webhook-secret-copy">
          <Copy size={16} aria-hidden="true" />
          Copy
        </Button>
        <Button variant="primary" onClick={onClose} data-testid="webhook-secret-kept">
          I have kept it
        </Button>
      </div>
    </Dialog>
  );
}

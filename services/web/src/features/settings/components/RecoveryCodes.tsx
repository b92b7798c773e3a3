import { Copy, Download } from "lucide-react";
import { APP_NAME } from "@/shared/lib/brand";
import { copyText } from "@/shared/lib/clipboard";
import { saveFile } from "@/shared/lib/download";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { toast } from "@/shared/ui/toastStore";

interface RecoveryCodesProps {
  readonly codes: readonly string[];
  readonly onClose: () => void;
}

/** Shown once: the server keeps only hashes of them. */
export function RecoveryCodes({ codes, onClose }: RecoveryCodesProps) {
  const text = `${codes.join("\n")}\n`;
  const copy = async () => {
    if (await copyText(text)) toast.info("The recovery codes are copied.");
    else toast.error("The browser did not allow copying.");
  };
  return (
    <Dialog title="Keep these recovery codes" onClose={onClose} testId="recovery-codes">
      <p>
        They let you in when you lose your phone or key. Each works once, and they are shown only now: print
        them, or keep them where your passwords are.
      </p>
      <ol className="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div className="dialog__footer">
        <Button onClick={() => void copy()} data-testid="copy-codes">
          <Copy size={16} aria-hidden="true" />
          Copy
        </Button>
        <Button
          onClick={() => saveFile(new Blob([text], { type: "text/plain" }), `${APP_NAME} recovery codes.txt`)}
        >
          <Download size={16} aria-hidden="true" />
          Download
        </Button>
        <Button variant="primary" onClick={onClose} data-autofocus="" data-testid="codes-kept">
          I have kept them
        </Button>
      </div>
    </Dialog>
  );
}

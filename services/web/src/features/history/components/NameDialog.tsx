import { type FormEvent, useState } from "react";
import { explain } from "@/shared/api/errors";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { TextField } from "@/shared/ui/TextField";

interface NameDialogProps {
  readonly title: string;
  readonly action: string;
  readonly hint?: string;
  readonly name: string;
  /** Completes "Could not …". */
  readonly doing: string;
  readonly onName: (name: string) => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks for a version's name; open until the server has it. */
export function NameDialog({ title, action, hint, name: before, doing, onName, onClose }: NameDialogProps) {
  const [name, setName] = useState(before);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | undefined>();
  const send = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = name.trim();
    if (wanted === "") {
      setError("Give it a name.");
      return;
    }
    setBusy(true);
    try {
      await onName(wanted);
      onClose();
    } catch (failure) {
      setBusy(false);
      setError(explain(failure, doing));
    }
  };
  return (
    <Dialog title={title} onClose={onClose} testId="version-dialog">
      <form className="dialog-form" onSubmit={send} noValidate>
        <TextField
          label="Name of the version"
          name="version"
          maxLength={200}
          {...(hint === undefined ? {} : { hint })}
          data-autofocus=""
          value={name}
          error={error}
          onChange={(event) => {
            setName(event.target.value);
            setError(undefined);
          }}
        />
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={busy} data-testid="version-name-save">
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

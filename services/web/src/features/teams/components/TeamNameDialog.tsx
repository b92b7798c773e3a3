import { type FormEvent, useState } from "react";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { TextField } from "@/shared/ui/TextField";
import { refusalText } from "../model/refusals";

/** As the server says. */
const MAX_NAME_LENGTH = 80;

interface TeamNameDialogProps {
  readonly title: string;
  readonly action: string;
  readonly initial: string;
  readonly onSave: (name: string) => Promise<unknown>;
  readonly onClose: () => void;
}

export function TeamNameDialog({ title, action, initial, onSave, onClose }: TeamNameDialogProps) {
  const [typed, setTyped] = useState(initial);
  const [error, setError] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const name = typed.replace(/\s+/g, " ").trim();
    if (name === "") {
      setError("Enter a name.");
      return;
    }
    setBusy(true);
    try {
      await onSave(name);
      onClose();
    } catch (failure) {
      setError(refusalText(failure, "save the name"));
      setBusy(false);
    }
  };

  return (
    <Dialog title={title} onClose={onClose} testId="team-name-dialog">
      <form className="dialog-form" onSubmit={submit} noValidate>
        <TextField
          label="Name"
          name="team-name"
          autoComplete="off"
          maxLength={MAX_NAME_LENGTH}
          data-autofocus=""
          data-testid="team-name"
          value={typed}
          error={error}
          onFocus={(event) => event.target.select()}
          onChange={(event) => {
            setTyped(event.target.value);
            setError(undefined);
          }}
        />
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={busy} data-testid="team-name-save">
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

import { type FormEvent, useState } from "react";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { TextField } from "./TextField";

interface NameDialogProps {
  readonly title: string;
  /** What the button says that saves. */
  readonly action: string;
  readonly initial: string;
  readonly maxLength: number;
  /** Before the names of what tests look for: `folder`. */
  readonly subject: string;
  /** The name as it is kept; empty where nothing is left of what was typed. */
  readonly clean: (typed: string) => string;
  readonly onSave: (name: string) => Promise<unknown>;
  /** What to say when saving failed. */
  readonly explain: (failure: unknown) => string;
  readonly onClose: () => void;
}

/** Asks for a name, and stays open until it is saved. */
export function NameDialog(props: NameDialogProps) {
  const { title, action, initial, maxLength, subject, clean, onSave, explain, onClose } = props;
  const [typed, setTyped] = useState(initial);
  const [error, setError] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const name = clean(typed);
    if (name === "") {
      setError("Enter a name.");
      return;
    }
    setBusy(true);
    try {
      await onSave(name);
      onClose();
    } catch (failure) {
      setError(explain(failure));
      setBusy(false);
    }
  };

  return (
    <Dialog title={title} onClose={onClose} testId={`${subject}-name-dialog`}>
      <form className="dialog-form" onSubmit={submit} noValidate>
        <TextField
          label="Name"
          name={`${subject}-name`}
          autoComplete="off"
          maxLength={maxLength}
          data-autofocus=""
          data-testid={`${subject}-name`}
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
          <Button type="submit" variant="primary" busy={busy} data-testid={`${subject}-name-save`}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

import { UserRound } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { TextField } from "@/shared/ui/TextField";
import { MAX_GUEST_NAME } from "../model/guest";

interface GuestNameProps {
  readonly name: string;
  /** Rejects when the server does not take it. */
  readonly onChange: (name: string) => Promise<void>;
}

/** Whom others see where somebody without an account is, and how to change that. */
export function GuestName({ name, onChange }: GuestNameProps) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button
        size="small"
        variant="quiet"
        className="guest-name"
        aria-label={`Your name here: ${name}. Change it`}
        data-testid="guest-name"
        onClick={() => setAsking(true)}
      >
        <UserRound size={16} aria-hidden="true" />
        <span className="guest-name__name">{name}</span>
      </Button>
      {asking && <NameDialog name={name} onChange={onChange} onClose={() => setAsking(false)} />}
    </>
  );
}

function NameDialog({ name, onChange, onClose }: GuestNameProps & { readonly onClose: () => void }) {
  const [typed, setTyped] = useState(name === "Guest" ? "" : name);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | undefined>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await onChange(typed);
      onClose();
    } catch {
      setBusy(false);
      setError("The name could not be changed. Try again.");
    }
  };
  return (
    <Dialog title="Your name" onClose={onClose} testId="guest-name-dialog">
      <form className="guest-form" onSubmit={(event) => void submit(event)} noValidate>
        <TextField
          label="Guest name"
          name="guest-name"
          autoComplete="nickname"
          maxLength={MAX_GUEST_NAME}
          placeholder="Guest"
          hint="Others see it beside your caret and your comments, marked as a guest’s."
          data-autofocus=""
          data-testid="guest-name-field"
          value={typed}
          error={error}
          onChange={(event) => setTyped(event.target.value)}
        />
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={busy} data-testid="guest-name-save">
            Use this name
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

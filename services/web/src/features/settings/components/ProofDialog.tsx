import { type FormEvent, type ReactNode, useState } from "react";
import { FormError } from "@/features/auth/components/FormError";
import { failureOf } from "@/features/auth/hooks/useAuthForm";
import { PasskeyError } from "@/features/auth/model/passkeys";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { PasswordField } from "@/shared/ui/PasswordField";
import { TextField } from "@/shared/ui/TextField";
import type { Account } from "../api/account";
import type { Proof } from "../api/factors";

interface ProofDialogProps {
  readonly title: string;
  readonly action: string;
  readonly danger?: boolean;
  readonly account: Account;
  /** What is done with the proof; its failure is shown here, and its success closes nothing. */
  readonly onProof: (proof: Proof) => Promise<void>;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}

/**
 * Has the person show that it is them before something that guards the account is changed: by the password, or by a
 * code. Somebody who has neither must have signed in shortly before, and the server says so when they have not.
 */
export function ProofDialog({
  title,
  action,
  danger,
  account,
  onProof,
  onClose,
  children,
}: ProofDialogProps) {
  const [byCode, setByCode] = useState(!account.has_password && account.totp);
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const asks = account.has_password || account.totp;

  const given: Proof = byCode ? { code: typed.trim() } : { password: typed };
  const proof = asks ? given : {};

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (asks && typed.trim() === "") {
      setError(byCode ? "Enter a code." : "Enter your password.");
      return;
    }
    setError(null);
    setBusy(true);
    try {
      await onProof(proof);
    } catch (failure) {
      setError(failure instanceof PasskeyError ? failure.message : failureOf(failure, {}).form);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog title={title} onClose={onClose} testId="proof-dialog">
      <form className="dialog-form" onSubmit={submit} noValidate>
        {children}
        <FormError message={error} />
        {asks &&
          (byCode ? (
            <TextField
              key="code"
              label="Code"
              hint="Of your authenticator app, or a recovery code."
              name="code"
              autoComplete="one-time-code"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={100}
              data-autofocus=""
              data-testid="proof-code"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          ) : (
            <PasswordField
              key="password"
              label="Your password"
              name="password"
              autoComplete="current-password"
              data-autofocus=""
              data-testid="proof-password"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          ))}
        {account.has_password && account.totp && (
          <Button
            size="small"
            variant="quiet"
            onClick={() => {
              setByCode(!byCode);
              setTyped("");
              setError(null);
            }}
          >
            {byCode ? "Use the password instead" : "Use a code instead"}
          </Button>
        )}
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant={danger ? "danger" : "primary"}
            busy={busy}
            data-testid="proof-submit"
          >
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

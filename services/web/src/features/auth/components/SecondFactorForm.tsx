import { KeyRound } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ApiError } from "@/shared/api/errors";
import type { SecondFactorOffer } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { TextField } from "@/shared/ui/TextField";
import { type CodeMethod, signInWithCode, signInWithPasskey } from "../api/secondStep";
import { failureOf } from "../hooks/useAuthForm";
import { PasskeyError, passkeysWork } from "../model/passkeys";
import { session } from "../session";
import { FormError } from "./FormError";

interface SecondFactorFormProps {
  readonly offer: SecondFactorOffer;
  /** Back to the password, with a reason when there is one besides the person's own wish. */
  readonly onRestart: (reason: string | null) => void;
}

const FIELDS: Readonly<Record<CodeMethod, { label: string; hint: string; other: string }>> = {
  totp: {
    label: "Code of your authenticator app",
    hint: "Six digits, a new one every half minute.",
    other: "Use the code of your authenticator app",
  },
  "recovery-code": {
    label: "Recovery code",
    hint: "One of those you kept when you set up two-step sign-in. Each works once.",
    other: "Use a recovery code",
  },
};

/** The step after a correct password: a code, or a passkey. */
export function SecondFactorForm({ offer, onRestart }: SecondFactorFormProps) {
  const codes = (["totp", "recovery-code"] as const).filter((method) => offer.methods.includes(method));
  const passkey = offer.methods.includes("passkey");
  // A code to type is shown at once, unless there is nothing but recovery codes besides a passkey.
  const [method, setMethod] = useState<CodeMethod | null>(
    passkey && codes[0] === "recovery-code" ? null : (codes[0] ?? null),
  );
  const [code, setCode] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState<"code" | "passkey" | null>(null);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (method !== null) form.current?.querySelector<HTMLInputElement>('[name="code"]')?.focus();
  }, [method]);

  const attempt = async (kind: "code" | "passkey", work: () => ReturnType<typeof signInWithPasskey>) => {
    setError(null);
    setBusy(kind);
    try {
      session.adopt(await work());
    } catch (failure) {
      if (failure instanceof ApiError && failure.problem.slug === "second-factor-expired") {
        onRestart("That took too long, or too many codes were wrong. Sign in again.");
        return;
      }
      setError(failure instanceof PasskeyError ? failure.message : failureOf(failure, {}).form);
      setCode("");
      form.current?.querySelector<HTMLInputElement>('[name="code"]')?.focus();
    } finally {
      setBusy(null);
    }
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (method === null || busy !== null) return;
    if (code.trim() === "") setError("Enter the code.");
    else void attempt("code", () => signInWithCode(method, offer.token, code.trim()));
  };

  const others = codes.filter((each) => each !== method);
  return (
    <form ref={form} className="auth__form" onSubmit={submit} noValidate data-testid="second-factor">
      <FormError message={error} />
      {passkey && (
        <Button
          variant={method === null ? "primary" : "plain"}
          size="wide"
          busy={busy === "passkey"}
          disabled={!passkeysWork()}
          onClick={() => void attempt("passkey", () => signInWithPasskey(offer.token))}
          data-testid="second-factor-passkey"
        >
          <KeyRound size={17} aria-hidden="true" />
          {passkeysWork() ? "Use a passkey" : "This browser cannot use passkeys here"}
        </Button>
      )}
      {method !== null && (
        <>
          <TextField
            key={method}
            label={FIELDS[method].label}
            hint={FIELDS[method].hint}
            name="code"
            autoComplete={method === "totp" ? "one-time-code" : "off"}
            inputMode={method === "totp" ? "numeric" : "text"}
            autoCapitalize="none"
            spellCheck={false}
            maxLength={100}
            data-testid="code"
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
          <Button type="submit" variant="primary" size="wide" busy={busy === "code"} data-testid="submit">
            {busy === "code" ? "Signing in…" : "Sign in"}
          </Button>
        </>
      )}
      <div className="auth__others">
        {others.map((other) => (
          <Button
            key={other}
            variant="quiet"
            size="small"
            data-testid={`use-${other}`}
            onClick={() => {
              setMethod(other);
              setCode("");
              setError(null);
            }}
          >
            {FIELDS[other].other}
          </Button>
        ))}
        <Button variant="quiet" size="small" onClick={() => onRestart(null)}>
          Sign in as someone else
        </Button>
      </div>
    </form>
  );
}

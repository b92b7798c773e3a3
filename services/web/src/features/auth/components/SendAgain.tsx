import { useState } from "react";
import { Button } from "@/shared/ui/Button";
import { recovery } from "../api/recovery";
import { failureOf } from "../hooks/useAuthForm";

interface SendAgainProps {
  readonly email: string;
}

type Said =
  | { readonly kind: "nothing" | "busy" | "sent" }
  | { readonly kind: "failed"; readonly why: string };

/** Asks for the mail once more that confirms an address, of somebody who cannot sign in before it is confirmed. */
export function SendAgain({ email }: SendAgainProps) {
  const [said, setSaid] = useState<Said>({ kind: "nothing" });
  const to = email.trim();

  const send = async () => {
    if (to === "") {
      setSaid({ kind: "failed", why: "Enter your e-mail address first." });
      return;
    }
    setSaid({ kind: "busy" });
    try {
      await recovery.resend(to);
      setSaid({ kind: "sent" });
    } catch (failure) {
      const { form, fields } = failureOf(failure, { email: to });
      setSaid({ kind: "failed", why: form ?? fields.email ?? "Try again." });
    }
  };

  if (said.kind === "sent") {
    return (
      <span role="status" data-testid="sent-again">
        A new mail is on its way to {to}, if it still has to be confirmed.
      </span>
    );
  }
  return (
    <span className="auth__again">
      <Button size="small" busy={said.kind === "busy"} onClick={() => void send()} data-testid="send-again">
        Send the mail again
      </Button>
      {said.kind === "failed" && <span role="alert">{said.why}</span>}
    </span>
  );
}

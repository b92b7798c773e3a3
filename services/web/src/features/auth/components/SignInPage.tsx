import { Info } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import type { SecondFactorOffer } from "@/shared/api/types";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { PasswordField } from "@/shared/ui/PasswordField";
import { TextField } from "@/shared/ui/TextField";
import { useAuthForm } from "../hooks/useAuthForm";
import { useSession } from "../hooks/useSession";
import { secondStepOf } from "../model/fragment";
import { signInError, UNVERIFIED } from "../model/signInErrors";
import { checkCredentials } from "../model/validate";
import { session } from "../session";
import { AuthLayout } from "./AuthLayout";
import { FormError } from "./FormError";
import { SecondFactorForm } from "./SecondFactorForm";
import { SendAgain } from "./SendAgain";

const NOTICES = {
  ended:
    "Your session has ended. Sign in again to continue; edits that were not saved yet are kept on this device.",
  "signed-out": "You are signed out.",
} as const;

interface SignInPageProps {
  /** Ways to sign in besides a password. */
  readonly otherWays?: ReactNode;
}

export default function SignInPage({ otherWays }: SignInPageProps) {
  useDocumentTitle("Sign in");
  const state = useSession();
  const [search] = useSearchParams();
  const [offer, setOffer] = useSecondStep();
  const [restarted, setRestarted] = useState<string | null>(null);
  const reason = state.status === "anonymous" ? state.reason : null;
  const form = useAuthForm({
    initial: { email: "", password: "" },
    check: checkCredentials,
    send: async ({ email, password }) => {
      setRestarted(null);
      setOffer(await session.signIn({ email: email.trim(), password }));
    },
  });
  const query = withoutError(search);
  const problem = form.formError ?? restarted ?? signInError(search.get("error"));
  const isUnverified = (form.formError === null ? search.get("error") : form.slug) === UNVERIFIED;

  if (offer !== null) {
    return (
      <AuthLayout title="One more step" lead="Show that it is you." footer={null}>
        <SecondFactorForm
          offer={offer}
          onRestart={(reason) => {
            setOffer(null);
            form.change("password", "");
            setRestarted(reason);
          }}
        />
      </AuthLayout>
    );
  }

  return (
    <AuthLayout
      title="Welcome back"
      lead="Sign in to carry on where you left off."
      footer={
        <>
          New here? <Link href={`${paths.register}${query && `?${query}`}`}>Create an account</Link>
        </>
      }
    >
      {reason !== null && problem === null && (
        <div className="notice" role="status" data-testid="session-notice">
          <Info size={17} aria-hidden="true" />
          {NOTICES[reason]}
        </div>
      )}
      <form className="auth__form" onSubmit={form.submit} noValidate>
        <FormError message={problem}>{isUnverified && <SendAgain email={form.values.email} />}</FormError>
        <TextField
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          data-testid="email"
          value={form.values.email}
          error={form.fieldErrors.email}
          onChange={(event) => form.change("email", event.target.value)}
        />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="current-password"
          data-testid="password"
          value={form.values.password}
          error={form.fieldErrors.password}
          onChange={(event) => form.change("password", event.target.value)}
        />
        <Button type="submit" variant="primary" size="wide" busy={form.busy} data-testid="submit">
          {form.busy ? "Signing in…" : "Sign in"}
        </Button>
        <Link className="auth__forgot" href={paths.forgotPassword} data-testid="forgot-password">
          Forgot your password?
        </Link>
      </form>
      {otherWays}
    </AuthLayout>
  );
}

/** The search of this page for another one, which is not to repeat what went wrong here. */
function withoutError(search: URLSearchParams): string {
  const rest = new URLSearchParams(search);
  rest.delete("error");
  return rest.toString();
}

/** What is asked for after a password, or after a provider that has just sent the person back. */
function useSecondStep() {
  const [, navigate] = useLocation();
  const [arrived] = useState(() => secondStepOf(window.location.hash));
  const [offer, setOffer] = useState<SecondFactorOffer | null>(arrived?.offer ?? null);
  useEffect(() => {
    if (arrived === null) return;
    const query = arrived.returnTo === null ? "" : `?${new URLSearchParams({ next: arrived.returnTo })}`;
    // What opens a session does not stay in the address, nor in the history.
    navigate(`${paths.signIn}${query}`, { replace: true });
  }, [arrived, navigate]);
  return [offer, setOffer] as const;
}

import { Info } from "lucide-react";
import { Link, useSearchParams } from "wouter";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { PasswordField } from "@/shared/ui/PasswordField";
import { TextField } from "@/shared/ui/TextField";
import { useAuthForm } from "../hooks/useAuthForm";
import { useSession } from "../hooks/useSession";
import { checkCredentials } from "../model/validate";
import { session } from "../session";
import { AuthLayout } from "./AuthLayout";
import { FormError } from "./FormError";

const NOTICES = {
  ended:
    "Your session has ended. Sign in again to continue; edits that were not saved yet are kept on this device.",
  "signed-out": "You are signed out.",
} as const;

export default function SignInPage() {
  useDocumentTitle("Sign in");
  const state = useSession();
  const [search] = useSearchParams();
  const reason = state.status === "anonymous" ? state.reason : null;
  const form = useAuthForm({
    initial: { email: "", password: "" },
    check: checkCredentials,
    send: ({ email, password }) => session.signIn({ email: email.trim(), password }),
  });
  const query = search.toString();

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
      {reason !== null && form.formError === null && (
        <div className="notice" role="status" data-testid="session-notice">
          <Info size={17} aria-hidden="true" />
          {NOTICES[reason]}
        </div>
      )}
      <form className="auth__form" onSubmit={form.submit} noValidate>
        <FormError message={form.formError} />
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
      </form>
    </AuthLayout>
  );
}

import { useState } from "react";
import { Link } from "wouter";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { PasswordField } from "@/shared/ui/PasswordField";
import { recovery } from "../api/recovery";
import { useAuthForm } from "../hooks/useAuthForm";
import { useMailToken } from "../hooks/useMailToken";
import { checkNewPassword, MIN_PASSWORD_LENGTH } from "../model/validate";
import { AuthLayout } from "./AuthLayout";
import { FormError } from "./FormError";

export default function ResetPasswordPage() {
  useDocumentTitle("Choose a new password");
  const token = useMailToken();
  const [done, setDone] = useState(false);
  const form = useAuthForm({
    initial: { password: "" },
    check: ({ password }) => checkNewPassword(password),
    send: async ({ password }) => {
      await recovery.reset(token ?? "", password);
      setDone(true);
    },
  });

  if (token === null) {
    return (
      <AuthLayout
        title="The link is incomplete"
        lead="Open it from the mail again, or copy all of it."
        footer={<Link href={paths.forgotPassword}>Ask for another link</Link>}
      >
        {null}
      </AuthLayout>
    );
  }
  if (done) {
    return (
      <AuthLayout
        title="Your password is changed"
        lead="You were signed out everywhere."
        footer={<Link href={paths.signIn}>Sign in with the new password</Link>}
      >
        <p className="visually-hidden" role="status" data-testid="password-changed">
          Your password is changed.
        </p>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout
      title="Choose a new password"
      lead="You will be signed out everywhere, and sign in with it."
      footer={<Link href={paths.signIn}>Back to signing in</Link>}
    >
      <form className="auth__form" onSubmit={form.submit} noValidate>
        <FormError message={form.formError}>
          {form.slug === "link-not-valid" && <Link href={paths.forgotPassword}>Ask for another link</Link>}
        </FormError>
        <PasswordField
          label="New password"
          name="password"
          autoComplete="new-password"
          autoFocus
          hint={`At least ${MIN_PASSWORD_LENGTH} characters. A few unrelated words work well.`}
          data-testid="password"
          value={form.values.password}
          error={form.fieldErrors.password}
          onChange={(event) => form.change("password", event.target.value)}
        />
        <Button type="submit" variant="primary" size="wide" busy={form.busy} data-testid="submit">
          {form.busy ? "Saving…" : "Change the password"}
        </Button>
      </form>
    </AuthLayout>
  );
}

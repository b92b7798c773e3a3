import { useState } from "react";
import { Link } from "wouter";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { TextField } from "@/shared/ui/TextField";
import { recovery } from "../api/recovery";
import { useAuthForm } from "../hooks/useAuthForm";
import { checkEmail } from "../model/validate";
import { AuthLayout } from "./AuthLayout";
import { FormError } from "./FormError";

export default function ForgotPasswordPage() {
  useDocumentTitle("Forgot your password?");
  const [sentTo, setSentTo] = useState<string | null>(null);
  const form = useAuthForm({
    initial: { email: "" },
    check: ({ email }) => checkEmail(email),
    send: async ({ email }) => {
      await recovery.forgot(email.trim());
      setSentTo(email.trim());
    },
  });
  const back = <Link href={paths.signIn}>Back to signing in</Link>;

  if (sentTo !== null) {
    return (
      <AuthLayout
        title="Look at your mail"
        lead={`If ${sentTo} has an account, a link is there now.`}
        footer={back}
      >
        <p className="auth__note" role="status" data-testid="mail-sent">
          It works once, and for an hour. Nothing there after a few minutes? Look among unwanted mail, or
          whether the address is right.
        </p>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout
      title="Forgot your password?"
      lead="Tell us your e-mail address, and we send you a link to choose another one."
      footer={back}
    >
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
        <Button type="submit" variant="primary" size="wide" busy={form.busy} data-testid="submit">
          {form.busy ? "Sending…" : "Send the link"}
        </Button>
      </form>
    </AuthLayout>
  );
}

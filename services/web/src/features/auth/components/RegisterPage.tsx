import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { APP_NAME } from "@/shared/lib/brand";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { PasswordField } from "@/shared/ui/PasswordField";
import { TextField } from "@/shared/ui/TextField";
import { useAuthForm } from "../hooks/useAuthForm";
import { checkRegistration, MIN_PASSWORD_LENGTH } from "../model/validate";
import { session } from "../session";
import { AuthLayout } from "./AuthLayout";
import { FormError } from "./FormError";
import { SendAgain } from "./SendAgain";

export default function RegisterPage() {
  useDocumentTitle("Create an account");
  const [search] = useSearchParams();
  const [mailedTo, setMailedTo] = useState<string | null>(null);
  const form = useAuthForm({
    initial: { name: "", email: "", password: "" },
    check: checkRegistration,
    send: async ({ name, email, password }) => {
      const signedIn = await session.register({ name: name.trim(), email: email.trim(), password });
      if (!signedIn) setMailedTo(email.trim());
    },
  });
  const rest = new URLSearchParams(search);
  rest.delete("error");
  const query = rest.toString();
  const signIn = `${paths.signIn}${query && `?${query}`}`;

  if (mailedTo !== null) {
    return (
      <AuthLayout
        title="Look at your mail"
        lead={`We sent a mail to ${mailedTo}. Open the link in it to go on.`}
        footer={<Link href={signIn}>Sign in</Link>}
      >
        <p className="auth__note" role="status" data-testid="mail-sent">
          Nothing there after a few minutes? Look among unwanted mail.
        </p>
        <SendAgain email={mailedTo} />
      </AuthLayout>
    );
  }

  return (
    <AuthLayout
      title="Create your account"
      lead={`Write with others in ${APP_NAME}, and keep every word.`}
      footer={
        <>
          Already have an account? <Link href={signIn}>Sign in</Link>
        </>
      }
    >
      <form className="auth__form" onSubmit={form.submit} noValidate>
        <FormError message={form.formError}>
          {form.slug === "email-taken" && <Link href={signIn}>Sign in instead?</Link>}
        </FormError>
        <TextField
          label="Name"
          name="name"
          autoComplete="name"
          maxLength={80}
          autoFocus
          data-testid="name"
          value={form.values.name}
          error={form.fieldErrors.name}
          onChange={(event) => form.change("name", event.target.value)}
        />
        <TextField
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          data-testid="email"
          value={form.values.email}
          error={form.fieldErrors.email}
          onChange={(event) => form.change("email", event.target.value)}
        />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="new-password"
          hint={`At least ${MIN_PASSWORD_LENGTH} characters. A few unrelated words work well.`}
          data-testid="password"
          value={form.values.password}
          error={form.fieldErrors.password}
          onChange={(event) => form.change("password", event.target.value)}
        />
        <Button type="submit" variant="primary" size="wide" busy={form.busy} data-testid="submit">
          {form.busy ? "Creating your account…" : "Create account"}
        </Button>
      </form>
    </AuthLayout>
  );
}

import { useState } from "react";
import { FormError } from "@/features/auth/components/FormError";
import { useAuthForm } from "@/features/auth/hooks/useAuthForm";
import { checkCredentials } from "@/features/auth/model/validate";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { PasswordField } from "@/shared/ui/PasswordField";
import { reportFailure } from "@/shared/ui/reportFailure";
import { TextField } from "@/shared/ui/TextField";
import { toast } from "@/shared/ui/toastStore";
import { account, useAccount } from "../api/account";
import { Card, CardState } from "./Card";

export function EmailCard() {
  const query = useAccount();
  const [changing, setChanging] = useState(false);
  const [sent, setSent] = useState(false);

  const send = async () => {
    setSent(true);
    try {
      await account.sendVerification();
      toast.info("A mail with a link is on its way.");
    } catch (error) {
      setSent(false);
      reportFailure(error, "send the mail");
    }
  };

  return (
    <Card title="E-mail address" lead="You sign in with it, and others find you by it." testId="email-card">
      {query.data === undefined ? (
        <CardState query={query} what="your account" />
      ) : (
        <>
          <p>
            {query.data.email}{" "}
            <span className={query.data.verified ? "badge" : "badge badge--warning"}>
              {query.data.verified ? "Confirmed" : "Not confirmed"}
            </span>
          </p>
          <div className="card__actions">
            {!query.data.verified && (
              <Button
                size="small"
                disabled={sent}
                onClick={() => void send()}
                data-testid="send-verification"
              >
                {sent ? "Mail sent" : "Send the mail to confirm it"}
              </Button>
            )}
            {query.data.has_password && (
              <Button size="small" onClick={() => setChanging(true)} data-testid="change-email">
                Change the address
              </Button>
            )}
          </div>
        </>
      )}
      {changing && <EmailDialog onClose={() => setChanging(false)} />}
    </Card>
  );
}

function EmailDialog({ onClose }: { readonly onClose: () => void }) {
  const form = useAuthForm({
    initial: { email: "", password: "" },
    check: checkCredentials,
    send: async ({ email, password }) => {
      await account.changeEmail(email.trim(), password);
      toast.info(`A mail is on its way to ${email.trim()}. Open its link to finish.`);
      onClose();
    },
  });
  return (
    <Dialog title="Change your e-mail address" onClose={onClose} testId="email-dialog">
      <form className="dialog-form" onSubmit={form.submit} noValidate>
        <FormError message={form.formError} />
        <TextField
          label="New e-mail address"
          name="email"
          type="email"
          autoComplete="email"
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus=""
          hint="It is used once you have opened the link in the mail that goes there."
          value={form.values.email}
          error={form.fieldErrors.email}
          onChange={(event) => form.change("email", event.target.value)}
        />
        <PasswordField
          label="Your password"
          name="password"
          autoComplete="current-password"
          value={form.values.password}
          error={form.fieldErrors.password}
          onChange={(event) => form.change("password", event.target.value)}
        />
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={form.busy} data-testid="submit">
            Send the mail
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

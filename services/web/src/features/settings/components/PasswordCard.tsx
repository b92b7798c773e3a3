import { useQueryClient } from "@tanstack/react-query";
import { FormError } from "@/features/auth/components/FormError";
import { useAuthForm } from "@/features/auth/hooks/useAuthForm";
import { checkNewPassword, MIN_PASSWORD_LENGTH } from "@/features/auth/model/validate";
import { Button } from "@/shared/ui/Button";
import { PasswordField } from "@/shared/ui/PasswordField";
import { toast } from "@/shared/ui/toastStore";
import { account, useAccount } from "../api/account";
import { settingsKeys } from "../api/keys";
import { Card, CardState } from "./Card";

export function PasswordCard() {
  const query = useAccount();
  const client = useQueryClient();
  const form = useAuthForm({
    initial: { current: "", new: "" },
    check: (typed) => {
      const { password } = checkNewPassword(typed.new);
      return {
        ...(typed.current === "" ? { current: "Enter the password you have now." } : {}),
        ...(password === undefined ? {} : { new: password }),
      };
    },
    send: async (typed) => {
      await account.changePassword(typed.current, typed.new);
      form.reset();
      toast.info("Your password is changed. Everywhere else you are signed out.");
      void client.invalidateQueries({ queryKey: settingsKeys.sessions });
      void client.invalidateQueries({ queryKey: settingsKeys.audit });
    },
  });

  if (query.data === undefined) {
    return (
      <Card title="Password" testId="password-card">
        <CardState query={query} what="your account" />
      </Card>
    );
  }
  if (!query.data.has_password) {
    return (
      <Card
        title="Password"
        lead="You sign in elsewhere and have no password here. “Forgot your password?” on the page for signing in gives you one."
        testId="password-card"
      />
    );
  }
  // The server says of a wrong password what it says at signing in, where the address may be wrong, too.
  const wrong = form.slug === "wrong-credentials";
  return (
    <Card title="Password" lead="Changing it signs you out everywhere else." testId="password-card">
      <form className="card__form" onSubmit={form.submit} noValidate>
        <FormError message={wrong ? "The current password is wrong." : form.formError} />
        <PasswordField
          label="Current password"
          name="current"
          autoComplete="current-password"
          data-testid="current-password"
          value={form.values.current}
          error={form.fieldErrors.current}
          onChange={(event) => form.change("current", event.target.value)}
        />
        <PasswordField
          label="New password"
          name="new"
          autoComplete="new-password"
          hint={`At least ${MIN_PASSWORD_LENGTH} characters.`}
          data-testid="new-password"
          value={form.values.new}
          error={form.fieldErrors.new}
          onChange={(event) => form.change("new", event.target.value)}
        />
        <div className="card__actions">
          <Button type="submit" variant="primary" size="small" busy={form.busy} data-testid="change-password">
            Change the password
          </Button>
        </div>
      </form>
    </Card>
  );
}

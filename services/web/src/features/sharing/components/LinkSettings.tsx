import { type FormEvent, useState } from "react";
import { FormError } from "@/features/auth/components/FormError";
import { ApiError, explain } from "@/shared/api/errors";
import { useNow } from "@/shared/hooks/useNow";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { PasswordField } from "@/shared/ui/PasswordField";
import { Select } from "@/shared/ui/Select";
import { toast } from "@/shared/ui/toastStore";
import { type LinkChange, type ShareLink, useChangeLink } from "../api/useLinks";
import { expiryOf, LINK_LIVES, type LinkLife, lifeOf } from "../model/expiry";

interface LinkSettingsProps {
  readonly documentId: string;
  readonly link: ShareLink;
  readonly onClose: () => void;
}

type Password = "keep" | "set" | "remove";

interface Wished {
  readonly mode: Password;
  readonly password: string;
  readonly life: LinkLife | "keep";
}

/** Nothing of what stays as it is. */
function changesOf(link: ShareLink, { mode, password, life }: Wished): Omit<LinkChange, "id"> {
  return {
    ...(mode === "set" ? { password } : {}),
    ...(mode === "remove" && link.has_password ? { password: null } : {}),
    ...(life === "keep" ? {} : { expires_at: expiryOf(life, new Date()) }),
  };
}

function refusalOf(failure: unknown): { readonly ofPassword: boolean; readonly message: string } {
  const field = failure instanceof ApiError ? failure.problem.fields[0] : undefined;
  return {
    ofPassword: field?.field === "password",
    message: field?.message ?? explain(failure, "change the link"),
  };
}

const CHANGED = "The link is changed.";
const PASSWORD_CHANGED = "The link has another password: who came in by it is asked for it.";

/** A link's password and how long it works, changed after it was given away. */
export function LinkSettings({ documentId, link, onClose }: LinkSettingsProps) {
  const change = useChangeLink(documentId);
  const now = useNow();
  const [mode, setMode] = useState<Password>(link.has_password ? "keep" : "remove");
  const [password, setPassword] = useState("");
  const [life, setLife] = useState<LinkLife | "keep">("keep");
  const [fault, setFault] = useState<string | undefined>();
  const [error, setError] = useState<string | null>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setFault(undefined);
    setError(null);
    if (mode === "set" && password === "") {
      setFault("Enter the new password.");
      return;
    }
    const changes = changesOf(link, { mode, password, life });
    if (Object.keys(changes).length === 0) {
      onClose();
      return;
    }
    try {
      await change.mutateAsync({ id: link.id, ...changes });
      onClose();
      toast.info(mode === "set" ? PASSWORD_CHANGED : CHANGED);
    } catch (failure) {
      const refused = refusalOf(failure);
      if (refused.ofPassword) setFault(refused.message);
      else setError(refused.message);
    }
  };

  const modes = [
    ...(link.has_password ? [{ value: "keep" as const, label: "Keep the password" }] : []),
    { value: "set" as const, label: link.has_password ? "Another password" : "With a password" },
    {
      value: "remove" as const,
      label: link.has_password ? "Without a password from now on" : "Without a password",
    },
  ];
  return (
    <Dialog title="Settings of the link" onClose={onClose} testId="link-settings">
      <form className="link-settings" onSubmit={(event) => void submit(event)} noValidate>
        <FormError message={error} />
        <div className="link-settings__row">
          <span>Password</span>
          <Select
            label="Password of the link"
            value={mode}
            options={modes}
            onChange={setMode}
            data-testid="link-settings-mode"
          />
        </div>
        {mode === "set" && (
          <PasswordField
            label="New password"
            name="link-password"
            autoComplete="new-password"
            maxLength={128}
            hint="At least 6 characters. Who came in by the link is asked for it at once."
            data-testid="link-settings-password"
            value={password}
            error={fault}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
        <div className="link-settings__row">
          <span>How long</span>
          <Select
            label="How long the link works"
            value={life}
            options={[
              { value: "keep" as const, label: `As it is: it ${lifeOf(link.expires_at, now)}` },
              ...LINK_LIVES.map(({ value, label }) => ({
                value,
                label: value === "" ? label : `${label} from now`,
              })),
            ]}
            onChange={setLife}
            data-testid="link-settings-life"
          />
        </div>
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={change.isPending} data-testid="link-settings-save">
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

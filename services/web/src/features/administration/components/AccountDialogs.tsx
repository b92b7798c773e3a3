import { type FormEvent, type ReactNode, useState } from "react";
import { FormError } from "@/features/auth/components/FormError";
import { useCurrentUser } from "@/features/auth/hooks/useSession";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { TextField } from "@/shared/ui/TextField";
import { toast } from "@/shared/ui/toastStore";
import { type Account, type AccountChange, useChangeAccount, useEraseAccount } from "../api/useAccounts";
import { refusalText } from "../model/refusals";

export type Asked = "promote" | "demote" | "disable" | "enable" | "rename" | "erase";

interface AccountDialogsProps {
  readonly asked: Asked;
  readonly account: Account;
  readonly onClose: () => void;
}

/** What is asked before an account is changed, with what follows from it. */
export function AccountDialogs({ asked, account, onClose }: AccountDialogsProps) {
  if (asked === "rename") return <RenameDialog account={account} onClose={onClose} />;
  if (asked === "erase") return <EraseDialog account={account} onClose={onClose} />;
  return <ChangeDialog asked={asked} account={account} onClose={onClose} />;
}

interface Change {
  readonly title: string;
  readonly action: string;
  readonly doing: string;
  readonly done: string;
  readonly danger: boolean;
  readonly change: AccountChange;
  readonly consequences: string;
}

function changeOf(asked: Exclude<Asked, "rename" | "erase">, name: string): Change {
  switch (asked) {
    case "promote":
      return {
        title: `Make ${name} an administrator?`,
        action: "Make an administrator",
        doing: `make ${name} an administrator`,
        done: `${name} is an administrator now.`,
        danger: false,
        change: { is_admin: true },
        consequences:
          "They will see everybody’s name and address and the audit log, and can disable and delete accounts, yours too. Documents that are not shared with them stay closed to them.",
      };
    case "demote":
      return {
        title: `Take the administration from ${name}?`,
        action: "Take it away",
        doing: `take the administration from ${name}`,
        done: `${name} is no administrator any more.`,
        danger: true,
        change: { is_admin: false },
        consequences: "They keep their account, their documents and their teams.",
      };
    case "disable":
      return {
        title: `Disable ${name}’s account?`,
        action: "Disable",
        doing: `disable ${name}’s account`,
        done: `${name}’s account is disabled.`,
        danger: true,
        change: { disabled: true },
        consequences:
          "They are signed out everywhere, open documents close, and their API tokens stop working. What they own stays as it is and shared as it is. It can be enabled again.",
      };
    case "enable":
      return {
        title: `Enable ${name}’s account?`,
        action: "Enable",
        doing: `enable ${name}’s account`,
        done: `${name} may sign in again.`,
        danger: false,
        change: { disabled: false },
        consequences: "They may sign in again, with all the documents and teams they had.",
      };
  }
}

interface DialogProps {
  readonly account: Account;
  readonly onClose: () => void;
}

function ChangeDialog({ asked, account, onClose }: DialogProps & Pick<AccountDialogsProps, "asked">) {
  const user = useCurrentUser();
  const mutation = useChangeAccount();
  const said = changeOf(asked as Exclude<Asked, "rename" | "erase">, account.name);
  const isSelf = account.id === user.id;
  const submit = async () => {
    await mutation.mutateAsync({ id: account.id, change: said.change });
    toast.info(said.done);
  };
  return (
    <AskDialog
      title={said.title}
      action={said.action}
      danger={said.danger}
      doing={said.doing}
      onSubmit={submit}
      onClose={onClose}
    >
      {isSelf && (asked === "demote" || asked === "disable") && (
        <p className="notice notice--warning">
          This is your own account: only another administrator can undo it.
        </p>
      )}
      <p>{said.consequences}</p>
    </AskDialog>
  );
}

function RenameDialog({ account, onClose }: DialogProps) {
  const mutation = useChangeAccount();
  const [typed, setTyped] = useState(account.name);
  const name = typed.trim();
  return (
    <AskDialog
      title="Rename"
      action="Rename"
      doing="rename them"
      refuse={() => (name === "" ? "Enter a name." : null)}
      onSubmit={() => mutation.mutateAsync({ id: account.id, change: { name } })}
      onClose={onClose}
    >
      <TextField
        label="Name"
        name="account-name"
        autoComplete="off"
        maxLength={80}
        data-autofocus=""
        data-testid="account-name"
        value={typed}
        hint="What others see beside their words."
        onChange={(event) => setTyped(event.target.value)}
      />
    </AskDialog>
  );
}

function EraseDialog({ account, onClose }: DialogProps) {
  const mutation = useEraseAccount();
  const [typed, setTyped] = useState("");
  const matches = typed.trim().toLowerCase() === account.email.toLowerCase();
  const submit = async () => {
    await mutation.mutateAsync(account.id);
    toast.info(`${account.name}’s account is being deleted.`);
  };
  return (
    <AskDialog
      title={`Delete ${account.name}’s account for good?`}
      action="Delete for good"
      danger
      doing="delete the account"
      refuse={() => (matches ? null : "That is not their e-mail address.")}
      onSubmit={submit}
      onClose={onClose}
    >
      <ul className="consequences">
        <li>They are signed out everywhere; profile, picture and settings are gone.</li>
        <li>Each document they own passes to its editor of longest standing.</li>
        <li>Documents without an editor, and those in their trash, are deleted for everybody.</li>
        <li>They leave all teams; a team without other people is deleted.</li>
      </ul>
      <p>
        This cannot be undone. Disabling the account can. Type <strong>{account.email}</strong> to confirm.
      </p>
      <TextField
        label="Their e-mail address"
        name="confirm"
        type="email"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        data-autofocus=""
        data-testid="account-erase-confirm"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </AskDialog>
  );
}

interface AskDialogProps {
  readonly title: string;
  readonly action: string;
  readonly danger?: boolean;
  /** Completes "Could not …". */
  readonly doing: string;
  /** What is wrong with what was typed, before anything is sent. */
  readonly refuse?: () => string | null;
  readonly onSubmit: () => Promise<unknown>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Stays open until it is done: what the server refuses is said where it was asked. */
function AskDialog({
  title,
  action,
  danger = false,
  doing,
  refuse = () => null,
  onSubmit,
  onClose,
  children,
}: AskDialogProps) {
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const wrong = refuse();
    setError(wrong);
    if (wrong !== null) return;
    setBusy(true);
    try {
      await onSubmit();
      onClose();
    } catch (failure) {
      setError(refusalText(failure, doing));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose} testId="account-dialog">
      <form className="dialog-form" onSubmit={submit} noValidate>
        {children}
        <FormError message={error} />
        <div className="dialog__footer">
          <Button onClick={onClose} data-testid="cancel">
            Cancel
          </Button>
          <Button
            type="submit"
            variant={danger ? "danger" : "primary"}
            busy={busy}
            data-testid="account-submit"
          >
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

import { useQueryClient } from "@tanstack/react-query";
import { KeyRound, Pencil, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { passkeysElsewhere, passkeysWork } from "@/features/auth/model/passkeys";
import { useNow } from "@/shared/hooks/useNow";
import { relativeTime } from "@/shared/lib/time";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { IconButton } from "@/shared/ui/IconButton";
import { reportFailure } from "@/shared/ui/reportFailure";
import { TextField } from "@/shared/ui/TextField";
import { toast } from "@/shared/ui/toastStore";
import { useAccount } from "../api/account";
import { factors, type Passkey, refreshFactors, usePasskeys } from "../api/factors";
import { describeDevice } from "../model/userAgent";
import { Card, CardState } from "./Card";
import { ProofDialog } from "./ProofDialog";
import { RecoveryCodes } from "./RecoveryCodes";

type Open =
  | { readonly kind: "none" | "add" }
  | { readonly kind: "rename" | "remove"; readonly passkey: Passkey }
  | { readonly kind: "codes"; readonly codes: readonly string[] };

const NONE: Open = { kind: "none" };

export function PasskeysCard() {
  const client = useQueryClient();
  const account = useAccount();
  const passkeys = usePasskeys();
  const [open, setOpen] = useState<Open>(NONE);
  const close = () => setOpen(NONE);
  const works = passkeysWork();

  if (account.data === undefined || passkeys.data === undefined) {
    return (
      <Card title="Passkeys" testId="passkeys-card">
        <CardState query={account.data === undefined ? account : passkeys} what="your passkeys" />
      </Card>
    );
  }
  return (
    <Card
      title="Passkeys"
      lead="Sign in with your fingerprint, face, PIN or a security key instead of a code."
      testId="passkeys-card"
      action={
        <Button
          size="small"
          disabled={!works}
          onClick={() => setOpen({ kind: "add" })}
          data-testid="passkey-add"
        >
          Add a passkey
        </Button>
      }
    >
      {!works && <Unavailable />}
      {passkeys.data.length === 0 ? (
        <p className="field__hint">You have none yet.</p>
      ) : (
        <ul className="entries">
          {passkeys.data.map((passkey) => (
            <PasskeyRow
              key={passkey.id}
              passkey={passkey}
              onRename={() => setOpen({ kind: "rename", passkey })}
              onRemove={() => setOpen({ kind: "remove", passkey })}
            />
          ))}
        </ul>
      )}
      {open.kind === "add" && (
        <ProofDialog
          title="Add a passkey"
          action="Continue"
          account={account.data}
          onClose={close}
          onProof={async (proof) => {
            const ceremony = await factors.beginPasskey(proof);
            const made = await factors.createPasskey(ceremony, describeDevice(navigator.userAgent));
            setOpen(made.recovery_codes === null ? NONE : { kind: "codes", codes: made.recovery_codes });
            toast.info("The passkey is added.");
            await refreshFactors(client);
          }}
        >
          <p>Then your browser asks for your fingerprint, face, PIN or security key.</p>
        </ProofDialog>
      )}
      {open.kind === "rename" && (
        <RenameDialog
          passkey={open.passkey}
          onClose={close}
          onRename={(name) =>
            factors
              .renamePasskey(open.passkey.id, name)
              .then(() => refreshFactors(client))
              .catch((error: unknown) => reportFailure(error, "rename the passkey"))
          }
        />
      )}
      {open.kind === "remove" && (
        <ProofDialog
          title={`Remove “${open.passkey.name}”?`}
          action="Remove"
          danger
          account={account.data}
          onClose={close}
          onProof={async (proof) => {
            await factors.removePasskey(open.passkey.id, proof);
            close();
            toast.info("The passkey is removed.");
            await refreshFactors(client);
          }}
        >
          <p>Nobody can sign in with it any more. Delete it on your device, too.</p>
        </ProofDialog>
      )}
      {open.kind === "codes" && <RecoveryCodes codes={open.codes} onClose={close} />}
    </Card>
  );
}

function Unavailable() {
  const elsewhere = passkeysElsewhere();
  if (elsewhere === null) return <p className="field__hint">This browser cannot use passkeys here.</p>;
  return (
    <p className="field__hint" data-testid="passkeys-elsewhere">
      Browsers keep passkeys for names, not for addresses in numbers. Open{" "}
      <a href={`${elsewhere}${window.location.pathname}`}>{elsewhere}</a> and sign in there.
    </p>
  );
}

interface PasskeyRowProps {
  readonly passkey: Passkey;
  readonly onRename: () => void;
  readonly onRemove: () => void;
}

function PasskeyRow({ passkey, onRename, onRemove }: PasskeyRowProps) {
  const now = useNow();
  return (
    <li className="entry" data-testid="passkey">
      <KeyRound size={18} aria-hidden="true" />
      <div className="entry__main">
        <p className="entry__name">{passkey.name}</p>
        <p className="field__hint">
          Added {relativeTime(passkey.created_at, now)}
          {" · "}
          {passkey.last_used_at === null ? "not used yet" : `used ${relativeTime(passkey.last_used_at, now)}`}
        </p>
      </div>
      <IconButton label={`Rename ${passkey.name}`} onClick={onRename}>
        <Pencil size={16} aria-hidden="true" />
      </IconButton>
      <IconButton label={`Remove ${passkey.name}`} onClick={onRemove}>
        <Trash2 size={16} aria-hidden="true" />
      </IconButton>
    </li>
  );
}

interface RenameDialogProps {
  readonly passkey: Passkey;
  readonly onRename: (name: string) => void;
  readonly onClose: () => void;
}

function RenameDialog({ passkey, onRename, onClose }: RenameDialogProps) {
  const [name, setName] = useState(passkey.name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onClose();
    if (name.trim() !== "" && name.trim() !== passkey.name) onRename(name.trim());
  };
  return (
    <Dialog title="Rename the passkey" onClose={onClose}>
      <form className="dialog-form" onSubmit={submit}>
        <TextField
          label="Name"
          name="name"
          maxLength={80}
          data-autofocus=""
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary">
            Rename
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

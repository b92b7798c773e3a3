import { Download } from "lucide-react";
import { type FormEvent, useState } from "react";
import { FormError } from "@/features/auth/components/FormError";
import { useCurrentUser } from "@/features/auth/hooks/useSession";
import { session } from "@/features/auth/session";
import { ApiError, explain } from "@/shared/api/errors";
import { saveFile } from "@/shared/lib/download";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { reportFailure } from "@/shared/ui/reportFailure";
import { TextField } from "@/shared/ui/TextField";
import { account } from "../api/account";
import { Card } from "./Card";

export function DataSection() {
  return (
    <>
      <ExportCard />
      <ErasureCard />
    </>
  );
}

function ExportCard() {
  const [busy, setBusy] = useState(false);
  const download = async () => {
    setBusy(true);
    try {
      const { blob, name } = await account.export();
      saveFile(blob, name ?? "export.zip");
    } catch (error) {
      reportFailure(error, "collect your data");
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card
      title="Download your data"
      lead="Your profile, picture, teams, account and documents, in one archive."
      testId="export-card"
    >
      <div className="card__actions">
        <Button size="small" busy={busy} onClick={() => void download()} data-testid="export">
          {!busy && <Download size={16} aria-hidden="true" />}
          {busy ? "Collecting…" : "Download"}
        </Button>
      </div>
    </Card>
  );
}

function ErasureCard() {
  const [asking, setAsking] = useState(false);
  return (
    <Card
      title="Delete your account"
      lead="Your account, your picture and every document you own, for you and for everybody they are shared with. Hand over first what others need."
      danger
      testId="erasure-card"
    >
      <div className="card__actions">
        <Button size="small" variant="danger" onClick={() => setAsking(true)} data-testid="erase">
          Delete my account…
        </Button>
      </div>
      {asking && <ErasureDialog onClose={() => setAsking(false)} />}
    </Card>
  );
}

function ErasureDialog({ onClose }: { readonly onClose: () => void }) {
  const user = useCurrentUser();
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim().toLowerCase() !== user.email.toLowerCase()) {
      setError("That is not your e-mail address.");
      return;
    }
    setError(null);
    setBusy(true);
    try {
      await account.erase(typed.trim());
      session.forget();
    } catch (failure) {
      const field = failure instanceof ApiError ? failure.problem.fields[0]?.message : undefined;
      setError(field ?? explain(failure, "delete your account"));
      setBusy(false);
    }
  };

  return (
    <Dialog title="Delete your account for good?" onClose={onClose} testId="erasure-dialog">
      <form className="dialog-form" onSubmit={submit} noValidate>
        <p>
          This cannot be undone: not by you, and not by an administrator. Type <strong>{user.email}</strong>{" "}
          to confirm.
        </p>
        <FormError message={error} />
        <TextField
          label="Your e-mail address"
          name="confirm"
          type="email"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus=""
          data-testid="erase-confirm"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="danger" busy={busy} data-testid="erase-submit">
            Delete for good
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

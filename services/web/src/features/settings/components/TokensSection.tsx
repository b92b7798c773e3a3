import { Copy, KeySquare } from "lucide-react";
import { type FormEvent, useState } from "react";
import { FormError } from "@/features/auth/components/FormError";
import { explain } from "@/shared/api/errors";
import { useNow } from "@/shared/hooks/useNow";
import { copyText } from "@/shared/lib/clipboard";
import { relativeTime } from "@/shared/lib/time";
import { Button } from "@/shared/ui/Button";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Dialog } from "@/shared/ui/Dialog";
import { reportFailure } from "@/shared/ui/reportFailure";
import { Select } from "@/shared/ui/Select";
import { TextField } from "@/shared/ui/TextField";
import { toast } from "@/shared/ui/toastStore";
import { useAccount } from "../api/account";
import { type ApiToken, type CreatedToken, useCreateToken, useRevokeToken, useTokens } from "../api/tokens";
import { EXPIRIES, expiryDays, SCOPES, scopeLabel } from "../model/scopes";
import { Card, CardState } from "./Card";

export function TokensSection() {
  const tokens = useTokens();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<CreatedToken | null>(null);
  const now = useNow();
  return (
    <Card
      title="API tokens"
      lead="For programs that work for you. Whoever has one may do what it allows, in your name."
      testId="tokens-card"
      action={
        <Button size="small" variant="primary" onClick={() => setMaking(true)} data-testid="token-new">
          New token
        </Button>
      }
    >
      {tokens.data === undefined ? (
        <CardState query={tokens} what="your tokens" />
      ) : tokens.data.length === 0 ? (
        <p className="field__hint">You have none yet.</p>
      ) : (
        <ul className="entries">
          {tokens.data.map((token) => (
            <TokenRow key={token.id} token={token} now={now} />
          ))}
        </ul>
      )}
      {making && (
        <NewTokenDialog
          onClose={() => setMaking(false)}
          onMade={(token) => {
            setMaking(false);
            setMade(token);
          }}
        />
      )}
      {made !== null && <MadeToken token={made} onClose={() => setMade(null)} />}
    </Card>
  );
}

function TokenRow({ token, now }: { readonly token: ApiToken; readonly now: Date }) {
  const revoke = useRevokeToken();
  const [asking, setAsking] = useState(false);
  const over = token.expires_at !== null && new Date(token.expires_at) <= now;
  return (
    <li className="entry" data-testid="token">
      <KeySquare size={18} aria-hidden="true" />
      <div className="entry__main">
        <p className="entry__name">
          {token.name} {over && <span className="badge badge--warning">Expired</span>}
        </p>
        <p className="field__hint">{token.scopes.map(scopeLabel).join(", ")}</p>
        <p className="field__hint">
          {token.last_used_at === null ? "Never used" : `Used ${relativeTime(token.last_used_at, now)}`}
          {" · "}
          {token.expires_at === null
            ? "works until it is revoked"
            : `${over ? "expired" : "works until"} ${new Date(token.expires_at).toLocaleDateString("en-GB", { dateStyle: "medium" })}`}
        </p>
      </div>
      <Button
        size="small"
        variant="quiet"
        busy={revoke.isPending}
        aria-label={`Revoke ${token.name}`}
        onClick={() => setAsking(true)}
        data-testid="token-revoke"
      >
        Revoke
      </Button>
      {asking && (
        <ConfirmDialog
          title={`Revoke “${token.name}”?`}
          action="Revoke"
          danger
          onClose={() => setAsking(false)}
          onConfirm={() =>
            revoke.mutate(token.id, { onError: (error) => reportFailure(error, "revoke the token") })
          }
        >
          <p>Programs that use it stop working at once.</p>
        </ConfirmDialog>
      )}
    </li>
  );
}

interface NewTokenDialogProps {
  readonly onMade: (token: CreatedToken) => void;
  readonly onClose: () => void;
}

function NewTokenDialog({ onMade, onClose }: NewTokenDialogProps) {
  const account = useAccount();
  const create = useCreateToken();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly string[]>(["documents:read"]);
  const [expiry, setExpiry] = useState<(typeof EXPIRIES)[number]["value"]>("90");
  const [error, setError] = useState<string | null>(null);
  const offered = SCOPES.filter((scope) => !scope.adminsOnly || account.data?.is_admin);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === "" || scopes.length === 0) {
      setError(name.trim() === "" ? "Say what it is for." : "Choose what it may do.");
      return;
    }
    setError(null);
    try {
      onMade(await create.mutateAsync({ name: name.trim(), scopes, expires_in_days: expiryDays(expiry) }));
    } catch (failure) {
      setError(explain(failure, "make the token"));
    }
  };

  return (
    <Dialog title="New API token" onClose={onClose} testId="token-dialog">
      <form className="dialog-form" onSubmit={submit} noValidate>
        <FormError message={error} />
        <TextField
          label="What it is for"
          name="name"
          maxLength={80}
          placeholder="Nightly backup"
          data-autofocus=""
          data-testid="token-name"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <fieldset className="choices">
          <legend className="field__label">What it may do</legend>
          {offered.map(({ value, label }) => (
            <label key={value} className="choice">
              <input
                type="checkbox"
                className="checkbox"
                checked={scopes.includes(value)}
                data-testid={`scope-${value}`}
                onChange={(event) =>
                  setScopes(
                    event.target.checked ? [...scopes, value] : scopes.filter((scope) => scope !== value),
                  )
                }
              />
              {label}
            </label>
          ))}
        </fieldset>
        <div className="setting">
          <span>Works for</span>
          <Select
            label="Works for"
            value={expiry}
            options={EXPIRIES}
            onChange={setExpiry}
            data-testid="token-expiry"
          />
        </div>
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending} data-testid="token-submit">
            Make the token
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface MadeTokenProps {
  readonly token: CreatedToken;
  readonly onClose: () => void;
}

function MadeToken({ token, onClose }: MadeTokenProps) {
  const copy = async () => {
    if (await copyText(token.token)) toast.info("The token is copied.");
    else toast.error("The browser did not allow copying.");
  };
  return (
    <Dialog title={`Token for “${token.name}”`} onClose={onClose} testId="token-made">
      <p>Copy it now: it is shown only this once.</p>
      <input
        className="input secret"
        aria-label="Token"
        readOnly
        value={token.token}
        onFocus={(event) => event.target.select()}
        data-testid="token-value"
      />
      <div className="dialog__footer">
        <Button onClick={() => void copy()} data-autofocus="" data-testid="token-copy">
          <Copy size={16} aria-hidden="true" />
          Copy
        </Button>
        <Button variant="primary" onClick={onClose} data-testid="token-kept">
          I have kept it
        </Button>
      </div>
    </Dialog>
  );
}

import { Copy, Link2, Lock, Settings2, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { ApiError, explain } from "@/shared/api/errors";
import type { Role } from "@/shared/api/types";
import { useNow } from "@/shared/hooks/useNow";
import { copyText } from "@/shared/lib/clipboard";
import { Button } from "@/shared/ui/Button";
import { IconButton } from "@/shared/ui/IconButton";
import { PasswordField } from "@/shared/ui/PasswordField";
import { reportFailure } from "@/shared/ui/reportFailure";
import { Select } from "@/shared/ui/Select";
import { toast } from "@/shared/ui/toastStore";
import { type ShareLink, useChangeLink, useCreateLink, useLinks, useRevokeLink } from "../api/useLinks";
import { expiryOf, LINK_LIVES, type LinkLife, lifeOf } from "../model/expiry";
import { INVITABLE } from "../model/roles";
import { LinkSettings } from "./LinkSettings";

/** Links that let in whoever has them, without an account. */
export function LinksSection({ documentId }: { readonly documentId: string }) {
  const links = useLinks(documentId);
  const [making, setMaking] = useState(false);
  const now = useNow();
  return (
    <section aria-labelledby="share-links">
      <div className="sharing__bar">
        <h3 className="sharing__heading" id="share-links">
          Links for anyone
        </h3>
        {!making && (
          <Button size="small" variant="quiet" onClick={() => setMaking(true)} data-testid="link-new">
            New link
          </Button>
        )}
      </div>
      {making && <NewLinkForm documentId={documentId} onDone={() => setMaking(false)} />}
      {links.data?.length === 0 && !making && (
        <p className="field__hint">
          Whoever has a link can come in, also without an account. There is none yet.
        </p>
      )}
      {links.data !== undefined && links.data.length > 0 && (
        <ul className="member-list">
          {links.data.map((link) => (
            <LinkRow key={link.id} documentId={documentId} link={link} now={now} />
          ))}
        </ul>
      )}
      {links.isError && links.data === undefined && (
        <div className="notice notice--danger" role="alert">
          <span>{explain(links.error, "load the links")}</span>
          <Button size="small" onClick={() => void links.refetch()}>
            Try again
          </Button>
        </div>
      )}
    </section>
  );
}

async function copyLink(url: string): Promise<void> {
  if (await copyText(url)) toast.info("The link is copied.");
  else toast.error("The browser did not allow copying.");
}

interface LinkRowProps {
  readonly documentId: string;
  readonly link: ShareLink;
  readonly now: Date;
}

function LinkRow({ documentId, link, now }: LinkRowProps) {
  const change = useChangeLink(documentId);
  const revoke = useRevokeLink(documentId);
  const [setting, setSetting] = useState(false);
  const { url } = link;
  return (
    <li className="member-row member-row--link" data-testid="link-row" data-url={url}>
      <span className="team-icon" aria-hidden="true">
        {link.has_password ? <Lock size={17} /> : <Link2 size={18} />}
      </span>
      <div className="member-row__who">
        <p className="member-row__name">{link.has_password ? "Link with a password" : "Link"}</p>
        <p className="member-row__email">It {lifeOf(link.expires_at, now)}</p>
      </div>
      <div className="member-row__controls">
        <Select
          quiet
          label="Role by this link"
          value={link.role}
          options={INVITABLE}
          disabled={change.isPending}
          data-testid="link-row-role"
          onChange={(role) =>
            change.mutate(
              { id: link.id, role },
              { onError: (error) => reportFailure(error, "change the link") },
            )
          }
        />
        {url !== null && (
          <IconButton plain label="Copy this link" onClick={() => void copyLink(url)} data-testid="link-copy">
            <Copy size={16} aria-hidden="true" />
          </IconButton>
        )}
        <IconButton
          plain
          label="Settings of this link"
          onClick={() => setSetting(true)}
          data-testid="link-settings-open"
        >
          <Settings2 size={16} aria-hidden="true" />
        </IconButton>
        <IconButton
          plain
          label="Revoke this link"
          disabled={revoke.isPending}
          data-testid="link-revoke"
          onClick={() =>
            revoke.mutate(link.id, {
              onSuccess: () => toast.info("The link is revoked: who came in by it is out."),
              onError: (error) => reportFailure(error, "revoke the link"),
            })
          }
        >
          <Trash2 size={16} aria-hidden="true" />
        </IconButton>
      </div>
      {setting && <LinkSettings documentId={documentId} link={link} onClose={() => setSetting(false)} />}
    </li>
  );
}

interface NewLinkFormProps {
  readonly documentId: string;
  readonly onDone: () => void;
}

function NewLinkForm({ documentId, onDone }: NewLinkFormProps) {
  const create = useCreateLink(documentId);
  const [role, setRole] = useState<Role>("viewer");
  const [life, setLife] = useState<LinkLife>("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string | undefined>();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    try {
      const link = await create.mutateAsync({
        role,
        password: password === "" ? null : password,
        expires_at: expiryOf(life, new Date()),
      });
      onDone();
      if (link.url !== null) await copyLink(link.url);
    } catch (failure) {
      const field = failure instanceof ApiError ? failure.problem.fields[0]?.message : undefined;
      setError(field ?? explain(failure, "make the link"));
    }
  };

  return (
    <form className="link-maker" onSubmit={submit} noValidate data-testid="link-form">
      <div className="link-maker__row">
        <Select label="Role" value={role} options={INVITABLE} onChange={setRole} data-testid="link-role" />
        <Select
          label="How long it works"
          value={life}
          options={LINK_LIVES}
          onChange={setLife}
          data-testid="link-life"
        />
      </div>
      <PasswordField
        label="Password (optional)"
        name="link-password"
        autoComplete="new-password"
        maxLength={128}
        hint="At least 6 characters. Tell it to people by another way than the link."
        data-testid="link-password"
        value={password}
        error={error}
        onChange={(event) => setPassword(event.target.value)}
      />
      <div className="dialog__footer">
        <Button size="small" onClick={onDone}>
          Cancel
        </Button>
        <Button
          size="small"
          type="submit"
          variant="primary"
          busy={create.isPending}
          data-testid="link-submit"
        >
          Make and copy the link
        </Button>
      </div>
    </form>
  );
}

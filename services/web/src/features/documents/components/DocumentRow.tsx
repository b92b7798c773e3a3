import {
  CloudUpload,
  FileText,
  Link2,
  LogOut,
  MoreHorizontal,
  Pencil,
  Trash2,
  UserPlus,
  Users,
} from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import { ShareDialog } from "@/features/sharing/components/ShareDialog";
import { canWrite, type Document, ROLE_NAMES } from "@/shared/api/types";
import { paths } from "@/shared/lib/paths";
import { relativeTime } from "@/shared/lib/time";
import { Avatar } from "@/shared/ui/Avatar";
import { Menu, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { useDocumentActions } from "../hooks/useDocumentActions";
import { shownTitle } from "../model/title";
import { FavouriteButton } from "./FavouriteButton";
import { RemoveDialog } from "./RemoveDialog";
import { TitleInput } from "./TitleInput";

interface DocumentRowProps {
  readonly document: Document;
  readonly now: Date;
  /** Edits of it wait on this device. */
  readonly unsaved: boolean;
}

type Open = "none" | "rename" | "remove" | "share";

export function DocumentRow({ document, now, unsaved }: DocumentRowProps) {
  const actions = useDocumentActions();
  const [open, setOpen] = useState<Open>("none");
  const title = shownTitle(document.title);
  const close = () => setOpen("none");
  const renamable = canWrite(document.role);

  return (
    <li
      className="document-row"
      data-testid="document-row"
      data-document={document.id}
      onKeyDown={(event) => {
        if (event.key === "F2" && renamable) setOpen("rename");
      }}
    >
      <span className="document-row__icon" aria-hidden="true">
        <FileText size={18} />
      </span>
      <div className="document-row__main">
        {open === "rename" ? (
          <TitleInput
            className="document-row__input"
            value={document.title}
            focusOnMount
            onCommit={(typed) => {
              close();
              actions.rename(document, typed);
            }}
            onCancel={close}
          />
        ) : (
          <Link
            className="document-row__title"
            href={paths.document(document.id)}
            data-testid="document-title"
          >
            {title}
          </Link>
        )}
        <p className="document-row__meta">
          {document.role !== "owner" && (
            <span className="document-row__owner">
              {document.owner.name} · {ROLE_NAMES[document.role]}
            </span>
          )}
          <time dateTime={document.edited_at} title={new Date(document.edited_at).toLocaleString()}>
            Edited {relativeTime(document.edited_at, now)}
          </time>
          {unsaved && (
            <span className="document-row__unsaved">
              <CloudUpload size={14} aria-hidden="true" />
              Edits waiting on this device
            </span>
          )}
        </p>
      </div>
      <FavouriteButton document={document} />
      <People document={document} />
      <Menu
        label={`Actions for ${title}`}
        // The rename field takes the focus; giving it back to the button would close the field again.
        onCloseAutoFocus={(event) => event.preventDefault()}
        trigger={
          <button
            type="button"
            className="icon-button document-row__menu"
            aria-label={`Actions for ${title}`}
            data-testid="document-menu"
          >
            <MoreHorizontal size={18} aria-hidden="true" />
          </button>
        }
      >
        {renamable && (
          <MenuItem
            icon={<Pencil size={16} aria-hidden="true" />}
            keys="F2"
            testId="rename"
            onSelect={() => setOpen("rename")}
          >
            Rename
          </MenuItem>
        )}
        <MenuItem
          icon={<UserPlus size={16} aria-hidden="true" />}
          testId="row-share"
          onSelect={() => setOpen("share")}
        >
          {document.role === "owner" ? "Share…" : "People…"}
        </MenuItem>
        <MenuItem
          icon={<Link2 size={16} aria-hidden="true" />}
          testId="copy-link"
          onSelect={() => void actions.copyLink(document)}
        >
          Copy link
        </MenuItem>
        <MenuSeparator />
        {document.role === "owner" ? (
          <MenuItem
            danger
            icon={<Trash2 size={16} aria-hidden="true" />}
            testId="delete"
            onSelect={() => setOpen("remove")}
          >
            Move to trash…
          </MenuItem>
        ) : (
          <MenuItem
            danger
            icon={<LogOut size={16} aria-hidden="true" />}
            testId="leave"
            onSelect={() => setOpen("remove")}
          >
            Leave…
          </MenuItem>
        )}
      </Menu>
      {open === "remove" && (
        <RemoveDialog
          document={document}
          onClose={close}
          onConfirm={() => (document.role === "owner" ? actions.remove(document) : actions.leave(document))}
        />
      )}
      {open === "share" && <ShareDialog document={document} onClose={close} />}
    </li>
  );
}

function People({ document: { owner, member_count, team_count } }: { readonly document: Document }) {
  const shares = [
    member_count > 1 ? `${member_count} people` : null,
    team_count > 0 ? `${team_count} ${team_count === 1 ? "team" : "teams"}` : null,
  ].filter((part) => part !== null);
  const label = shares.length > 0 ? `Owner ${owner.name}, ${shares.join(", ")}` : `Only ${owner.name}`;
  return (
    <span className="document-row__people" title={label}>
      <span className="visually-hidden">{label}</span>
      {shares.length > 0 && (
        <span className="document-row__members" aria-hidden="true">
          <Users size={14} />
          {member_count + team_count}
        </span>
      )}
      <Avatar person={owner} />
    </span>
  );
}

import {
  CloudUpload,
  FileText,
  Folder as FolderIcon,
  FolderInput,
  Link2,
  LogOut,
  MoreHorizontal,
  Pencil,
  Trash2,
  UserPlus,
  Users,
} from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Link } from "wouter";
import { useFolders } from "@/features/folders/api/useFolders";
import { startDrag } from "@/features/folders/model/dragging";
import { canWrite, type Document, ROLE_NAMES } from "@/shared/api/types";
import { useReturnFocus } from "@/shared/hooks/useReturnFocus";
import { paths } from "@/shared/lib/paths";
import { relativeTime } from "@/shared/lib/time";
import { Avatar } from "@/shared/ui/Avatar";
import { Menu, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { useDocumentActions } from "../hooks/useDocumentActions";
import { shownTitle } from "../model/title";
import { FavouriteButton } from "./FavouriteButton";
import { RemoveDialog } from "./RemoveDialog";
import { TitleInput } from "./TitleInput";

// What is opened from one row in a hundred does not come with the list.
const ShareDialog = lazy(() =>
  import("@/features/sharing/components/ShareDialog").then(({ ShareDialog }) => ({ default: ShareDialog })),
);
const MoveDialog = lazy(() => import("@/features/folders/components/MoveDialog"));

interface DocumentRowProps {
  readonly document: Document;
  readonly now: Date;
  /** Edits of it wait on this device. */
  readonly unsaved: boolean;
  /** Where the list is of one folder, its name beside each document says nothing. */
  readonly withFolder?: boolean;
}

type Open = "none" | "rename" | "remove" | "share" | "move";

export function DocumentRow({ document, now, unsaved, withFolder = true }: DocumentRowProps) {
  const actions = useDocumentActions();
  const [open, setOpen] = useState<Open>("none");
  const title = shownTitle(document.title);
  const { ref, returnFocus } = useReturnFocus();
  const close = () => {
    setOpen("none");
    returnFocus();
  };
  const renamable = canWrite(document.role);

  return (
    <li
      className="document-row"
      data-testid="document-row"
      data-document={document.id}
      draggable={open === "none"}
      onDragStart={(event) => startDrag(event.dataTransfer, { kind: "document", id: document.id })}
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
              setOpen("none");
              actions.rename(document, typed);
            }}
            // Whoever leaves the field has gone somewhere else already.
            onCancel={() => setOpen("none")}
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
          {withFolder && document.folder && <InFolder id={document.folder} />}
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
            ref={ref}
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
        <MenuItem
          icon={<FolderInput size={16} aria-hidden="true" />}
          testId="move"
          onSelect={() => setOpen("move")}
        >
          Move to…
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
      <Suspense fallback={null}>
        {open === "share" && <ShareDialog document={document} onClose={close} />}
        {open === "move" && (
          <MoveDialog
            what={title}
            movedFolder={null}
            current={document.folder ?? null}
            onMove={(folder, name) => actions.place(document, folder, name)}
            onClose={close}
          />
        )}
      </Suspense>
    </li>
  );
}

/** Which of the person's own folders it is in. */
function InFolder({ id }: { readonly id: string }) {
  const { data: folders = [] } = useFolders();
  const folder = folders.find((each) => each.id === id);
  if (!folder) return null;
  return (
    <Link className="document-row__folder" href={paths.folder(id)} data-testid="in-folder">
      <FolderIcon size={13} aria-hidden="true" />
      <span className="visually-hidden">In the folder </span>
      {folder.name}
    </Link>
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

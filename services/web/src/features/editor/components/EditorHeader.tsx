import {
  Download,
  FolderInput,
  History,
  Keyboard,
  LayoutTemplate,
  Link2,
  LogOut,
  MessageSquareText,
  MoreHorizontal,
  Printer,
  Star,
  Trash2,
  UserPlus,
  Users,
} from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Link, useLocation } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";
import { useCurrentUser } from "@/features/auth/hooks/useSession";
import { exportDocument } from "@/features/documents/api/useFiles";
import { RemoveDialog } from "@/features/documents/components/RemoveDialog";
import { TitleInput } from "@/features/documents/components/TitleInput";
import { useDocumentActions } from "@/features/documents/hooks/useDocumentActions";
import { shownTitle } from "@/features/documents/model/title";
import { NotificationsBell } from "@/features/notifications/components/NotificationsBell";
import { AccountMenu } from "@/features/profile/components/AccountMenu";
import type { Document } from "@/shared/api/types";
import { saveFile } from "@/shared/lib/download";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { IconButton } from "@/shared/ui/IconButton";
import { Mark } from "@/shared/ui/Logo";
import { Menu, MenuGroup, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { reportFailure } from "@/shared/ui/reportFailure";
import { Tooltip } from "@/shared/ui/Tooltip";
import { toast } from "@/shared/ui/toastStore";
import type { CollaborationSession } from "../collaboration/CollaborationSession";
import type { HeaderParts } from "./EditorWorkspace";
import { Presence } from "./Presence";
import { SaveIndicator } from "./SaveIndicator";

// What few visits open does not come with the text.
const ShareDialog = lazy(() =>
  import("@/features/sharing/components/ShareDialog").then(({ ShareDialog }) => ({ default: ShareDialog })),
);
const MoveDialog = lazy(() => import("@/features/folders/components/MoveDialog"));
const TemplateDialog = lazy(() =>
  import("./TemplateDialog").then(({ TemplateDialog }) => ({ default: TemplateDialog })),
);

const EXPORTS = [
  { format: "md", name: "Markdown" },
  { format: "html", name: "Web page" },
  { format: "docx", name: "Word" },
  { format: "pdf", name: "PDF" },
  { format: "txt", name: "Plain text" },
] as const;

/** The server makes the file of what it has: edits that are not saved yet are not in it. */
async function download(document: Document, format: string, name: string): Promise<void> {
  toast.info(`Making a file (${name})…`);
  try {
    const { blob, name: fileName } = await exportDocument(document.id, format);
    saveFile(blob, fileName ?? `${shownTitle(document.title)}.${format}`);
  } catch (error) {
    reportFailure(error, "download the document");
  }
}

interface EditorHeaderProps extends HeaderParts {
  readonly session: CollaborationSession;
  readonly document: Document;
  readonly commentsShown: boolean;
  readonly onToggleComments: () => void;
}

export function EditorHeader(props: EditorHeaderProps) {
  const { session, document, saveState, editable, focusText, showHelp } = props;
  const user = useCurrentUser();
  const actions = useDocumentActions();
  const [sharing, setSharing] = useState(false);
  const justCreated = useHistoryState<{ created?: boolean } | null>()?.created === true;
  const isOwner = document.role === "owner";

  return (
    <div className="editor-header">
      <Tooltip label="All documents">
        <Link
          className="editor-header__home"
          href={paths.documents}
          aria-label="All documents"
          data-testid="home"
        >
          <Mark size={30} />
        </Link>
      </Tooltip>
      <div className="editor-header__main">
        <TitleInput
          className="editor-header__title"
          testId="title"
          value={shownTitle(document.title)}
          readOnly={!editable}
          focusOnMount={justCreated && editable}
          onEnter={focusText}
          onCommit={(typed) =>
            actions.rename(document, typed, () => session.awareness.setLocalStateField("renamed", Date.now()))
          }
        />
        <SaveIndicator state={saveState} />
      </div>
      <div className="editor-header__end">
        <Presence session={session} userId={user.id} />
        <IconButton
          label="Comments"
          aria-pressed={props.commentsShown}
          className="toolbar__button"
          data-testid="comments"
          onClick={props.onToggleComments}
        >
          <MessageSquareText size={18} aria-hidden="true" />
        </IconButton>
        <Button
          variant="primary"
          size="small"
          className="editor-header__share"
          onClick={() => setSharing(true)}
          data-testid="share"
        >
          {isOwner ? <UserPlus size={16} aria-hidden="true" /> : <Users size={16} aria-hidden="true" />}
          <span>{isOwner ? "Share" : "People"}</span>
        </Button>
        <DocumentMenu document={document} onShowHelp={showHelp} />
        <NotificationsBell />
        <AccountMenu />
      </div>
      <Suspense fallback={null}>
        {sharing && <ShareDialog document={document} onClose={() => setSharing(false)} />}
      </Suspense>
    </div>
  );
}

interface DocumentMenuProps {
  readonly document: Document;
  readonly onShowHelp: () => void;
}

function DocumentMenu({ document, onShowHelp }: DocumentMenuProps) {
  const actions = useDocumentActions();
  const [, navigate] = useLocation();
  const [open, setOpen] = useState<"none" | "move" | "template" | "remove">("none");
  const close = () => setOpen("none");
  const isOwner = document.role === "owner";
  return (
    <>
      <Menu
        label="Document"
        trigger={
          <button type="button" className="icon-button" aria-label="More" data-testid="document-menu">
            <MoreHorizontal size={18} aria-hidden="true" />
          </button>
        }
      >
        <MenuItem
          icon={<Link2 size={16} aria-hidden="true" />}
          testId="copy-link"
          onSelect={() => void actions.copyLink(document)}
        >
          Copy link
        </MenuItem>
        <MenuItem
          icon={<Star size={16} aria-hidden="true" />}
          testId="favourite"
          onSelect={() => actions.setFavourite(document, !document.favourite)}
        >
          {document.favourite ? "Remove from favourites" : "Add to favourites"}
        </MenuItem>
        <MenuItem
          icon={<History size={16} aria-hidden="true" />}
          testId="version-history"
          onSelect={() => navigate(paths.history(document.id))}
        >
          Version history
        </MenuItem>
        <MenuItem
          icon={<LayoutTemplate size={16} aria-hidden="true" />}
          testId="save-template"
          onSelect={() => setOpen("template")}
        >
          Save as template…
        </MenuItem>
        <MenuItem
          icon={<FolderInput size={16} aria-hidden="true" />}
          testId="move"
          onSelect={() => setOpen("move")}
        >
          Move to…
        </MenuItem>
        <MenuItem icon={<Printer size={16} aria-hidden="true" />} onSelect={() => window.print()}>
          Print
        </MenuItem>
        <MenuItem icon={<Keyboard size={16} aria-hidden="true" />} testId="shortcuts" onSelect={onShowHelp}>
          Keyboard shortcuts
        </MenuItem>
        <MenuSeparator />
        <MenuGroup label="Download as">
          {EXPORTS.map(({ format, name }) => (
            <MenuItem
              key={format}
              icon={<Download size={16} aria-hidden="true" />}
              testId={`export-${format}`}
              onSelect={() => void download(document, format, name)}
            >
              {name}
            </MenuItem>
          ))}
        </MenuGroup>
        <MenuSeparator />
        <MenuItem
          danger
          icon={isOwner ? <Trash2 size={16} aria-hidden="true" /> : <LogOut size={16} aria-hidden="true" />}
          testId={isOwner ? "delete" : "leave"}
          onSelect={() => setOpen("remove")}
        >
          {isOwner ? "Move to trash…" : "Leave…"}
        </MenuItem>
      </Menu>
      <Suspense fallback={null}>
        {open === "template" && <TemplateDialog document={document} onClose={close} />}
        {open === "move" && (
          <MoveDialog
            what={shownTitle(document.title)}
            movedFolder={null}
            current={document.folder ?? null}
            onMove={(folder, name) => actions.place(document, folder, name)}
            onClose={close}
          />
        )}
      </Suspense>
      {open === "remove" && (
        <RemoveDialog
          document={document}
          onClose={close}
          onConfirm={() => {
            if (isOwner) actions.remove(document);
            else actions.leave(document);
            navigate(paths.documents);
          }}
        />
      )}
    </>
  );
}

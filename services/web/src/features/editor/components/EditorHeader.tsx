import { Keyboard, Link2, LogOut, MoreHorizontal, Printer, Trash2, UserPlus, Users } from "lucide-react";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";
import { RemoveDialog } from "@/features/documents/components/RemoveDialog";
import { TitleInput } from "@/features/documents/components/TitleInput";
import { useDocumentActions } from "@/features/documents/hooks/useDocumentActions";
import { shownTitle } from "@/features/documents/model/title";
import { AccountMenu } from "@/features/profile/components/AccountMenu";
import { ShareDialog } from "@/features/sharing/components/ShareDialog";
import type { Document } from "@/shared/api/types";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { Mark } from "@/shared/ui/Logo";
import { Menu, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { Tooltip } from "@/shared/ui/Tooltip";
import type { CollaborationSession } from "../collaboration/CollaborationSession";
import type { SaveState } from "../model/saveState";
import { Presence } from "./Presence";
import { SaveIndicator } from "./SaveIndicator";

interface EditorHeaderProps {
  readonly session: CollaborationSession;
  readonly document: Document;
  readonly saveState: SaveState;
  readonly renamable: boolean;
  readonly onTitleDone: () => void;
  readonly onShowHelp: () => void;
}

export function EditorHeader(props: EditorHeaderProps) {
  const { session, document, saveState, renamable, onTitleDone, onShowHelp } = props;
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
          readOnly={!renamable}
          focusOnMount={justCreated && renamable}
          onEnter={onTitleDone}
          onCommit={(typed) =>
            actions.rename(document, typed, () => session.awareness.setLocalStateField("renamed", Date.now()))
          }
        />
        <SaveIndicator state={saveState} />
      </div>
      <div className="editor-header__end">
        <Presence session={session} />
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
        <DocumentMenu document={document} onShowHelp={onShowHelp} />
        <AccountMenu />
      </div>
      {sharing && <ShareDialog document={document} onClose={() => setSharing(false)} />}
    </div>
  );
}

function DocumentMenu({ document, onShowHelp }: Pick<EditorHeaderProps, "document" | "onShowHelp">) {
  const actions = useDocumentActions();
  const [, navigate] = useLocation();
  const [removing, setRemoving] = useState(false);
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
        <MenuItem icon={<Printer size={16} aria-hidden="true" />} onSelect={() => window.print()}>
          Print
        </MenuItem>
        <MenuItem icon={<Keyboard size={16} aria-hidden="true" />} testId="shortcuts" onSelect={onShowHelp}>
          Keyboard shortcuts
        </MenuItem>
        <MenuSeparator />
        <MenuItem
          danger
          icon={isOwner ? <Trash2 size={16} aria-hidden="true" /> : <LogOut size={16} aria-hidden="true" />}
          testId={isOwner ? "delete" : "leave"}
          onSelect={() => setRemoving(true)}
        >
          {isOwner ? "Delete…" : "Leave…"}
        </MenuItem>
      </Menu>
      {removing && (
        <RemoveDialog
          document={document}
          onClose={() => setRemoving(false)}
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

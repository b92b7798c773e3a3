import { useQueryClient } from "@tanstack/react-query";
import type { Editor } from "@tiptap/core";
import { CloudOff, MessageSquareText } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { Link } from "wouter";
import { CommentsPanel } from "@/features/comments/components/CommentsPanel";
import { documentKeys } from "@/features/documents/api/keys";
import { shownTitle } from "@/features/documents/model/title";
import type { CollaborationSession } from "@/features/editor/collaboration/CollaborationSession";
import { EditorSkeleton } from "@/features/editor/components/EditorSkeleton";
import { EditorWorkspace } from "@/features/editor/components/EditorWorkspace";
import { Presence } from "@/features/editor/components/Presence";
import { SaveIndicator } from "@/features/editor/components/SaveIndicator";
import type { Person } from "@/features/editor/model/peers";
import { AccountMenu } from "@/features/profile/components/AccountMenu";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { IconButton } from "@/shared/ui/IconButton";
import { Mark } from "@/shared/ui/Logo";
import { StatePage } from "@/shared/ui/StatePage";
import type { OpenedLink } from "../api/openLink";
import { GuestName } from "./GuestName";

interface LinkedWorkspaceProps {
  readonly token: string;
  readonly opened: OpenedLink;
  readonly person: Person;
  readonly session: CollaborationSession;
  /** Null for somebody with an account. */
  readonly onRename: ((name: string) => Promise<void>) | null;
  /** The link let one in, and does not any more: the page finds out what it wants now. */
  readonly onShutOut: () => void;
}

export function LinkedWorkspace({
  token,
  opened,
  person,
  session,
  onRename,
  onShutOut,
}: LinkedWorkspaceProps) {
  const state = useSyncExternalStore(session.state.subscribe, session.state.get);
  const [commentsShown, setCommentsShown] = useState(false);
  const { id } = opened.document;
  useCommentNews(session, id);

  // What was written and is not saved stays on the screen, to be copied.
  const isShutOut = (state.ended === "removed" || state.ended === "unavailable") && state.unsynced === 0;
  useEffect(() => {
    if (isShutOut) onShutOut();
  }, [isShutOut, onShutOut]);

  if (!state.opened) {
    if (state.failures < 3 && state.ended === null) return <EditorSkeleton />;
    return (
      <StatePage
        testId="unreachable"
        icon={<CloudOff size={28} />}
        title="The document cannot be opened right now"
        actions={
          <Button variant="primary" onClick={() => location.reload()}>
            Try again
          </Button>
        }
      >
        <p>The server does not answer, or the link does not work any more.</p>
      </StatePage>
    );
  }
  const title = shownTitle(opened.document.title);
  const signIn = `${paths.signIn}?${new URLSearchParams({ next: `${paths.link}#${token}` })}`;
  const hasComments = opened.pass !== null;
  return (
    <EditorWorkspace
      documentId={id}
      session={session}
      title={title}
      role={opened.role}
      person={person}
      header={({ saveState }) => (
        <div className="editor-header" data-testid="linked-header">
          <Mark size={30} />
          <div className="editor-header__main">
            <p className="linked-title" data-testid="title">
              {title}
            </p>
            <SaveIndicator state={saveState} />
          </div>
          <div className="editor-header__end">
            <Presence session={session} userId={person.id} />
            {hasComments && (
              <IconButton
                label="Comments"
                aria-pressed={commentsShown}
                className="toolbar__button"
                data-testid="comments"
                onClick={() => setCommentsShown(!commentsShown)}
              >
                <MessageSquareText size={18} aria-hidden="true" />
              </IconButton>
            )}
            {onRename === null ? (
              <AccountMenu />
            ) : (
              <>
                <GuestName name={opened.name} onChange={onRename} />
                <Link className="button button--small" href={signIn} data-testid="sign-in">
                  Sign in
                </Link>
              </>
            )}
          </div>
        </div>
      )}
      aside={
        commentsShown && hasComments
          ? (editor: Editor) => (
              <CommentsPanel
                editor={editor}
                document={{ id, role: opened.role }}
                note={
                  onRename !== null &&
                  opened.role !== "viewer" && (
                    <p className="field__hint" data-testid="guest-note">
                      You comment as {opened.name}, a guest.
                    </p>
                  )
                }
                focusedThread={null}
                wished={0}
                onClose={() => setCommentsShown(false)}
              />
            )
          : undefined
      }
    />
  );
}

/** Comments that others write appear as they do for members. */
function useCommentNews(session: CollaborationSession, documentId: string): void {
  const client = useQueryClient();
  useEffect(
    () =>
      session.onNews((topic) => {
        if (topic === "comments") {
          void client.invalidateQueries({ queryKey: documentKeys.comments(documentId) });
        }
      }),
    [session, client, documentId],
  );
}

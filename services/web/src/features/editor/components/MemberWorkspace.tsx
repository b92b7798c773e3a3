import type { Editor } from "@tiptap/core";
import { useState } from "react";
import { useSearchParams } from "wouter";
import { CommentsPanel } from "@/features/comments/components/CommentsPanel";
import { usePreferences } from "@/features/profile/api/usePreferences";
import { useProfile } from "@/features/profile/api/useProfile";
import type { Document } from "@/shared/api/types";
import { useHotkey } from "@/shared/hooks/useHotkey";
import type { CollaborationSession } from "../collaboration/CollaborationSession";
import { useFreshDocument } from "../hooks/useFreshDocument";
import { EditorHeader } from "./EditorHeader";
import { EditorWorkspace } from "./EditorWorkspace";

interface MemberWorkspaceProps {
  readonly session: CollaborationSession;
  readonly document: Document;
}

/** The editor for somebody who has a role in the document. */
export function MemberWorkspace({ session, document }: MemberWorkspaceProps) {
  const { profile } = useProfile();
  const spellcheck = usePreferences().data?.spellcheck ?? true;
  const [search] = useSearchParams();
  // A notification leads to the thread that it is about.
  const thread = search.get("thread");
  const [commentsShown, setCommentsShown] = useState(thread !== null);
  const [led, setLed] = useState(thread);
  // Set while rendering, as React advises for state that follows a value.
  if (led !== thread) {
    setLed(thread);
    if (thread !== null) setCommentsShown(true);
  }
  /** How often a comment on the selection was asked for by keyboard. */
  const [wished, setWished] = useState(0);
  useHotkey(
    (event) => (event.ctrlKey || event.metaKey) && event.altKey && event.code === "KeyM",
    () => {
      setCommentsShown(true);
      setWished(wished + 1);
    },
  );
  useFreshDocument(session, document.id);
  const closeComments = () => setCommentsShown(false);
  return (
    <EditorWorkspace
      documentId={document.id}
      session={session}
      title={document.title}
      role={document.role}
      person={profile}
      spellcheck={spellcheck}
      header={(parts) => (
        <EditorHeader
          {...parts}
          session={session}
          document={document}
          commentsShown={commentsShown}
          onToggleComments={() => setCommentsShown(!commentsShown)}
        />
      )}
      aside={
        commentsShown
          ? (editor: Editor) => (
              <CommentsPanel
                key={`${document.id}/${thread}`}
                editor={editor}
                document={document}
                focusedThread={thread}
                wished={wished}
                onClose={closeComments}
              />
            )
          : undefined
      }
    />
  );
}

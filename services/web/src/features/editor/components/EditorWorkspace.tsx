import { useQueryClient } from "@tanstack/react-query";
import { EditorContent, useEditor } from "@tiptap/react";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useCurrentUser } from "@/features/auth/hooks/useSession";
import { documentKeys } from "@/features/documents/api/keys";
import { useProfile } from "@/features/profile/api/useProfile";
import { canWrite, type Document } from "@/shared/api/types";
import { useHotkey } from "@/shared/hooks/useHotkey";
import { toast } from "@/shared/ui/toastStore";
import type { CollaborationSession } from "../collaboration/CollaborationSession";
import { makeExtensions } from "../extensions/extensions";
import { useRenameHint } from "../hooks/usePeers";
import { useSaveState, useUnsavedWarning } from "../hooks/useSaveState";
import { EditorFooter } from "./EditorFooter";
import { EditorHeader } from "./EditorHeader";
import { EndedBanner } from "./EndedBanner";
import { LinkBubble } from "./LinkBubble";
import { Outline } from "./Outline";
import { ShortcutsDialog } from "./ShortcutsDialog";
import { TableBubble } from "./TableBubble";
import { Toolbar } from "./Toolbar";

interface EditorWorkspaceProps {
  readonly session: CollaborationSession;
  readonly document: Document;
}

export function EditorWorkspace({ session, document }: EditorWorkspaceProps) {
  const snapshot = useSyncExternalStore(session.state.subscribe, session.state.get);
  const editable = (snapshot.writable ?? canWrite(document.role)) && snapshot.ended === null;
  const saving = useSaveState(session);
  useUnsavedWarning(saving.now.unsaved);
  const [helpShown, setHelpShown] = useState(false);
  const showHelp = useCallback(() => setHelpShown(true), []);
  useHotkey((event) => (event.ctrlKey || event.metaKey) && event.key === "/", showHelp);
  const editor = useSharedEditor(session, editable, document);
  useFreshDocument(session, document.id, snapshot.writable, snapshot.ended !== null);
  const focusText = useCallback(() => {
    // The editor's own focus command waits for a frame, and loses what a fast typist writes meanwhile.
    editor?.commands.setTextSelection(0);
    editor?.view.focus();
  }, [editor]);

  if (!editor) return null;
  const bannerReason = snapshot.ended ?? (saving.now.kind === "not-saved" ? "demoted" : null);
  return (
    <>
      <a className="skip-link" href="#text">
        Skip to the text
      </a>
      <header className="editor-top">
        <EditorHeader
          session={session}
          document={document}
          saveState={saving.shown}
          renamable={editable}
          onTitleDone={focusText}
          onShowHelp={showHelp}
        />
        {editable && <Toolbar editor={editor} onShowHelp={showHelp} />}
        {bannerReason !== null && (
          <EndedBanner session={session} reason={bannerReason} unsynced={snapshot.unsynced} editor={editor} />
        )}
      </header>
      <div className="editor-body">
        <Outline editor={editor} />
        {/* A click in the empty space below the text means its end. */}
        <main
          className="editor-page"
          id="text"
          onMouseDown={(event) => {
            if (event.target !== event.currentTarget || !editable) return;
            event.preventDefault();
            editor.commands.focus("end");
          }}
        >
          <h1 className="print-title">{document.title}</h1>
          <EditorContent editor={editor} className="editor-content" />
        </main>
      </div>
      {editable && <LinkBubble editor={editor} />}
      {editable && <TableBubble editor={editor} />}
      <EditorFooter editor={editor} />
      {helpShown && <ShortcutsDialog onClose={() => setHelpShown(false)} />}
    </>
  );
}

/** The editor on the session's document, with this person's caret in it. */
function useSharedEditor(session: CollaborationSession, editable: boolean, { title }: Document) {
  const { profile } = useProfile();
  const { id, name, color } = profile;
  const firstUser = useRef({ id, name, color });
  const editor = useEditor(
    {
      extensions: makeExtensions({
        doc: session.doc,
        awareness: session.awareness,
        user: firstUser.current,
        onPasteRefused: () => toast.error("That is too much to paste at once. Paste it in smaller parts."),
      }),
      editable,
      injectCSS: false,
      shouldRerenderOnTransaction: false,
      editorProps: {
        attributes: {
          role: "textbox",
          "aria-multiline": "true",
          "data-testid": "editor",
          spellcheck: "true",
        },
      },
    },
    [session],
  );

  useEffect(() => {
    if (editor && editor.isEditable !== editable) editor.setEditable(editable, false);
  }, [editor, editable]);

  useEffect(() => {
    editor?.view.dom.setAttribute("aria-label", `Text of ${title}`);
    editor?.view.dom.setAttribute("aria-readonly", String(!editable));
  }, [editor, title, editable]);

  useEffect(() => {
    session.awareness.setLocalStateField("user", { id, name, color });
  }, [session, id, name, color]);

  return editor;
}

/** Asks the server again when the title or one's role may have changed, or the document is gone. */
function useFreshDocument(
  session: CollaborationSession,
  id: string,
  writable: boolean | null,
  ended: boolean,
): void {
  const client = useQueryClient();
  const user = useCurrentUser();
  const refresh = useCallback(
    () => void client.invalidateQueries({ queryKey: documentKeys.one(id) }),
    [client, id],
  );
  useRenameHint(session.awareness, refresh);
  const known = useRef({ writable, user: user.id });
  useEffect(() => {
    if (known.current.writable !== null && known.current.writable !== writable) refresh();
    known.current = { writable, user: user.id };
  }, [writable, user.id, refresh]);
  useEffect(() => {
    if (ended) void client.invalidateQueries({ queryKey: documentKeys.list });
  }, [ended, client]);
}

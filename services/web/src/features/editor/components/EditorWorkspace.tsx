import type { Editor } from "@tiptap/core";
import { EditorContent, useEditor } from "@tiptap/react";
import { type ReactNode, useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Uploads } from "@/features/attachments/components/Uploads";
import { ATTACHMENT_VIEWS } from "@/features/attachments/components/views";
import { AttachedTo } from "@/features/attachments/hooks/useAttachedTo";
import { canWrite, type Role } from "@/shared/api/types";
import { useHotkey } from "@/shared/hooks/useHotkey";
import { cx } from "@/shared/lib/cx";
import { toast } from "@/shared/ui/toastStore";
import type { CollaborationSession } from "../collaboration/CollaborationSession";
import { makeExtensions } from "../extensions/extensions";
import { useSaveState, useUnsavedWarning } from "../hooks/useSaveState";
import type { Person } from "../model/peers";
import type { SaveState } from "../model/saveState";
import { EditorFooter } from "./EditorFooter";
import { EndedBanner } from "./EndedBanner";
import { LinkBubble } from "./LinkBubble";
import { Outline } from "./Outline";
import { ShortcutsDialog } from "./ShortcutsDialog";
import { TableBubble } from "./TableBubble";
import { Toolbar } from "./Toolbar";

/** What a header needs to know of the editor below it. */
export interface HeaderParts {
  readonly saveState: SaveState;
  /** Whether the text, and so the title, may be changed now. */
  readonly editable: boolean;
  readonly focusText: () => void;
  readonly showHelp: () => void;
}

interface EditorWorkspaceProps {
  readonly documentId: string;
  readonly session: CollaborationSession;
  readonly title: string;
  /** The role as it was known before the connection said what it is now. */
  readonly role: Role;
  /** Whose caret it is. */
  readonly person: Person;
  readonly spellcheck?: boolean;
  readonly header: (parts: HeaderParts) => ReactNode;
  /** What stands beside the text. */
  readonly aside?: ((editor: Editor) => ReactNode) | undefined;
}

/** The text of a document and all that is needed to write in it, whoever does. */
export function EditorWorkspace(props: EditorWorkspaceProps) {
  const { documentId, session, title, role, header, aside } = props;
  const snapshot = useSyncExternalStore(session.state.subscribe, session.state.get);
  const editable = (snapshot.writable ?? canWrite(role)) && snapshot.ended === null;
  const saving = useSaveState(session);
  useUnsavedWarning(saving.now.unsaved);
  const [helpShown, setHelpShown] = useState(false);
  const showHelp = useCallback(() => setHelpShown(true), []);
  useHotkey((event) => (event.ctrlKey || event.metaKey) && event.key === "/", showHelp);
  const editor = useSharedEditor(props, editable);
  const focusText = useCallback(() => {
    // The editor's own focus command waits for a frame, and loses what a fast typist writes meanwhile.
    editor?.commands.setTextSelection(0);
    editor?.view.focus();
  }, [editor]);

  if (!editor) return null;
  const bannerReason = snapshot.ended ?? (saving.now.kind === "not-saved" ? "demoted" : null);
  const beside = aside?.(editor) ?? null;
  return (
    <AttachedTo value={documentId}>
      <a className="skip-link" href="#text">
        Skip to the text
      </a>
      <header className="editor-top">
        {header({ saveState: saving.shown, editable, focusText, showHelp })}
        {editable && <Toolbar editor={editor} onShowHelp={showHelp} />}
        {bannerReason !== null && (
          <EndedBanner session={session} reason={bannerReason} unsynced={snapshot.unsynced} editor={editor} />
        )}
      </header>
      <div className={cx("editor-body", beside !== null && "editor-body--beside")}>
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
          <h1 className="print-title">{title}</h1>
          <EditorContent editor={editor} className="editor-content" />
        </main>
        {beside}
      </div>
      {editable && <Uploads editor={editor} documentId={documentId} />}
      {editable && <LinkBubble editor={editor} />}
      {editable && <TableBubble editor={editor} />}
      <EditorFooter editor={editor} />
      {helpShown && <ShortcutsDialog onClose={() => setHelpShown(false)} />}
    </AttachedTo>
  );
}

/** The editor on the session's document, with this person's caret in it. */
function useSharedEditor(
  { session, title, person: { id, name, color, avatar_url = null }, spellcheck = true }: EditorWorkspaceProps,
  editable: boolean,
) {
  const firstUser = useRef({ id, name, color });
  const editor = useEditor(
    {
      extensions: makeExtensions({
        doc: session.doc,
        awareness: session.awareness,
        user: firstUser.current,
        views: ATTACHMENT_VIEWS,
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
    const text = editor?.view.dom;
    text?.setAttribute("aria-label", `Text of ${title}`);
    text?.setAttribute("aria-readonly", String(!editable));
    text?.setAttribute("spellcheck", String(spellcheck));
  }, [editor, title, editable, spellcheck]);

  useEffect(() => {
    session.awareness.setLocalStateField("user", { id, name, color, avatar_url });
  }, [session, id, name, color, avatar_url]);

  return editor;
}

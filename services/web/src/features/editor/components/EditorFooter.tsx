import type { Editor } from "@tiptap/core";
import { useEditorText } from "../hooks/useEditorText";
import { textStats } from "../model/textStats";

const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

function readStats(editor: Editor) {
  return textStats(editor.state.doc.textBetween(0, editor.state.doc.content.size, "\n"), segmenter);
}

export function EditorFooter({ editor }: { readonly editor: Editor }) {
  const { words, characters } = useEditorText(editor, readStats);
  return (
    <footer className="editor-footer">
      <p data-testid="word-count" title={`${characters.toLocaleString()} characters`}>
        {words.toLocaleString()} {words === 1 ? "word" : "words"}
      </p>
    </footer>
  );
}

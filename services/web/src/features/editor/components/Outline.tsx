import type { Editor } from "@tiptap/core";
import { useEditorText } from "../hooks/useEditorText";

interface Heading {
  readonly level: number;
  readonly text: string;
  readonly position: number;
}

/** More than this is no overview. */
const MAX_HEADINGS = 60;

function readHeadings(editor: Editor): readonly Heading[] {
  const headings: Heading[] = [];
  editor.state.doc.forEach((node, position) => {
    const text = node.textContent.trim();
    if (node.type.name !== "heading" || text === "" || headings.length >= MAX_HEADINGS) return;
    headings.push({ level: Number(node.attrs.level), text, position });
  });
  return headings;
}

/** The document's headings, beside the text where the window is wide enough. */
export function Outline({ editor }: { readonly editor: Editor }) {
  const headings = useEditorText(editor, readHeadings);
  if (headings.length < 2) return null;
  const show = ({ position }: Heading) => {
    const node = editor.view.nodeDOM(position);
    if (node instanceof HTMLElement) node.scrollIntoView({ block: "start", behavior: "smooth" });
  };
  return (
    <nav className="outline" aria-label="Outline">
      <ol className="outline__list">
        {headings.map((heading) => (
          <li key={heading.position}>
            <button
              type="button"
              className={`outline__item outline__item--${heading.level}`}
              onClick={() => show(heading)}
            >
              {heading.text}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

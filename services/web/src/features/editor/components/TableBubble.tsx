import type { Editor } from "@tiptap/core";
import { BubbleMenu } from "@tiptap/react/menus";
import { BetweenHorizontalStart, BetweenVerticalStart, type LucideIcon, Trash2 } from "lucide-react";
import { IconButton } from "@/shared/ui/IconButton";

interface TableAction {
  readonly name: string;
  readonly icon: LucideIcon;
  readonly text?: string;
  readonly run: (editor: Editor) => boolean;
}

const ACTIONS: readonly TableAction[] = [
  {
    name: "Add a row below",
    icon: BetweenHorizontalStart,
    run: (e) => e.chain().focus().addRowAfter().run(),
  },
  {
    name: "Add a column after",
    icon: BetweenVerticalStart,
    run: (e) => e.chain().focus().addColumnAfter().run(),
  },
  { name: "Delete the row", icon: Trash2, text: "Row", run: (e) => e.chain().focus().deleteRow().run() },
  {
    name: "Delete the column",
    icon: Trash2,
    text: "Column",
    run: (e) => e.chain().focus().deleteColumn().run(),
  },
  {
    name: "Delete the table",
    icon: Trash2,
    text: "Table",
    run: (e) => e.chain().focus().deleteTable().run(),
  },
];

/** The element of the table the caret is in. */
function tableAt(editor: Editor): Element | null {
  const { node } = editor.view.domAtPos(editor.state.selection.from);
  return (node instanceof Element ? node : node.parentElement)?.closest("table") ?? null;
}

/** What can be done with the table at the caret, above it. */
export function TableBubble({ editor }: { readonly editor: Editor }) {
  return (
    <BubbleMenu
      editor={editor}
      pluginKey="tableBubble"
      className="menu bubble"
      options={{ placement: "top-start", offset: 6, flip: true, shift: { padding: 8 } }}
      getReferencedVirtualElement={() => tableAt(editor)}
      shouldShow={({ editor: current }) => current.isActive("table")}
    >
      {ACTIONS.map(({ name, icon: Icon, text, run }) => (
        <IconButton
          key={name}
          plain
          label={name}
          className={text && "bubble__text"}
          onClick={() => run(editor)}
        >
          <Icon size={16} aria-hidden="true" />
          {text}
        </IconButton>
      ))}
    </BubbleMenu>
  );
}

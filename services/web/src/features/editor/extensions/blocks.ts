import type { Editor } from "@tiptap/core";
import {
  Code2,
  Heading1,
  Heading2,
  Heading3,
  List,
  ListChecks,
  ListOrdered,
  type LucideIcon,
  Minus,
  Paperclip,
  Pilcrow,
  Table,
  TextQuote,
} from "lucide-react";

export interface Block {
  readonly name: string;
  readonly hint: string;
  /** Other words people look for it by. */
  readonly words: string;
  readonly icon: LucideIcon;
  readonly insert: (editor: Editor) => void;
}

/** Everything the slash menu offers. */
export const BLOCKS: readonly Block[] = [
  {
    name: "Text",
    hint: "Plain paragraph",
    words: "paragraph normal p",
    icon: Pilcrow,
    insert: (editor) => editor.chain().focus().setParagraph().run(),
  },
  {
    name: "Heading 1",
    hint: "Large section",
    words: "h1 title",
    icon: Heading1,
    insert: (editor) => editor.chain().focus().setHeading({ level: 1 }).run(),
  },
  {
    name: "Heading 2",
    hint: "Section",
    words: "h2 subtitle",
    icon: Heading2,
    insert: (editor) => editor.chain().focus().setHeading({ level: 2 }).run(),
  },
  {
    name: "Heading 3",
    hint: "Small section",
    words: "h3",
    icon: Heading3,
    insert: (editor) => editor.chain().focus().setHeading({ level: 3 }).run(),
  },
  {
    name: "Bulleted list",
    hint: "Items in no order",
    words: "ul unordered points",
    icon: List,
    insert: (editor) => editor.chain().focus().toggleBulletList().run(),
  },
  {
    name: "Numbered list",
    hint: "Items in order",
    words: "ol ordered",
    icon: ListOrdered,
    insert: (editor) => editor.chain().focus().toggleOrderedList().run(),
  },
  {
    name: "Task list",
    hint: "Things to tick off",
    words: "todo checkbox check",
    icon: ListChecks,
    insert: (editor) => editor.chain().focus().toggleTaskList().run(),
  },
  {
    name: "Quote",
    hint: "Somebody else's words",
    words: "blockquote citation",
    icon: TextQuote,
    insert: (editor) => editor.chain().focus().setBlockquote().run(),
  },
  {
    name: "Code block",
    hint: "Text kept as typed",
    words: "pre source snippet",
    icon: Code2,
    insert: (editor) => editor.chain().focus().setCodeBlock().run(),
  },
  {
    name: "Table",
    hint: "Three by three to start",
    words: "grid rows columns",
    icon: Table,
    insert: (editor) => editor.chain().focus().insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run(),
  },
  {
    name: "Picture or file",
    hint: "From this device",
    words: "image photo attachment upload pdf",
    icon: Paperclip,
    insert: (editor) => editor.storage.fileDrop.pick?.(),
  },
  {
    name: "Divider",
    hint: "A line across",
    words: "hr rule separator",
    icon: Minus,
    insert: (editor) => editor.chain().focus().setHorizontalRule().run(),
  },
];

/** Blocks whose name or words match what was typed after the slash, best matches first. */
export function findBlocks(query: string): Block[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === "") return [...BLOCKS];
  const rank = ({ name, words }: Block): number => {
    if (name.toLowerCase().startsWith(wanted)) return 0;
    if (words.split(" ").some((word) => word.startsWith(wanted))) return 1;
    return name.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return BLOCKS.filter((block) => rank(block) < 3).toSorted((a, b) => rank(a) - rank(b));
}

import type { Editor } from "@tiptap/core";
import {
  Bold,
  Code,
  Highlighter,
  Italic,
  List,
  ListChecks,
  ListOrdered,
  type LucideIcon,
  SquareCode,
  Strikethrough,
  TextQuote,
  Underline,
} from "lucide-react";

export interface ToolbarItem {
  readonly name: string;
  /** What the editor calls it, to ask whether it applies at the caret. */
  readonly type: string;
  readonly icon: LucideIcon;
  readonly keys: string;
  readonly toggle: (editor: Editor) => boolean;
}

export const MARKS: readonly ToolbarItem[] = [
  {
    name: "Bold",
    type: "bold",
    icon: Bold,
    keys: "Mod+B",
    toggle: (e) => e.chain().focus().toggleBold().run(),
  },
  {
    name: "Italic",
    type: "italic",
    icon: Italic,
    keys: "Mod+I",
    toggle: (e) => e.chain().focus().toggleItalic().run(),
  },
  {
    name: "Underline",
    type: "underline",
    icon: Underline,
    keys: "Mod+U",
    toggle: (e) => e.chain().focus().toggleUnderline().run(),
  },
  {
    name: "Strikethrough",
    type: "strike",
    icon: Strikethrough,
    keys: "Mod+Shift+S",
    toggle: (e) => e.chain().focus().toggleStrike().run(),
  },
  {
    name: "Code",
    type: "code",
    icon: Code,
    keys: "Mod+E",
    toggle: (e) => e.chain().focus().toggleCode().run(),
  },
  {
    name: "Highlight",
    type: "highlight",
    icon: Highlighter,
    keys: "Mod+Shift+H",
    toggle: (e) => e.chain().focus().toggleHighlight().run(),
  },
];

export const BLOCK_TOGGLES: readonly ToolbarItem[] = [
  {
    name: "Bulleted list",
    type: "bulletList",
    icon: List,
    keys: "Mod+Shift+8",
    toggle: (e) => e.chain().focus().toggleBulletList().run(),
  },
  {
    name: "Numbered list",
    type: "orderedList",
    icon: ListOrdered,
    keys: "Mod+Shift+7",
    toggle: (e) => e.chain().focus().toggleOrderedList().run(),
  },
  {
    name: "Task list",
    type: "taskList",
    icon: ListChecks,
    keys: "Mod+Shift+9",
    toggle: (e) => e.chain().focus().toggleTaskList().run(),
  },
  {
    name: "Quote",
    type: "blockquote",
    icon: TextQuote,
    keys: "Mod+Shift+B",
    toggle: (e) => e.chain().focus().toggleBlockquote().run(),
  },
  {
    name: "Code block",
    type: "codeBlock",
    icon: SquareCode,
    keys: "Mod+Alt+C",
    toggle: (e) => e.chain().focus().toggleCodeBlock().run(),
  },
];

export type TextStyle = "0" | "1" | "2" | "3";

export const TEXT_STYLES: readonly { readonly value: TextStyle; readonly label: string }[] = [
  { value: "0", label: "Normal text" },
  { value: "1", label: "Heading 1" },
  { value: "2", label: "Heading 2" },
  { value: "3", label: "Heading 3" },
];

export function textStyleOf(editor: Editor): TextStyle {
  const level = ([1, 2, 3] as const).find((candidate) => editor.isActive("heading", { level: candidate }));
  return `${level ?? 0}`;
}

export function setTextStyle(editor: Editor, style: TextStyle): void {
  const chain = editor.chain().focus();
  if (style === "0") chain.setParagraph().run();
  else chain.setHeading({ level: Number(style) as 1 | 2 | 3 }).run();
}

/** Shortcuts as people on this platform write them. `Mod` is Command on Apple's, Control elsewhere. */
export function showKeys(keys: string, apple: boolean): string {
  const names: Readonly<Record<string, string>> = apple
    ? { Mod: "⌘", Shift: "⇧", Alt: "⌥", Enter: "↩" }
    : { Mod: "Ctrl" };
  return keys
    .split("+")
    .map((key) => names[key] ?? key)
    .join(apple ? "" : "+");
}

export function isApple(platform: string): boolean {
  return /mac|iphone|ipad/i.test(platform);
}

export interface ShortcutGroup {
  readonly name: string;
  readonly shortcuts: readonly { readonly does: string; readonly keys: string }[];
}

export const SHORTCUTS: readonly ShortcutGroup[] = [
  {
    name: "Text",
    shortcuts: [
      { does: "Bold", keys: "Mod+B" },
      { does: "Italic", keys: "Mod+I" },
      { does: "Underline", keys: "Mod+U" },
      { does: "Strikethrough", keys: "Mod+Shift+S" },
      { does: "Highlight", keys: "Mod+Shift+H" },
      { does: "Code", keys: "Mod+E" },
      { does: "Link", keys: "Mod+K" },
    ],
  },
  {
    name: "Blocks",
    shortcuts: [
      { does: "Normal text", keys: "Mod+Alt+0" },
      { does: "Heading 1, 2, 3", keys: "Mod+Alt+1…3" },
      { does: "Bulleted list", keys: "Mod+Shift+8" },
      { does: "Numbered list", keys: "Mod+Shift+7" },
      { does: "Task list", keys: "Mod+Shift+9" },
      { does: "Quote", keys: "Mod+Shift+B" },
      { does: "Code block", keys: "Mod+Alt+C" },
      { does: "Insert a block", keys: "/" },
    ],
  },
  {
    name: "Document",
    shortcuts: [
      { does: "Undo your last change", keys: "Mod+Z" },
      { does: "Redo", keys: "Mod+Shift+Z" },
      { does: "Line break", keys: "Shift+Enter" },
      { does: "Comment on the selection", keys: "Mod+Alt+M" },
      { does: "Print", keys: "Mod+P" },
      { does: "These shortcuts", keys: "Mod+/" },
    ],
  },
];

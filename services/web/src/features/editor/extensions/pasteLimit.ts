import { Extension } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";

/**
 * Most of a pasted text the editor takes at once, in bytes of UTF-8: what exceeds the server's limit for one message
 * (1 MiB by default) could never be saved.
 */
export const MAX_PASTE_BYTES = 500_000;

export function exceedsPasteLimit(text: string): boolean {
  // UTF-8 takes 1 to 3 bytes for each UTF-16 unit: most texts need not be encoded to know.
  if (text.length * 3 <= MAX_PASTE_BYTES) return false;
  return text.length > MAX_PASTE_BYTES || new TextEncoder().encode(text).length > MAX_PASTE_BYTES;
}

export const PasteLimit = Extension.create<{ onRefused: () => void }>({
  name: "pasteLimit",
  priority: 2000,

  addOptions() {
    return { onRefused: () => undefined };
  },

  addProseMirrorPlugins() {
    const { onRefused } = this.options;
    const refuse = (data: DataTransfer | null): boolean => {
      if (!exceedsPasteLimit(data?.getData("text/plain") ?? "")) return false;
      onRefused();
      return true;
    };
    return [
      new Plugin({
        props: {
          handlePaste: (_view, event) => refuse(event.clipboardData),
          handleDrop: (_view, event) => refuse(event.dataTransfer),
        },
      }),
    ];
  },
});

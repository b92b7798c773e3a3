import { Extension } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";

declare module "@tiptap/core" {
  interface Storage {
    fileDrop: {
      /** Takes files that were dropped or pasted at a position; null while nothing can be uploaded. */
      add: ((files: readonly File[], position: number) => void) | null;
      /** Asks for files, which go to the caret. */
      pick: (() => void) | null;
    };
  }
}

/** Word and the like put a picture of what is copied beside the text: then the text is meant. */
export function filesOf(data: DataTransfer | null): readonly File[] {
  if (!data || data.files.length === 0) return [];
  const html = data.getData("text/html");
  const isPictureAlone = /<img\b/i.test(html) && html.replace(/<[^>]*>/g, "").trim() === "";
  return html === "" || isPictureAlone ? [...data.files] : [];
}

/** Files that are dropped on the text or pasted into it are attached. */
export const FileDrop = Extension.create({
  name: "fileDrop",
  priority: 1900,

  addStorage() {
    return { add: null, pick: null };
  },

  addProseMirrorPlugins() {
    const { storage } = this.editor;
    return [
      new Plugin({
        props: {
          handlePaste: (view, event) => {
            const files = filesOf(event.clipboardData);
            const { add } = storage.fileDrop;
            if (files.length === 0 || add === null || !view.editable) return false;
            add(files, view.state.selection.to);
            return true;
          },
          handleDrop: (view, event, _slice, moved) => {
            const files = moved ? [] : [...(event.dataTransfer?.files ?? [])];
            const { add } = storage.fileDrop;
            if (files.length === 0) return false;
            // Without this the browser would open the file in place of the page.
            event.preventDefault();
            const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
            if (add !== null && view.editable) add(files, at?.pos ?? view.state.selection.to);
            return true;
          },
        },
      }),
    ];
  },
});

import type { Editor } from "@tiptap/core";
import { useCallback, useSyncExternalStore } from "react";

/** Whether some text is selected. */
export function useSelectedText(editor: Editor): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      editor.on("transaction", listener);
      return () => {
        editor.off("transaction", listener);
      };
    },
    [editor],
  );
  return useSyncExternalStore(subscribe, () => {
    const { from, to } = editor.state.selection;
    return from < to && editor.state.doc.textBetween(from, to, " ").trim() !== "";
  });
}

import type { Editor } from "@tiptap/core";
import { useEffect, useState } from "react";

/** Reading a long document at each key press would be felt. */
const QUIET_MS = 300;

/** What `read` makes of the document, renewed shortly after it changed. */
export function useEditorText<T>(editor: Editor, read: (editor: Editor) => T): T {
  const [value, setValue] = useState(() => read(editor));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(() => setValue(read(editor)), QUIET_MS);
    };
    setValue(read(editor));
    editor.on("update", later);
    return () => {
      clearTimeout(timer);
      editor.off("update", later);
    };
  }, [editor, read]);
  return value;
}

import type { Editor } from "@tiptap/core";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { setCommentMarks } from "@/features/editor/extensions/commentMarks";
import { rangeOf } from "@/features/editor/model/anchors";
import type { Thread } from "../api/useThreads";
import { type PlacedThread, sortThreads } from "../model/threads";

/** Finding every passage anew at each key press would be felt. */
const QUIET_MS = 300;

/** Threads in the order of their passages, which are drawn in the text for as long as this is used. */
export function usePlacedThreads(
  editor: Editor,
  threads: readonly Thread[],
  active: string | null,
  onChoose: (thread: string) => void,
): readonly PlacedThread[] {
  const [version, setVersion] = useState(0);
  const choose = useRef(onChoose);
  useEffect(() => {
    choose.current = onChoose;
  });

  useEffect(() => {
    editor.storage.commentMarks.onChoose = (thread) => choose.current(thread);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(() => setVersion((before) => before + 1), QUIET_MS);
    };
    editor.on("update", later);
    return () => {
      clearTimeout(timer);
      editor.off("update", later);
      // Leaving the page may have ended the editor already, and its storage with it.
      if (editor.isDestroyed) return;
      editor.storage.commentMarks.onChoose = null;
      editor.view.dispatch(setCommentMarks(editor.state.tr, []));
    };
  }, [editor]);

  useEffect(() => {
    if (editor.isDestroyed) return;
    const open = threads.filter(({ resolved_at }) => resolved_at === null);
    const marks = open.map(({ id, anchor }) => ({ thread: id, anchor, active: id === active }));
    editor.view.dispatch(setCommentMarks(editor.state.tr, marks));
  }, [editor, threads, active]);

  const place = useCallback(
    (_version: number) =>
      sortThreads(threads.map((thread) => ({ thread, range: rangeOf(editor.state, thread.anchor) }))),
    [editor, threads],
  );
  return useMemo(() => place(version), [place, version]);
}

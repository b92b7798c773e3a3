import { Extension } from "@tiptap/core";
import { type EditorState, Plugin, PluginKey, type Transaction } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { ySyncPluginKey } from "@tiptap/y-tiptap";
import { cx } from "@/shared/lib/cx";
import { type Anchor, rangeOf } from "../model/anchors";

export interface CommentMark {
  readonly thread: string;
  readonly anchor: Anchor;
  readonly active: boolean;
}

interface Marks {
  readonly marks: readonly CommentMark[];
  readonly drawn: DecorationSet;
}

const KEY = new PluginKey<Marks>("commentMarks");
const NONE: Marks = { marks: [], drawn: DecorationSet.empty };

declare module "@tiptap/core" {
  interface Storage {
    commentMarks: { onChoose: ((thread: string) => void) | null };
  }
}

/** Tells which passages to draw. */
export function setCommentMarks(transaction: Transaction, marks: readonly CommentMark[]): Transaction {
  return transaction.setMeta(KEY, marks).setMeta("addToHistory", false);
}

function draw(state: EditorState, transaction: Transaction, marks: readonly CommentMark[]): Marks {
  const decorations = marks.flatMap(({ thread, anchor, active }) => {
    const range = rangeOf(state, anchor, transaction.doc.content.size);
    const attributes = { class: cx("comment-mark", active && "comment-mark--active"), "data-thread": thread };
    return range ? [Decoration.inline(range.from, range.to, attributes)] : [];
  });
  return { marks, drawn: DecorationSet.create(transaction.doc, decorations) };
}

function isFromOthers(transaction: Transaction): boolean {
  return (
    (transaction.getMeta(ySyncPluginKey) as { isChangeOrigin?: boolean } | undefined)?.isChangeOrigin === true
  );
}

/**
 * Draws the passages that threads are about. They are no part of the text: whoever may only comment marks some, too.
 * One's own edits move them along; what others write comes as a whole new text, where they are found by their anchors.
 */
export const CommentMarks = Extension.create({
  name: "commentMarks",

  addStorage() {
    return { onChoose: null };
  },

  addProseMirrorPlugins() {
    const { storage } = this.editor;
    return [
      new Plugin<Marks>({
        key: KEY,
        state: {
          init: () => NONE,
          apply: (transaction, { marks, drawn }, before) => {
            const told = transaction.getMeta(KEY) as readonly CommentMark[] | undefined;
            if (told !== undefined) return draw(before, transaction, told);
            if (!transaction.docChanged || marks.length === 0) return { marks, drawn };
            if (isFromOthers(transaction)) return draw(before, transaction, marks);
            return { marks, drawn: drawn.map(transaction.mapping, transaction.doc) };
          },
        },
        props: {
          decorations: (state) => KEY.getState(state)?.drawn,
          handleClick: (_view, _position, event) => {
            const target = event.target instanceof Element ? event.target : null;
            const thread = target?.closest<HTMLElement>("[data-thread]")?.dataset.thread;
            if (thread !== undefined) storage.commentMarks.onChoose?.(thread);
            // The caret goes where it was clicked all the same.
            return false;
          },
        },
      }),
    ];
  },
});

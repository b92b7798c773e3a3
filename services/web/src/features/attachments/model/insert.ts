import type { Node } from "@tiptap/pm/model";
import type { EditorState, Transaction } from "@tiptap/pm/state";

/**
 * Puts a block where a position is: in place of an empty paragraph, else after the block around it. At the end of a text
 * a paragraph follows, so that one can go on writing. Returns the position after it too.
 */
export function insertBlock(
  state: EditorState,
  position: number,
  block: Node,
): { readonly transaction: Transaction; readonly after: number } {
  const { tr: transaction, doc, schema } = state;
  const place = doc.resolve(Math.max(0, Math.min(position, doc.content.size)));
  let from = place.pos;
  let to = place.pos;
  if (place.depth > 0 && place.parent.isTextblock) {
    const { depth } = place;
    const outer = place.node(depth - 1);
    const index = place.index(depth - 1);
    const isEmpty = place.parent.type.name === "paragraph" && place.parent.content.size === 0;
    if (isEmpty && outer.canReplaceWith(index, index + 1, block.type)) {
      from = place.before();
      to = place.after();
    } else {
      from = place.after();
      to = from;
    }
  }
  transaction.replaceWith(from, to, block);
  const after = from + block.nodeSize;
  const paragraph = schema.nodes.paragraph?.createAndFill();
  if (after === transaction.doc.content.size && paragraph) transaction.insert(after, paragraph);
  return { transaction, after };
}

import type { EditorState } from "@tiptap/pm/state";
import {
  absolutePositionToRelativePosition,
  relativePositionToAbsolutePosition,
  ySyncPluginKey,
} from "@tiptap/y-tiptap";
import * as Y from "yjs";

/** The passage a thread is about: positions of Yjs, which stay with the text whatever is written around it. */
export interface Anchor {
  readonly start: string;
  readonly end: string;
  readonly quote: string;
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** As the server allows. */
const MAX_QUOTE_CHARS = 500;

interface SyncState {
  readonly doc: Y.Doc;
  readonly type: Y.XmlFragment;
  readonly binding: { readonly mapping: Parameters<typeof absolutePositionToRelativePosition>[2] } | null;
}

function syncOf(state: EditorState): SyncState | null {
  const sync = ySyncPluginKey.getState(state) as SyncState | undefined;
  return sync?.binding ? sync : null;
}

/** The anchor of a passage; null while the text is not connected, and for a passage without text. */
export function anchorOf(state: EditorState, { from, to }: Range): Anchor | null {
  const sync = syncOf(state);
  const quote = state.doc.textBetween(from, to, " ").replace(/\s+/g, " ").trim();
  if (!sync?.binding || quote === "") return null;
  const { type, binding } = sync;
  return {
    start: encode(absolutePositionToRelativePosition(from, type, binding.mapping)),
    end: encode(absolutePositionToRelativePosition(to, type, binding.mapping)),
    quote: Array.from(quote).slice(0, MAX_QUOTE_CHARS).join(""),
  };
}

/**
 * Where a passage is in a text of `size`; null when it is gone. Anchors come from other people's programs: none is taken
 * for good.
 */
export function rangeOf(state: EditorState, anchor: Anchor, size = state.doc.content.size): Range | null {
  const sync = syncOf(state);
  if (!sync?.binding) return null;
  const { doc, type, binding } = sync;
  const [from, to] = [anchor.start, anchor.end].map((position) => {
    try {
      return relativePositionToAbsolutePosition(doc, type, decode(position), binding.mapping);
    } catch {
      return null;
    }
  });
  if (typeof from !== "number" || typeof to !== "number") return null;
  const end = Math.min(to, size);
  return from < end ? { from, to: end } : null;
}

/** A single position that stays with the text, as `positionOf` finds it again; null while the text is not connected. */
export function placeOf(state: EditorState, position: number): string | null {
  const sync = syncOf(state);
  if (!sync?.binding) return null;
  return encode(absolutePositionToRelativePosition(position, sync.type, sync.binding.mapping));
}

/** Null when it is gone. */
export function positionOf(state: EditorState, place: string): number | null {
  const sync = syncOf(state);
  if (!sync?.binding) return null;
  const found = relativePositionToAbsolutePosition(sync.doc, sync.type, decode(place), sync.binding.mapping);
  return found === null ? null : Math.min(found, state.doc.content.size);
}

function encode(position: Y.RelativePosition): string {
  return btoa(String.fromCharCode(...Y.encodeRelativePosition(position)));
}

function decode(position: string): Y.RelativePosition {
  return Y.decodeRelativePosition(Uint8Array.from(atob(position), (char) => char.charCodeAt(0)));
}

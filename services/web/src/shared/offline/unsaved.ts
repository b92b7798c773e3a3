import * as v from "valibot";

/**
 * Which documents have edits that only this device has. It lives in localStorage because every tab must know: the list
 * marks those documents, and signing out asks before it removes them.
 */
const Entry = v.object({
  /** The editing session that made the edits. */
  by: v.string(),
  /** When it last had unsaved edits, in milliseconds since 1970. */
  at: v.number(),
});
type Entry = v.InferOutput<typeof Entry>;

function prefix(userId: string): string {
  return `collab:unsaved:${userId}:`;
}

function readEntry(storage: Storage, key: string): Entry | null {
  try {
    const parsed = v.safeParse(Entry, JSON.parse(storage.getItem(key) ?? "null"));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** Ids of the documents `userId` has unsaved edits of, on this device. */
export function unsavedDocuments(storage: Storage, userId: string): string[] {
  const start = prefix(userId);
  return Object.keys(storage)
    .filter((key) => key.startsWith(start))
    .map((key) => key.slice(start.length));
}

export interface UnsavedMark {
  readonly storage: Storage;
  readonly userId: string;
  readonly documentId: string;
  readonly sessionId: string;
}

export function markUnsaved(mark: UnsavedMark, now: number): void {
  try {
    mark.storage.setItem(
      prefix(mark.userId) + mark.documentId,
      JSON.stringify({ by: mark.sessionId, at: now }),
    );
  } catch {
    // A full or forbidden storage costs the mark, not the edits.
  }
}

/**
 * Says that this session's document is saved. A mark another session left is removed only when its edits were on disk
 * before this session loaded them (`loadedAt`), since then they were saved along with its own.
 */
export function markSaved(mark: UnsavedMark, loadedAt: number | null): void {
  const key = prefix(mark.userId) + mark.documentId;
  const entry = readEntry(mark.storage, key);
  const covered = entry === null || entry.by === mark.sessionId || (loadedAt !== null && entry.at < loadedAt);
  if (covered) forgetUnsaved(mark);
}

export function forgetUnsaved({ storage, userId, documentId }: Omit<UnsavedMark, "sessionId">): void {
  storage.removeItem(prefix(userId) + documentId);
}

import * as v from "valibot";
import { forgetUnsaved, unsavedDocuments } from "./unsaved";

/** Copies of the documents opened last are kept; more would fill the device without end. */
const MAX_COPIES = 30;

const Recent = v.array(v.string());

/** Name of the IndexedDB database that holds one person's copy of one document. */
export function localCopyName(userId: string, documentId: string): string {
  return `collab:copy:${userId}:${documentId}`;
}

function recentKey(userId: string): string {
  return `collab:copies:${userId}`;
}

/** Whether IndexedDB can be used at all: private windows and policies forbid it, and it only says so when asked. */
export async function localCopiesWork(): Promise<boolean> {
  try {
    return Array.isArray(await indexedDB.databases());
  } catch {
    return false;
  }
}

/** Puts `id` first; what then exceeds `max` is dropped, except for what is `unsaved`. */
export function touchRecent(
  recent: readonly string[],
  id: string,
  unsaved: readonly string[],
  max = MAX_COPIES,
): { readonly kept: string[]; readonly dropped: string[] } {
  const ordered = [id, ...recent.filter((other) => other !== id)];
  const stays = (other: string, index: number) => index < max || unsaved.includes(other);
  return {
    kept: ordered.filter(stays),
    dropped: ordered.filter((other, index) => !stays(other, index)),
  };
}

/** Notes that a copy is in use and removes those not used for longest. */
export function rememberLocalCopy(userId: string, documentId: string): void {
  try {
    const stored = v.safeParse(Recent, JSON.parse(localStorage.getItem(recentKey(userId)) ?? "[]"));
    const recent = stored.success ? stored.output : [];
    const { kept, dropped } = touchRecent(recent, documentId, unsavedDocuments(localStorage, userId));
    localStorage.setItem(recentKey(userId), JSON.stringify(kept));
    for (const id of dropped) deleteLocalCopy(userId, id);
  } catch {
    // Without storage nothing is remembered, so nothing is removed either.
  }
}

/** Whoever has the database open closes it on hearing of this, so nothing has to wait for the deletion. */
export function deleteLocalCopy(userId: string, documentId: string): void {
  indexedDB.deleteDatabase(localCopyName(userId, documentId));
}

/** Removes everything `userId` left on this device. */
export async function deleteLocalCopies(userId: string): Promise<void> {
  for (const documentId of unsavedDocuments(localStorage, userId)) {
    forgetUnsaved({ storage: localStorage, userId, documentId });
  }
  localStorage.removeItem(recentKey(userId));
  if (!(await localCopiesWork())) return;
  const start = localCopyName(userId, "");
  for (const { name } of await indexedDB.databases()) {
    if (name?.startsWith(start)) indexedDB.deleteDatabase(name);
  }
}

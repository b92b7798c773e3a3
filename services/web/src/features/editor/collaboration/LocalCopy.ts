import { IndexeddbPersistence } from "y-indexeddb";
import type * as Y from "yjs";
import {
  deleteLocalCopy,
  localCopiesWork,
  localCopyName,
  rememberLocalCopy,
} from "@/shared/offline/localCopies";
import {
  forgetUnsaved,
  markSaved,
  markUnsaved,
  type UnsavedMark,
  unsavedDocuments,
} from "@/shared/offline/unsaved";

/** Opening a database can hang while another tab upgrades or deletes it; the server's copy need not wait for that. */
const LOAD_DEADLINE_MS = 3_000;

export interface LoadedCopy {
  readonly hasContent: boolean;
  /** Whether some of it never reached the server. */
  readonly unsaved: boolean;
}

/** One person's copy of one document on this device: what keeps edits over a reload when the server is away. */
export class LocalCopy {
  readonly #userId: string;
  readonly #documentId: string;
  readonly #mark: UnsavedMark;
  #persistence: IndexeddbPersistence | null = null;
  #asked = false;
  #loadedAt: number | null = null;

  constructor(userId: string, documentId: string) {
    this.#userId = userId;
    this.#documentId = documentId;
    this.#mark = { storage: localStorage, userId, documentId, sessionId: `${Date.now()}-${Math.random()}` };
  }

  /**
   * Brings the copy into `doc`, the first time it is asked to, and keeps it up to date from then on. Null when it was
   * loaded before and when the browser keeps nothing.
   */
  async load(doc: Y.Doc): Promise<LoadedCopy | null> {
    if (this.#asked) return null;
    this.#asked = true;
    if (!(await localCopiesWork())) return null;
    const unsaved = this.hasUnsaved();
    const loadedAt = Date.now();
    const persistence = new IndexeddbPersistence(localCopyName(this.#userId, this.#documentId), doc);
    this.#persistence = persistence;
    const inTime = await Promise.race([
      persistence.whenSynced.then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), LOAD_DEADLINE_MS)),
    ]);
    if (!inTime) return null;
    this.#loadedAt = loadedAt;
    rememberLocalCopy(this.#userId, this.#documentId);
    return { hasContent: doc.store.clients.size > 0, unsaved };
  }

  /** Whether a change of the document came from this copy rather than from the person. */
  isOrigin(origin: unknown): boolean {
    return origin !== null && origin !== undefined && origin === this.#persistence;
  }

  /** Notes for other tabs and later visits whether there are edits only this device has. */
  note(unsaved: boolean): void {
    if (unsaved) markUnsaved(this.#mark, Date.now());
    else markSaved(this.#mark, this.#loadedAt);
  }

  close(): void {
    void this.#persistence?.destroy();
  }

  /** Whether this device has edits, of this visit or an earlier one, that the server does not have. */
  hasUnsaved(): boolean {
    return unsavedDocuments(this.#mark.storage, this.#userId).includes(this.#documentId);
  }

  async clear(): Promise<void> {
    forgetUnsaved(this.#mark);
    await this.#persistence?.destroy();
    deleteLocalCopy(this.#userId, this.#documentId);
  }
}

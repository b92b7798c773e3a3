import { session as auth } from "@/features/auth/session";
import { fetchTicket } from "../api/fetchTicket";
import { collaborationUrl } from "../model/collaborationUrl";
import { CollaborationSession, type SessionOptions } from "./CollaborationSession";
import { LocalCopy } from "./LocalCopy";

/** After the page is left its last edits still have this long to be confirmed. */
const LINGER_MS = 10_000;

interface Entry {
  readonly session: CollaborationSession;
  users: number;
}

const open = new Map<string, Entry>();

/**
 * The session of a document, opened at first use and shared by whoever asks for it. Give it back with `release`.
 *
 * Leaving a document must not cut off what was just typed, and coming back at once should find it as it was: a session
 * nobody uses lives on until its edits are confirmed, within limits.
 */
export function acquire(documentId: string, userId: string): CollaborationSession {
  return acquireBy(`${userId}/${documentId}`, () => ({
    documentId,
    url: collaborationUrl(location, documentId),
    fetchTicket,
    localCopy: new LocalCopy(userId, documentId),
  }));
}

/** As `acquire`, for other ways to a document than one's own role; `key` names the way. */
export function acquireBy(key: string, makeOptions: () => SessionOptions): CollaborationSession {
  const existing = open.get(key);
  if (existing && existing.session.state.get().phase !== "ended") {
    existing.users += 1;
    return existing.session;
  }
  const session = new CollaborationSession(makeOptions());
  open.set(key, { session, users: 1 });
  return session;
}

export function release(session: CollaborationSession): void {
  const found = [...open].find(([, entry]) => entry.session === session);
  if (!found) {
    // It had ended, and a new one took its place.
    session.destroy();
    return;
  }
  const [key, entry] = found;
  entry.users -= 1;
  if (entry.users === 0) void closeWhenSettled(key, entry);
}

async function closeWhenSettled(key: string, entry: Entry): Promise<void> {
  // Not in this turn: React gives a session back and takes it again when it remounts a page.
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (entry.users === 0) await entry.session.settled(LINGER_MS);
  if (entry.users > 0) return;
  entry.session.destroy();
  if (open.get(key) === entry) open.delete(key);
}

auth.state.subscribe(() => {
  if (auth.state.get().status !== "anonymous") return;
  for (const { session } of open.values()) session.destroy();
  open.clear();
});

import { fetchTicket } from "@/features/editor/api/fetchTicket";
import { ApiError } from "@/shared/api/errors";

interface Held {
  readonly ticket: string;
  readonly goodUntil: number;
}

const MARGIN_MS = 30_000;
const MOST = 20;
const held = new Map<string, Held>();

/**
 * Does `use` with leave to open the document: versions are part of collaboration, which knows tickets only. One is kept
 * for as long as it is good; refused, another is fetched once, since the role may be another by now.
 */
export async function withTicket<T>(
  documentId: string,
  userId: string,
  use: (ticket: string) => Promise<T>,
  signal?: AbortSignal | null,
): Promise<T> {
  const key = `${userId}/${documentId}`;
  const known = held.get(key);
  if (known !== undefined && known.goodUntil > Date.now()) {
    try {
      return await use(known.ticket);
    } catch (error) {
      if (!(error instanceof ApiError && [401, 403].includes(error.status))) throw error;
      held.delete(key);
    }
  }
  const { ticket, expires_in_s } = await fetchTicket(documentId, signal ?? new AbortController().signal);
  held.delete(key);
  held.set(key, { ticket, goodUntil: Date.now() + expires_in_s * 1000 - MARGIN_MS });
  for (const oldest of [...held.keys()].slice(0, -MOST)) held.delete(oldest);
  return use(ticket);
}

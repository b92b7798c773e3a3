import * as v from "valibot";
import { authorized, session } from "@/features/auth/session";
import { ApiError } from "@/shared/api/errors";
import { request } from "@/shared/api/request";
import { Document, Ticket } from "@/shared/api/types";

const OpenedLink = v.object({
  ...Ticket.entries,
  document: v.object({ id: v.string(), title: v.string() }),
});
export type OpenedLink = v.InferOutput<typeof OpenedLink>;

const DEADLINE_MS = 10_000;

/**
 * Comes in by a share link: as oneself when somebody is signed in, as a guest otherwise. Each call brings a new ticket.
 * Raises ApiError (`no-such-link`, `link-password-needed`, `link-password-wrong`, …) or NetworkError.
 */
export function openLink(token: string, password: string | null, signal?: AbortSignal): Promise<OpenedLink> {
  const path = "/api/documents/links/open";
  const options = {
    method: "POST",
    body: password === null ? { token } : { token, password },
    signal,
    deadlineMs: DEADLINE_MS,
  } as const;
  return session.state.get().status === "signed-in"
    ? authorized(path, OpenedLink, options)
    : request(path, OpenedLink, options);
}

/** The document as one's own role shows it; null for whoever has none in it. */
export async function ownDocument(id: string, signal?: AbortSignal): Promise<Document | null> {
  try {
    return await authorized(`/api/documents/${encodeURIComponent(id)}`, Document, { signal });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

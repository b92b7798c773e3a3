import * as v from "valibot";
import { authorized, session } from "@/features/auth/session";
import { request } from "@/shared/api/request";
import { Ticket } from "@/shared/api/types";
import { guest } from "../model/guest";

const OpenedLink = v.object({
  ...Ticket.entries,
  document: v.object({ id: v.string(), title: v.string() }),
  /** Who one is there, in comments. */
  person: v.string(),
  name: v.string(),
  /** For comments and files; null where one's own role is as strong. */
  pass: v.nullable(v.string()),
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
    signal,
    deadlineMs: DEADLINE_MS,
  } as const;
  const body = password === null ? { token } : { token, password };
  return session.state.get().status === "signed-in"
    ? authorized(path, OpenedLink, { ...options, body })
    : request(path, OpenedLink, { ...options, body: { ...body, guest: guest() } });
}

/** What the client does when its connection ends; the table of close codes in docs/interfaces.md. */
export type Verdict =
  | { readonly kind: "retry" }
  /** The ticket was the problem: a new one may work at once. */
  | { readonly kind: "renew" }
  | { readonly kind: "end"; readonly reason: EndReason };

export type EndReason =
  | "deleted"
  | "removed"
  /** The server has no such document for this person: it never had, or no longer has. */
  | "unavailable"
  /** It went on as another state; what is here belongs to its former life, and merging both would double the text. */
  | "replaced"
  | "too-large"
  | "malformed"
  | "session-ended";

export function closeVerdict(code: number): Verdict {
  switch (code) {
    case 1009:
      return { kind: "end", reason: "too-large" };
    case 4400:
      return { kind: "end", reason: "malformed" };
    case 4401:
      return { kind: "renew" };
    case 4403:
      return { kind: "end", reason: "removed" };
    case 4404:
      return { kind: "end", reason: "deleted" };
    case 4409:
      return { kind: "end", reason: "replaced" };
    default:
      // 1000 from a server that closes one document, 1001, 1006, 1011, 1013, 4408 and whatever comes later.
      return { kind: "retry" };
  }
}

/**
 * The close code that a denial stands for. A client of a former life has a ticket that is good, so it is let in and then
 * denied, and its socket stays open; any other denial is about the ticket.
 */
export function deniedCode(reason: string): number {
  return reason === "document was replaced: reload" ? 4409 : 4401;
}

/** Whether a stateless message is the server's word that the document may not grow. */
export function saysFull(payload: string): boolean {
  return readMessage(payload).type === "document-too-large";
}

/** What a stateless message says is new beside the text (`title`, `comments`, …); null for any other message. */
export function newsTopic(payload: string): string | null {
  const { type, topic } = readMessage(payload);
  return type === "news" && typeof topic === "string" ? topic : null;
}

function readMessage(payload: string): { readonly type?: unknown; readonly topic?: unknown } {
  try {
    const message: unknown = JSON.parse(payload);
    return typeof message === "object" && message !== null ? message : {};
  } catch {
    return {};
  }
}

const FIRST_DELAY_MS = 400;
const MAX_DELAY_MS = 10_000;

/**
 * How long to wait before attempt number `attempt` (1 after the first failure): doubles up to 10 s, the upper half of it
 * random, so that the clients of a restarted server do not all return in the same instant.
 */
export function reconnectDelayMs(attempt: number, random: number): number {
  const full = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), MAX_DELAY_MS);
  return full / 2 + (full / 2) * random;
}

/** What a webhook can tell of, in the words of the interface and of people. */
export const EVENTS = [
  { value: "document.created", label: "A document is created" },
  { value: "document.renamed", label: "A document is renamed" },
  { value: "document.edited", label: "A document was edited, once it is left alone" },
  { value: "document.trashed", label: "A document goes to the trash" },
  { value: "document.restored", label: "A document comes back from the trash" },
  { value: "document.deleted", label: "A document is deleted for good" },
  { value: "member.changed", label: "Somebody’s or a team’s role changes" },
  { value: "comment.created", label: "Somebody comments" },
] as const;

const NAMED = 3;

/** A few by name, many by number. */
export function eventsText(events: readonly string[]): string {
  if (events.length === EVENTS.length) return "All events";
  return events.length <= NAMED ? events.join(", ") : `${events.length} of ${EVENTS.length} events`;
}

export const REACHES = [
  { value: "owned", label: "Documents I own" },
  { value: "editable", label: "Documents I own or may edit" },
] as const;
export type Reach = (typeof REACHES)[number]["value"];

const DISABLED: Readonly<Record<string, string>> = {
  "by-owner": "Paused by you.",
  failing: "Paused: nothing could be delivered for days.",
  gone: "Paused: the address answered that it is gone.",
  "secret-unreadable": "Paused: the server’s key has changed. Make a new secret, then resume.",
  "owner-changed": "Paused: it was made before the account’s address was proved. Resume it if it is yours.",
};

export function disabledReason(reason: string | null): string {
  return DISABLED[reason ?? ""] ?? "Paused.";
}

/** What is wrong with an address before the server looks at it; null when nothing is. */
export function addressFault(url: string): string | null {
  if (url.trim() === "") return "Enter the address that messages go to.";
  if (!URL.canParse(url.trim())) return "Enter a whole address, such as https://example.org/hook.";
  return null;
}

interface Attempted {
  readonly state: "pending" | "delivered" | "failed";
  readonly attempts: number;
  readonly status: number | null;
  readonly latency_ms: number | null;
  readonly error: string | null;
}

/** "Answered 500 after 120 ms · 3 attempts". */
export function outcome({ attempts, status, latency_ms, error }: Attempted): string {
  if (attempts === 0) return "Not tried yet";
  const took = latency_ms === null ? "" : ` after ${latency_ms} ms`;
  const said = status === null ? (error ?? "No answer") : `Answered ${status}${took}`;
  return `${said} · ${attempts === 1 ? "one attempt" : `${attempts} attempts`}`;
}

import type { EndReason } from "./connection";

export type SaveStateKind =
  | "opening"
  | "saved"
  | "saving"
  | "offline"
  | "reconnecting"
  | "read-only"
  | "not-saved"
  | "full"
  | EndReason;

export type SaveTone = "calm" | "busy" | "warning" | "danger";

export interface SaveState {
  readonly kind: SaveStateKind;
  readonly label: string;
  readonly tone: SaveTone;
  /** Whether closing the page now would leave edits which the server has not confirmed. */
  readonly unsaved: boolean;
}

export interface SaveFacts {
  readonly phase: "connecting" | "online" | "waiting" | "ended";
  readonly ended: EndReason | null;
  /** Null until the server, or an earlier visit, said so. */
  readonly writable: boolean | null;
  /** Whether there is content to show. */
  readonly opened: boolean;
  /** Edits the server has not confirmed. */
  readonly unsynced: number;
  /** Whether the server refused them because the document is as large as one may be. */
  readonly full: boolean;
  /** Failed attempts to connect since it last worked. */
  readonly failures: number;
  /** The browser's own opinion; it only tips the wording. */
  readonly browserOnline: boolean;
}

const ENDED: Readonly<Record<EndReason, string>> = {
  deleted: "Document was deleted",
  removed: "Access removed",
  unavailable: "No longer available",
  replaced: "Document was restored",
  "too-large": "Not saved: too large",
  malformed: "Not saved: refused by the server",
  "session-ended": "Signed out",
};

/** After this many failures in a row "reconnecting" would promise too much. */
const FAILURES_TO_OFFLINE = 3;

/** What the editor may say about its edits. "Saved" means: the server has confirmed every one of them. */
export function saveState(facts: SaveFacts): SaveState {
  const unsaved = facts.unsynced > 0 && facts.opened && facts.writable !== false;
  if (facts.ended !== null) {
    return { kind: facts.ended, label: ENDED[facts.ended], tone: "danger", unsaved: facts.unsynced > 0 };
  }
  if (!facts.opened || facts.writable === null) {
    const stuck = facts.failures >= FAILURES_TO_OFFLINE;
    return {
      kind: "opening",
      label: stuck ? "Cannot reach the server…" : "Opening…",
      tone: "busy",
      unsaved: false,
    };
  }
  if (facts.phase !== "online") return awayState(facts, unsaved);
  if (!facts.writable) return readOnlyState(facts.unsynced > 0);
  if (unsaved && facts.full) {
    return { kind: "full", label: "Not saved: the document is full. Shorten it", tone: "danger", unsaved };
  }
  return unsaved
    ? { kind: "saving", label: "Saving…", tone: "busy", unsaved }
    : { kind: "saved", label: "Saved", tone: "calm", unsaved };
}

function readOnlyState(leftovers: boolean): SaveState {
  return leftovers
    ? { kind: "not-saved", label: "Read-only: your last edits were not saved", tone: "danger", unsaved: true }
    : { kind: "read-only", label: "Read-only", tone: "calm", unsaved: false };
}

function awayState(facts: SaveFacts, unsaved: boolean): SaveState {
  const offline = !facts.browserOnline || facts.failures >= FAILURES_TO_OFFLINE;
  if (!offline) return { kind: "reconnecting", label: "Reconnecting…", tone: "warning", unsaved };
  const label = facts.writable
    ? "Offline – changes will be saved when you reconnect"
    : "Offline – this may not be the latest version";
  return { kind: "offline", label, tone: "warning", unsaved };
}

/** A saving that ends sooner than this would only flicker. */
const HOLD_SAVING_MS = 600;
/** A connection that is back sooner than this is no news, as long as nothing waits for it. */
const HOLD_SAVED_MS = 1_500;

/** How long to keep showing `shown` before `next`. Only good news waits: nothing is ever called saved that is not. */
export function holdMs(shown: SaveState, next: SaveState): number {
  if (next.unsaved) return 0;
  if (shown.kind === "saving" && next.kind === "saved") return HOLD_SAVING_MS;
  if (next.kind === "reconnecting" && (shown.kind === "saved" || shown.kind === "read-only"))
    return HOLD_SAVED_MS;
  return 0;
}

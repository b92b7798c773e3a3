import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { ApiError, isTransient, SessionEndedError } from "@/shared/api/errors";
import { canWrite, type Ticket } from "@/shared/api/types";
import { Store } from "@/shared/lib/store";
import {
  closeVerdict,
  deniedCode,
  type EndReason,
  newsTopic,
  reconnectDelayMs,
  saysFull,
} from "../model/connection";
import { Link } from "./Link";
import type { LocalCopy } from "./LocalCopy";

/** A connection that held this long was a good one: the next failure counts as the first again. */
const STABLE_MS = 5_000;
/** Edits unconfirmed for this long on a live connection: an answer was lost, and synchronising anew finds out. */
const CONFIRM_DEADLINE_MS = 20_000;
/** The server may ask for more patience than our own, up to here. */
const MAX_WISH_MS = 30_000;
/** The server keeps a connection for a minute after its ticket has expired, and asks for a new one meanwhile. */
const RENEWAL_DELAYS_MS = [1_000, 4_000, 10_000] as const;

export interface SessionSnapshot {
  readonly phase: "connecting" | "online" | "waiting" | "ended";
  readonly ended: EndReason | null;
  readonly writable: boolean | null;
  /** Whether the document's content is here, from the server or from this device. */
  readonly opened: boolean;
  /** This person's edits that the server has not confirmed. */
  readonly unsynced: number;
  readonly failures: number;
  /** The server keeps nothing more of it until it is shorter; cleared by the next edit that is confirmed. */
  readonly full: boolean;
}

export interface SessionOptions {
  readonly documentId: string;
  readonly url: string;
  readonly fetchTicket: (documentId: string, signal: AbortSignal) => Promise<Ticket>;
  /** Null where the browser keeps nothing. */
  readonly localCopy: LocalCopy | null;
  readonly random?: () => number;
}

/**
 * One document open in this tab: its content, who else is there, and a connection that is renewed until there is a
 * reason to stop. Each attempt starts with a ticket, so every attempt learns what this person may do now.
 */
export class CollaborationSession {
  readonly doc = new Y.Doc();
  readonly awareness = new Awareness(this.doc);
  readonly state = new Store<SessionSnapshot>({
    phase: "connecting",
    ended: null,
    writable: null,
    opened: false,
    unsynced: 0,
    failures: 0,
    full: false,
  });
  readonly #newsListeners = new Set<(topic: string) => void>();
  readonly #options: SessionOptions;
  readonly #provider: HocuspocusProvider;
  /** Fetched before the connection was opened, and given to it once. */
  #ticket: string | null = null;
  #renewal: Promise<string> | null = null;
  #link: Link | null = null;
  readonly #lifetime = new AbortController();
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #stableTimer: ReturnType<typeof setTimeout> | undefined;
  #confirmTimer: ReturnType<typeof setTimeout> | undefined;
  /** Whether `provider.unsyncedChanges` stands for edits; the synchronisation itself counts as one there. */
  #edited = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    // The provider asks for a socket now; each Link brings the one that is used.
    const placeholder = new HocuspocusProviderWebsocket({ url: options.url, autoConnect: false });
    this.#provider = new HocuspocusProvider({
      name: options.documentId,
      document: this.doc,
      awareness: this.awareness,
      token: () => this.#takeTicket(),
      websocketProvider: placeholder,
    });
    placeholder.destroy();
    this.#provider.on("unsyncedChanges", () => this.#countUnsynced());
    this.#provider.on("authenticated", ({ scope }: { scope: string }) => {
      this.#update({ writable: scope === "read-write" });
    });
    this.#provider.on("authenticationFailed", ({ reason }: { reason: string }) => {
      this.#link?.closeSoon(deniedCode(reason));
    });
    this.#provider.on("stateless", ({ payload }: { payload: string }) => {
      if (saysFull(payload)) this.#update({ full: this.state.get().unsynced > 0 });
      const topic = newsTopic(payload);
      if (topic !== null) for (const listener of [...this.#newsListeners]) listener(topic);
    });
    this.#provider.on("close", () => this.#link?.closeSoon(1000));
    this.doc.on("update", this.#onUpdate);
    window.addEventListener("online", this.retryNow);
    document.addEventListener("visibilitychange", this.#onVisible);
    void this.#connect();
  }

  /** Calls `listener` when the server says that something beside the text is new. Returns how to stop it. */
  readonly onNews = (listener: (topic: string) => void): (() => void) => {
    this.#newsListeners.add(listener);
    return () => this.#newsListeners.delete(listener);
  };

  /** Cuts a wait short: the network is back, or somebody is looking. */
  readonly retryNow = (): void => {
    if (this.state.get().phase === "waiting") void this.#connect();
  };

  /** Throws away what the server does not have; the session is over afterwards. */
  async discard(): Promise<void> {
    this.#edited = false;
    this.#update({ unsynced: 0 });
    this.destroy();
    await this.#options.localCopy?.clear();
  }

  /** Resolves when every edit is confirmed, the session has ended, or `timeoutMs` have passed. */
  settled(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        const { unsynced, phase } = this.state.get();
        return unsynced === 0 || phase === "ended";
      };
      if (done()) {
        resolve();
        return;
      }
      const finish = () => {
        clearTimeout(timer);
        unsubscribe();
        resolve();
      };
      const timer = setTimeout(finish, timeoutMs);
      const unsubscribe = this.state.subscribe(() => {
        if (done()) finish();
      });
    });
  }

  destroy(): void {
    if (this.#lifetime.signal.aborted) return;
    this.#lifetime.abort();
    window.removeEventListener("online", this.retryNow);
    document.removeEventListener("visibilitychange", this.#onVisible);
    this.#stopTimers();
    this.#link?.close(1000);
    this.#provider.destroy();
    this.#closeLocalCopy();
    this.doc.destroy();
  }

  #closeLocalCopy(): void {
    const copy = this.#options.localCopy;
    const { ended } = this.state.get();
    // A copy of a former life would be refused at every visit.
    if (ended === "deleted" || ended === "replaced") void copy?.clear();
    // Access may come back; until then only edits that exist nowhere else are a reason to keep the text here.
    else if ((ended === "removed" || ended === "unavailable") && !copy?.hasUnsaved()) void copy?.clear();
    else copy?.close();
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#retryTimer);
    this.#update({ phase: "connecting" });
    const { signal } = this.#lifetime;
    try {
      await this.#admit(await this.#options.fetchTicket(this.#options.documentId, signal));
    } catch (error) {
      if (!signal.aborted) this.#onTicketRefused(error);
      return;
    }
    if (signal.aborted) return;
    this.#link = new Link(this.#provider, this.#options.url, {
      onSynced: () => this.#onSynced(),
      onClosed: (code) => this.#onClosed(code),
    });
  }

  /**
   * The ticket for a new connection is at hand, so that nothing can be typed between opening it and signing in. Asked
   * again, the server wants a newer one.
   */
  #takeTicket(): Promise<string> {
    const ticket = this.#ticket;
    this.#ticket = null;
    if (ticket !== null) return Promise.resolve(ticket);
    this.#renewal ??= this.#renewTicket().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  /** Raises what the last try raised; the connection ends then, and the next one starts by finding out why. */
  async #renewTicket(): Promise<string> {
    const { fetchTicket, documentId } = this.#options;
    for (const delayMs of RENEWAL_DELAYS_MS) {
      try {
        return (await fetchTicket(documentId, this.#lifetime.signal)).ticket;
      } catch (error) {
        if (!isTransient(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
    return (await fetchTicket(documentId, this.#lifetime.signal)).ticket;
  }

  /** Takes over what a ticket says; a writer's own copy is loaded before the server's state is merged with it. */
  async #admit(ticket: Ticket): Promise<void> {
    this.#ticket = ticket.ticket;
    const writable = canWrite(ticket.role);
    this.#update({ writable });
    const copy = this.#options.localCopy;
    if (!(writable && copy) || this.#lifetime.signal.aborted) return;
    const loaded = await copy.load(this.doc);
    if (this.#lifetime.signal.aborted || !loaded) return;
    this.#edited ||= loaded.unsaved;
    if (loaded.hasContent) this.#update({ opened: true });
    this.#countUnsynced();
  }

  #onTicketRefused(error: unknown): void {
    if (error instanceof SessionEndedError) this.#end("session-ended");
    else if (error instanceof ApiError && error.status === 404) this.#end("unavailable");
    // 401 is a link's: it asks for another password now. One's own session ends as a SessionEndedError.
    else if (error instanceof ApiError && [401, 403].includes(error.status)) this.#end("removed");
    else this.#retryLater(error instanceof ApiError ? error.problem.retryAfterS : null);
  }

  #onSynced(): void {
    // Emitted again when the count of unsynced changes returns to zero; only the first one opens the document.
    if (this.state.get().phase === "online") return;
    this.#update({ phase: "online", opened: true });
    this.#stableTimer = setTimeout(() => this.#update({ failures: 0 }), STABLE_MS);
    this.#countUnsynced();
  }

  #onClosed(code: number): void {
    this.#link = null;
    if (this.#lifetime.signal.aborted) return;
    const verdict = closeVerdict(code);
    if (verdict.kind === "end") this.#end(verdict.reason);
    else this.#retryLater(null, { atOnce: verdict.kind === "renew" && this.state.get().failures === 0 });
  }

  #retryLater(wishedS: number | null, { atOnce } = { atOnce: false }): void {
    this.#stopTimers();
    const failures = this.state.get().failures + 1;
    this.#update({ phase: "waiting", failures });
    const random = (this.#options.random ?? Math.random)();
    const wishedMs = Math.min((wishedS ?? 0) * 1000, MAX_WISH_MS);
    const delay = atOnce ? 0 : Math.max(reconnectDelayMs(failures, random), wishedMs);
    this.#retryTimer = setTimeout(() => void this.#connect(), delay);
  }

  #end(reason: EndReason): void {
    this.#stopTimers();
    this.#update({ phase: "ended", ended: reason });
    this.awareness.setLocalState(null);
  }

  #countUnsynced(): void {
    const count = this.#provider.unsyncedChanges;
    if (count === 0 && this.state.get().phase === "online") this.#edited = false;
    const unsynced = this.#edited ? count : 0;
    this.#update(unsynced === 0 ? { unsynced, full: false } : { unsynced });
    clearTimeout(this.#confirmTimer);
    if (unsynced > 0 && this.#link && this.state.get().writable) {
      this.#confirmTimer = setTimeout(() => this.#link?.close(1006), CONFIRM_DEADLINE_MS);
    }
  }

  readonly #onUpdate = (_update: Uint8Array, origin: unknown) => {
    if (origin === this.#provider || this.#options.localCopy?.isOrigin(origin)) return;
    this.#edited = true;
    this.#countUnsynced();
  };

  readonly #onVisible = () => {
    if (document.visibilityState === "visible") this.retryNow();
  };

  #stopTimers(): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#stableTimer);
    clearTimeout(this.#confirmTimer);
  }

  #update(change: Partial<SessionSnapshot>): void {
    if (this.#lifetime.signal.aborted) return;
    const before = this.state.get();
    const changed = Object.entries(change).some(
      ([key, value]) => before[key as keyof SessionSnapshot] !== value,
    );
    if (!changed) return;
    const next = { ...before, ...change };
    this.state.set(next);
    if (next.unsynced !== before.unsynced) this.#options.localCopy?.note(next.unsynced > 0);
  }
}

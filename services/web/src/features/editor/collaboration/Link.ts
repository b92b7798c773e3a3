import { type HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";

/** From opening the socket to the first complete synchronisation. */
const OPEN_DEADLINE_MS = 15_000;
/** Nothing heard for this long, not even the echo of our own presence every 15 s: the connection is dead. */
const SILENCE_MS = 35_000;

/** How long the server has to close the connection, and so to say why, once it has ended the document on it. */
const LAST_WORD_MS = 1_000;

interface LinkEvents {
  readonly onSynced: () => void;
  /** Called once, whoever ended it; 1006 when nobody said why. */
  readonly onClosed: (code: number) => void;
}

/**
 * One connection: it opens, synchronises, and ends; it never comes back, its successor does.
 *
 * The library's own reconnecting is switched off because it looks at no close code, and because its socket queues what
 * is typed while there is no connection. Those queued updates are sent on top of the synchronisation that carries the
 * same edits, and their acknowledgements then make the count of unsaved edits reach zero too early. So the provider is
 * attached to a socket only while that is open, and `provider.unsyncedChanges` stays the truth.
 */
export class Link {
  readonly #provider: HocuspocusProvider;
  readonly #socket: HocuspocusProviderWebsocket;
  readonly #events: LinkEvents;
  readonly #deadline: ReturnType<typeof setTimeout>;
  #lastWord: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(provider: HocuspocusProvider, url: string, events: LinkEvents) {
    this.#provider = provider;
    this.#events = events;
    this.#socket = new HocuspocusProviderWebsocket({
      url,
      autoConnect: false,
      maxAttempts: 1,
      messageReconnectTimeout: SILENCE_MS,
      onOpen: () => queueMicrotask(() => this.#attach()),
      onDisconnect: ({ event }) => this.close(event.code),
      onMaxAttemptsFailed: () => this.close(1006),
    });
    this.#deadline = setTimeout(() => this.close(1006), OPEN_DEADLINE_MS);
    provider.on("synced", this.#onSynced);
    provider.setConfiguration({ name: provider.configuration.name, websocketProvider: this.#socket });
    void this.#socket.connect();
  }

  /** The server ended the document on this connection; unless it closes with a code of its own, `code` is why. */
  closeSoon(code: number): void {
    this.#lastWord ??= setTimeout(() => this.close(code), LAST_WORD_MS);
  }

  close(code: number): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#lastWord);
    this.#provider.off("synced", this.#onSynced);
    this.#provider.detach();
    this.#provider.onClose();
    this.#socket.destroy();
    this.#events.onClosed(code);
  }

  /** Attaching to an open socket makes the provider send its ticket and start to synchronise, in this same turn. */
  #attach(): void {
    if (!this.#closed) this.#provider.attach();
  }

  readonly #onSynced = () => {
    clearTimeout(this.#deadline);
    this.#events.onSynced();
  };
}

// @vitest-environment jsdom
import "@/test/dom";
import { Server } from "@hocuspocus/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import type * as Y from "yjs";
import { ApiError, NetworkError, SessionEndedError } from "@/shared/api/errors";
import type { Role, Ticket } from "@/shared/api/types";
import { localCopyName } from "@/shared/offline/localCopies";
import { unsavedDocuments } from "@/shared/offline/unsaved";
import { CollaborationSession, type SessionSnapshot } from "./CollaborationSession";
import { LocalCopy } from "./LocalCopy";

// The reference server of the protocol, on a port of its own; what it cannot be made to do, its hooks do for it.

const DOCUMENT = "018f0000-0000-7000-8000-000000000001";

let server: Server;
let readOnly: boolean;
let refuseTicket: boolean;
let refusal: string | undefined;
let loading: Promise<void>;
const sessions: CollaborationSession[] = [];

function problem(status: number): ApiError {
  return new ApiError({
    status,
    slug: "x",
    title: "",
    detail: "",
    fields: [],
    requestId: null,
    retryAfterS: null,
  });
}

const fetchTicket = vi.fn<(id: string, signal: AbortSignal) => Promise<Ticket>>();

function ticket(role: Role): Ticket {
  return { ticket: `ticket of ${role}`, role, expires_in_s: 300, path: `/collaboration/${DOCUMENT}` };
}

function open(localCopy: LocalCopy | null = null): CollaborationSession {
  const session = new CollaborationSession({
    documentId: DOCUMENT,
    url: server.webSocketURL,
    fetchTicket,
    localCopy,
    random: () => 0,
  });
  sessions.push(session);
  return session;
}

/** On a busy machine what has to happen may take longer than vitest's second. */
const soon = { timeout: 15_000 };

/** Sees every state the session passes through, however briefly. */
function until(session: CollaborationSession, reached: (state: SessionSnapshot) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const check = () => {
      if (!reached(session.state.get())) return;
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const timer = setTimeout(() => reject(new Error(`still ${JSON.stringify(session.state.get())}`)), 15_000);
    const unsubscribe = session.state.subscribe(check);
    check();
  });
}

const saved = (state: SessionSnapshot) => state.phase === "online" && state.unsynced === 0;
const text = (document: Y.Doc | undefined) => document?.getText("t").toString();
const write = (session: CollaborationSession, words: string) => {
  const target = session.doc.getText("t");
  target.insert(target.length, words);
};
const serverDocument = () => server.hocuspocus.documents.get(DOCUMENT);

/** Ends every connection as the server would, with a code. */
function closeAll(code: number): void {
  for (const connection of serverDocument()?.getConnections() ?? []) {
    connection.webSocket.close(code, "test");
  }
}

beforeEach(async () => {
  // jsdom's own cannot connect: it mixes its events with those of Node.
  vi.stubGlobal("WebSocket", WebSocket);
  readOnly = false;
  refuseTicket = false;
  refusal = undefined;
  loading = Promise.resolve();
  fetchTicket.mockReset().mockImplementation(() => Promise.resolve(ticket("editor")));
  server = new Server({
    port: 0,
    address: "127.0.0.1",
    quiet: true,
    stopOnSignals: false,
    unloadImmediately: false,
    onAuthenticate: async ({ connectionConfig }) => {
      await loading;
      if (refuseTicket) throw Object.assign(new Error("refused"), { reason: refusal });
      connectionConfig.readOnly = readOnly;
    },
  });
  await server.listen();
});

afterEach(async () => {
  vi.unstubAllGlobals();
  for (const session of sessions.splice(0)) session.destroy();
  await server.destroy();
});

describe("opening", () => {
  it("synchronises two people", async () => {
    const [ada, lin] = [open(), open()];
    await until(ada, saved);
    await until(lin, saved);
    write(ada, "Hello ");
    write(lin, "there");
    await until(ada, saved);
    await until(lin, saved);
    await vi.waitFor(() => expect(text(ada.doc)).toBe(text(lin.doc)), soon);
    expect(text(serverDocument())).toBe(text(ada.doc));
  });

  it("keeps trying, and tells how often it failed", async () => {
    fetchTicket.mockRejectedValueOnce(new NetworkError("away")).mockRejectedValueOnce(problem(503));
    const session = open();
    await until(session, ({ failures, phase }) => failures === 2 && phase === "waiting");
    await until(session, saved);
  });

  it("ends when there is nothing to open", async () => {
    fetchTicket.mockRejectedValue(problem(404));
    const session = open();
    await until(session, ({ ended }) => ended === "unavailable");
    expect(fetchTicket).toHaveBeenCalledTimes(1);
  });

  it("ends with the session of the person", async () => {
    fetchTicket.mockRejectedValue(new SessionEndedError());
    const session = open();
    await until(session, ({ ended }) => ended === "session-ended");
  });

  it("is read-only when the server says so, whatever the ticket said", async () => {
    readOnly = true;
    const session = open();
    await until(session, ({ phase }) => phase === "online");
    expect(session.state.get()).toMatchObject({ writable: false, unsynced: 0 });
  });

  it("ends when the document went on as another state, though the socket stays open", async () => {
    refuseTicket = true;
    refusal = "document was replaced: reload";
    const session = open();
    await until(session, ({ ended }) => ended === "replaced");
    expect(fetchTicket).toHaveBeenCalledTimes(1);
  });

  it("fetches another ticket when the server refuses the first", async () => {
    refuseTicket = true;
    const session = open();
    await vi.waitFor(() => expect(fetchTicket).toHaveBeenCalledTimes(2), soon);
    refuseTicket = false;
    await until(session, saved);
  });
});

describe("losing the connection", () => {
  it("says that the document is full until an edit is confirmed", async () => {
    const session = open();
    await until(session, saved);
    let release: (value?: unknown) => void = () => {};
    server.hocuspocus.configuration.beforeHandleMessage = () => new Promise((resolve) => (release = resolve));
    write(session, "one word too many");
    await until(session, (state) => state.unsynced > 0);
    const connections = serverDocument()?.getConnections() ?? [];
    for (const connection of connections)
      connection.sendStateless('{"type":"document-too-large","max_bytes":1}');
    await until(session, (state) => state.full);
    for (const connection of connections) connection.sendStateless("of somebody's own");
    release();
    await until(session, (state) => saved(state) && !state.full);
  });

  it.each([1001, 1011, 1013, 4401, 4408])(
    "comes back after %d with a new ticket, and with what was written meanwhile",
    async (code) => {
      const session = open();
      await until(session, saved);
      closeAll(code);
      await until(session, ({ phase }) => phase !== "online");
      write(session, "meanwhile");
      expect(session.state.get().unsynced).toBeGreaterThan(0);
      await until(session, saved);
      expect(text(serverDocument())).toBe("meanwhile");
      expect(fetchTicket).toHaveBeenCalledTimes(2);
    },
  );

  it.each([
    [1009, "too-large"],
    [4400, "malformed"],
    [4403, "removed"],
    [4404, "deleted"],
    [4409, "replaced"],
  ] as const)("does not come back after %d", async (code, reason) => {
    const session = open();
    await until(session, saved);
    closeAll(code);
    await until(session, ({ ended }) => ended === reason);
    session.retryNow();
    expect(session.state.get().phase).toBe("ended");
    expect(fetchTicket).toHaveBeenCalledTimes(1);
  });

  it("never calls edits saved that the server has not seen, however many were made while away", async () => {
    const session = open();
    await until(session, saved);
    fetchTicket.mockRejectedValue(new NetworkError("away"));
    closeAll(1011);
    await until(session, ({ phase }) => phase === "waiting");
    for (let index = 0; index < 50; index += 1) write(session, "x");
    const lies: (string | undefined)[] = [];
    session.state.subscribe(() => {
      if (saved(session.state.get()) && text(serverDocument())?.length !== 50)
        lies.push(text(serverDocument()));
    });
    fetchTicket.mockImplementation(() => Promise.resolve(ticket("editor")));
    session.retryNow();
    await until(session, saved);
    expect(text(serverDocument())).toBe("x".repeat(50));
    expect(lies).toEqual([]);
  });

  it("counts what is typed before the server lets it in", async () => {
    let admit: () => void = () => undefined;
    loading = new Promise((resolve) => {
      admit = resolve;
    });
    const session = open();
    await vi.waitFor(() => expect(fetchTicket).toHaveBeenCalled(), soon);
    write(session, "early");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(session.state.get().unsynced).toBeGreaterThan(0);
    admit();
    await until(session, saved);
    expect(text(serverDocument())).toBe("early");
  });

  it("tries at once when the network is back", async () => {
    const session = open();
    await until(session, saved);
    fetchTicket.mockRejectedValue(new NetworkError("away"));
    closeAll(1011);
    await until(session, ({ failures, phase }) => failures >= 2 && phase === "waiting");
    fetchTicket.mockImplementation(() => Promise.resolve(ticket("editor")));
    const calls = fetchTicket.mock.calls.length;
    window.dispatchEvent(new Event("online"));
    expect(fetchTicket.mock.calls.length).toBe(calls + 1);
    await until(session, saved);
  });
});

describe("settled", () => {
  it("waits for the last edits, and not for ever", async () => {
    const session = open();
    await until(session, saved);
    write(session, "last words");
    await session.settled(5_000);
    expect(text(serverDocument())).toBe("last words");
    fetchTicket.mockRejectedValue(new NetworkError("away"));
    closeAll(1011);
    await until(session, ({ phase }) => phase === "waiting");
    write(session, "!");
    await session.settled(20);
    expect(session.state.get().unsynced).toBeGreaterThan(0);
  });
});

describe("the copy on this device", () => {
  const copy = () => new LocalCopy("u1", DOCUMENT);
  const marks = () => unsavedDocuments(localStorage, "u1");
  const databases = async () => (await indexedDB.databases()).map(({ name }) => name);

  afterEach(() => {
    indexedDB.deleteDatabase(localCopyName("u1", DOCUMENT));
  });

  it("keeps edits over a reload and brings them to the server", async () => {
    const before = open(copy());
    await until(before, saved);
    fetchTicket.mockRejectedValue(new NetworkError("away"));
    closeAll(1011);
    await until(before, ({ phase }) => phase === "waiting");
    write(before, "not lost");
    expect(marks()).toEqual([DOCUMENT]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    before.destroy();

    fetchTicket.mockImplementation(() => Promise.resolve(ticket("editor")));
    const after = open(copy());
    await until(after, ({ opened }) => opened);
    await until(after, saved);
    expect(text(after.doc)).toBe("not lost");
    expect(text(serverDocument())).toBe("not lost");
    expect(marks()).toEqual([]);
  });

  it("does not call old edits new at every reconnection", async () => {
    localStorage.setItem(`collab:unsaved:u1:${DOCUMENT}`, JSON.stringify({ by: "an earlier visit", at: 1 }));
    const session = open(copy());
    await until(session, saved);
    const seen: number[] = [];
    session.state.subscribe(() => seen.push(session.state.get().unsynced));
    closeAll(1001);
    await until(session, ({ phase }) => phase !== "online");
    await until(session, saved);
    expect(Math.max(...seen)).toBe(0);
  });

  it("is not kept for readers, and goes when the document is deleted", async () => {
    fetchTicket.mockImplementation(() => Promise.resolve(ticket("viewer")));
    readOnly = true;
    const reader = open(copy());
    await until(reader, ({ phase }) => phase === "online");
    expect(await databases()).not.toContain(localCopyName("u1", DOCUMENT));
    reader.destroy();

    fetchTicket.mockImplementation(() => Promise.resolve(ticket("editor")));
    readOnly = false;
    const writer = open(copy());
    await until(writer, saved);
    expect(await databases()).toContain(localCopyName("u1", DOCUMENT));
    closeAll(4404);
    await until(writer, ({ ended }) => ended === "deleted");
    writer.destroy();
    await vi.waitFor(
      async () => expect(await databases()).not.toContain(localCopyName("u1", DOCUMENT)),
      soon,
    );
  });

  it("is not sent again once the document went on as another state", async () => {
    const before = open(copy());
    await until(before, saved);
    write(before, "of the server");
    await until(before, saved);
    closeAll(4409);
    await until(before, ({ ended }) => ended === "replaced");
    write(before, ", and only here");
    expect(before.state.get().phase).toBe("ended");
    await before.discard();
    await vi.waitFor(
      async () => expect(await databases()).not.toContain(localCopyName("u1", DOCUMENT)),
      soon,
    );
    expect(marks()).toEqual([]);

    const after = open(copy());
    await until(after, saved);
    expect(text(after.doc)).toBe("of the server");
    expect(text(serverDocument())).toBe("of the server");
  });
});

it("passes on what the server says is new beside the text", async () => {
  const session = open();
  await until(session, saved);
  const topics: string[] = [];
  const stop = session.onNews((topic) => topics.push(topic));
  serverDocument()?.broadcastStateless('{"type":"something-else"}');
  serverDocument()?.broadcastStateless('{"type":"news","topic":"comments"}');
  await vi.waitFor(() => expect(topics).toEqual(["comments"]), soon);
  stop();
});

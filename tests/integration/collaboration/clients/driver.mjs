// Drives real clients for the tests: one JSON command a line on standard input, one JSON answer a line on standard output.
// Every answer carries the `id` of its command and either `result` or `error`.

import { createInterface } from "node:readline";
import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import WebSocket from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

const clients = new Map();
const sockets = new Map();

class Client {
  doc = new Y.Doc();
  events = [];

  get text() {
    return this.doc.getText("text");
  }

  note(name, detail) {
    this.events.push({ name, ...detail });
  }
}

class Hocuspocus extends Client {
  constructor({ url, document, ticket, socket, sessionAware }) {
    super();
    this.ticket = ticket;
    const transport = socket ? { websocketProvider: sockets.get(socket) } : { websocketProvider: newSocket(url) };
    this.ownSocket = socket ? undefined : transport.websocketProvider;
    this.provider = new HocuspocusProvider({
      ...transport,
      name: document,
      document: this.doc,
      token: () => this.ticket,
      sessionAwareness: sessionAware ?? false,
      onSynced: () => this.note("synced"),
      onAuthenticated: ({ scope }) => this.note("authenticated", { scope }),
      onAuthenticationFailed: ({ reason }) => this.note("denied", { reason }),
      onClose: ({ event }) => this.note("close", { code: event.code, reason: event.reason }),
    });
    this.provider.attach();
  }

  state() {
    return {
      synced: this.provider.isSynced,
      unsynced: this.provider.unsyncedChanges,
      scope: this.provider.authorizedScope,
    };
  }

  get awareness() {
    return this.provider.awareness;
  }

  destroy() {
    this.provider.destroy();
    this.ownSocket?.destroy();
  }
}

class YWebsocket extends Client {
  constructor({ url, document, ticket }) {
    super();
    this.provider = new WebsocketProvider(url, document, this.doc, {
      params: ticket === undefined ? {} : { ticket },
      WebSocketPolyfill: WebSocket,
      disableBc: true,
      maxBackoffTime: 500,
    });
    this.provider.on("sync", (synced) => this.note("synced", { synced }));
    this.provider.on("connection-close", (event) => this.note("close", { code: event?.code, reason: event?.reason }));
    this.provider.on("closed", ({ code, reason }) => this.note("closed for good", { code, reason }));
  }

  state() {
    return { synced: this.provider.synced };
  }

  get awareness() {
    return this.provider.awareness;
  }

  destroy() {
    this.provider.destroy();
  }
}

function newSocket(url) {
  return new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket, delay: 100, minDelay: 100, maxDelay: 500 });
}

const commands = {
  socket({ name, url }) {
    sockets.set(name, newSocket(url));
  },
  connect({ client, kind, ...options }) {
    clients.set(client, kind === "hocuspocus" ? new Hocuspocus(options) : new YWebsocket(options));
  },
  insert({ client, at, text }) {
    const target = clients.get(client).text;
    target.insert(at ?? target.length, text);
  },
  type({ client, text, everyMs }) {
    // One transaction a character, as a person types.
    const target = clients.get(client).text;
    let at = 0;
    const timer = setInterval(() => {
      target.insert(target.length, text[at]);
      at += 1;
      if (at === text.length) clearInterval(timer);
    }, everyMs);
  },
  remove({ client, at, length }) {
    clients.get(client).text.delete(at, length);
  },
  rich({ client }) {
    // Every kind of content that Yjs has.
    const { doc } = clients.get(client);
    doc.transact(() => {
      const fragment = doc.getXmlFragment("prosemirror");
      const paragraph = new Y.XmlElement("paragraph");
      const words = new Y.XmlText("grüße 🎉 ");
      fragment.insert(0, [paragraph]);
      paragraph.insert(0, [words]);
      words.format(0, 3, { bold: true, link: { href: "https://example.org" } });
      words.insertEmbed(2, { image: "x" });
      const map = doc.getMap("map");
      map.set("nested", new Y.Map([["deep", new Y.Array()]]));
      map.set("any", { a: [1, -2, 3.5, 2 ** 40, null, true, undefined, "s", new Uint8Array([1, 2])] });
      map.set("big", 12345678901234567890n);
      map.set("binary", new Uint8Array([0, 255]));
      map.set("subdocument", new Y.Doc({ guid: "inner", meta: { x: 1 } }));
      doc.getArray("array").insert(0, ["a", 1, { b: 2 }, new Y.Text("t")]);
    });
  },
  presence({ client, state }) {
    clients.get(client).awareness.setLocalStateField("user", state);
  },
  ticket({ client, ticket }) {
    clients.get(client).ticket = ticket;
  },
  state({ client }) {
    const found = clients.get(client);
    return {
      ...found.state(),
      text: found.text.toString(),
      xml: found.doc.getXmlFragment("prosemirror").toString(),
      map: found.doc.getMap("map").toJSON().any === undefined ? 0 : 1,
      pending: found.doc.store.pendingStructs !== null,
      people: [...found.awareness.getStates().values()].map((state) => state.user).filter(Boolean).sort(),
      vector: Buffer.from(Y.encodeStateVector(found.doc)).toString("hex"),
      events: found.events,
    };
  },
  update({ client }) {
    return Buffer.from(Y.encodeStateAsUpdate(clients.get(client).doc)).toString("base64");
  },
  close({ client }) {
    clients.get(client).destroy();
    clients.delete(client);
  },
};

console.error = () => {};
for await (const line of createInterface({ input: process.stdin })) {
  const { id, command, ...options } = JSON.parse(line);
  try {
    const result = commands[command](options);
    process.stdout.write(`${JSON.stringify({ id, result: result ?? null })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ id, error: String(error) })}\n`);
  }
}
process.exit(0);

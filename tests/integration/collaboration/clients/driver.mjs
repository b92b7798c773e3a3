// Drives real clients for the tests: one JSON command a line on standard input, one JSON answer a line on standard output.
// Every answer carries the `id` of its command and either `result` or `error`.

import { createInterface } from "node:readline";
import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import WebSocket from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

// y-websocket's resync looks for it there, whatever it was given.
globalThis.WebSocket ??= WebSocket;

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
      onStateless: ({ payload }) => this.note("stateless", { payload }),
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

  disconnect() {
    this.ownSocket.disconnect();
  }

  reconnect() {
    this.ownSocket.connect();
  }

  destroy() {
    this.provider.destroy();
    this.ownSocket?.destroy();
  }
}

class YWebsocket extends Client {
  constructor({ url, document, ticket, resyncMs }) {
    super();
    this.provider = new WebsocketProvider(url, document, this.doc, {
      params: ticket === undefined ? {} : { ticket },
      WebSocketPolyfill: WebSocket,
      disableBc: true,
      resyncInterval: resyncMs ?? -1,
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

  disconnect() {
    this.provider.disconnect();
  }

  reconnect() {
    this.provider.connect();
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
  line({ client, block, text }) {
    // Writes at the end of a paragraph of the editor's text; a new last one where there is none of that number.
    const { doc } = clients.get(client);
    const fragment = doc.getXmlFragment("default");
    doc.transact(() => {
      if (block >= fragment.length) {
        const paragraph = new Y.XmlElement("paragraph");
        paragraph.insert(0, [new Y.XmlText()]);
        fragment.push([paragraph]);
      }
      const words = fragment.get(Math.min(block, fragment.length - 1)).get(0);
      words.insert(words.length, text);
    });
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
  edit({ client, seed }) {
    // A change of some kind; `seed` draws which, and where.
    const { doc } = clients.get(client);
    const [kind, at, what] = [seed % 7, (seed >> 3) % 97, (seed >> 10) % 5];
    const text = doc.getText("text");
    const words = ["a", "grüße ", "漢🎉字", "\n", "<b>&"];
    const inside = (length) => (length === 0 ? 0 : at % length);
    // As editors do, never between the two halves of a character: `yrs` and Yjs would not agree on what is left.
    const units = text.toString();
    const isPair = (place) => /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(units.slice(place, place + 2));
    const before = (place) => (place > 0 && isPair(place - 1) ? place - 1 : place);
    const one = before(inside(text.length - 1));
    const width = isPair(one) ? 2 : 1;
    const fragment = doc.getXmlFragment("xml");
    const paragraph = () => {
      const element = new Y.XmlElement("paragraph");
      element.setAttribute("level", String(what));
      // `richedits.py` formats one byte at the beginning: within a character, `yrs` makes an item between two parents of it.
      element.insert(0, [new Y.XmlText(`p${words[what]}`)]);
      return element;
    };
    doc.transact(() => {
      if (kind === 0 || text.length < 3) text.insert(before(inside(text.length + 1)), words[what]);
      else if (kind === 1) text.delete(one, width);
      else if (kind === 2) text.format(one, width, { bold: what % 2 ? true : null });
      else if (kind === 3) doc.getMap("map").set("xyz"[at % 3], [new Y.Map([["n", what]]), new Y.Doc({ guid: "inner" }), 2.5, words[what], null][what]);
      else if (kind === 4) doc.getArray("array").insert(inside(doc.getArray("array").length + 1), [what, new Y.Array(), { a: [words[what]] }]);
      else if (kind === 5) fragment.insert(inside(fragment.length + 1), [paragraph()]);
      else if (fragment.length > 0) {
        const child = fragment.get(inside(fragment.length));
        if (what < 3 && child instanceof Y.XmlElement) child.insert(0, [paragraph()]);
        else fragment.delete(inside(fragment.length), 1);
      }
    });
  },
  stateless({ client, payload }) {
    clients.get(client).provider.sendStateless(payload);
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
      lines: found.doc.getXmlFragment("default").toArray().map((each) => each.toString().replace(/<[^>]*>/g, "")),
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
  disconnect({ client }) {
    clients.get(client).disconnect();
  },
  reconnect({ client }) {
    clients.get(client).reconnect();
  },
  yjs({ updates, known }) {
    // What Yjs itself makes of updates, by each of its ways.
    const given = updates.map((update) => Buffer.from(update, "base64"));
    const doc = new Y.Doc({ gc: false });
    for (const update of given) Y.applyUpdate(doc, update);
    const merged = Y.mergeUpdates(given);
    const state = Y.encodeStateAsUpdate(doc);
    const lacking = Buffer.from(known, "base64");
    const past = new Y.Doc();
    const snapshot = Y.decodeSnapshot(Y.encodeSnapshot(Y.snapshot(doc)));
    Y.applyUpdate(past, Y.encodeStateAsUpdate(Y.createDocFromSnapshot(doc, snapshot)));
    const through2 = new Y.Doc();
    Y.applyUpdateV2(through2, Y.encodeStateAsUpdateV2(doc));
    const base64 = (bytes) => Buffer.from(bytes).toString("base64");
    return {
      state: base64(state),
      merged: base64(merged),
      diff: base64(Y.diffUpdate(merged, lacking)),
      answer: base64(Y.encodeStateAsUpdate(doc, lacking)),
      v2: base64(Y.encodeStateAsUpdate(through2)),
      vector: base64(Y.encodeStateVector(doc)),
      mergedVector: base64(Y.encodeStateVectorFromUpdate(merged)),
      text: doc.getText("text").toString(),
      past: past.getText("text").toString(),
      pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
    };
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

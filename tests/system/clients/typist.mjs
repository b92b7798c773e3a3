// Somebody who types: a real @hocuspocus/provider that reports, as JSON lines, what it was told is saved.
//
// The first line of standard input is the configuration {url, websocket, email, password, document, name}; each further line is a
// command: {do: "type", every_ms} {do: "pause"} {do: "write", entries: […]} {do: "entries"} {do: "leave"}.
// Events: status, synced, saved {count}, unsaved {number}, closed {code, reason}, denied {reason}, entries {entries}.
// `count` is how many of this person's own entries are acknowledged, which is the claim that the tests hold the
// system to. The process ends when its input ends.

import { createInterface } from "node:readline";
import { HocuspocusProvider } from "@hocuspocus/provider";
import { Session } from "./session.mjs";

const report = (event, details = {}) => process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);

class Typist {
  #provider;
  #entries;
  #timer = null;
  #name;
  #typed = 0;
  #saved = 0;

  constructor({ url, websocket, email, password, document, name }) {
    const session = new Session({ url, email, password });
    this.#name = name;
    this.#provider = new HocuspocusProvider({
      url: websocket,
      name: document,
      token: () => session.ticket(document),
      onStatus: ({ status }) => report("status", { status }),
      onSynced: () => report("synced"),
      onUnsyncedChanges: ({ number }) => this.#acknowledged(number),
      onClose: ({ event }) => report("closed", { code: event.code, reason: event.reason }),
      onAuthenticationFailed: ({ reason }) => report("denied", { reason }),
    });
    this.#entries = this.#provider.document.getArray("entries");
  }

  #acknowledged(unsynced) {
    if (unsynced > 0) {
      report("unsaved", { number: unsynced });
    } else if (this.#provider.isAuthenticated) {
      this.#saved = this.#typed;
      report("saved", { count: this.#saved });
    }
  }

  #push(entries) {
    this.#typed += entries.length; // before the push: its own update event reports synchronously
    this.#entries.push(entries);
  }

  obey(command) {
    switch (command.do) {
      case "type":
        clearInterval(this.#timer);
        this.#timer = setInterval(() => this.#push([`${this.#name}-${this.#typed + 1}`]), command.every_ms);
        break;
      case "pause":
        clearInterval(this.#timer);
        report("paused", { typed: this.#typed });
        break;
      case "write":
        this.#push(command.entries);
        break;
      case "entries":
        report("entries", { entries: this.#entries.toArray() });
        break;
      case "leave":
        this.leave();
        break;
      default:
        throw new Error(`unknown command ${command.do}`);
    }
  }

  leave() {
    clearInterval(this.#timer);
    this.#provider.destroy();
    process.exit(0);
  }
}

let typist = null;
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const message = JSON.parse(line);
  if (typist === null) typist = new Typist(message);
  else typist.obey(message);
});
lines.on("close", () => typist?.leave());

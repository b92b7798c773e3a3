import { describe, expect, it } from "vitest";
import { holdMs, type SaveFacts, saveState } from "./saveState";

const facts: SaveFacts = {
  phase: "online",
  ended: null,
  writable: true,
  opened: true,
  unsynced: 0,
  full: false,
  failures: 0,
  browserOnline: true,
};
const state = (change: Partial<SaveFacts>) => saveState({ ...facts, ...change });

describe("saveState", () => {
  it("says saved only when the server has confirmed everything", () => {
    expect(state({})).toMatchObject({ kind: "saved", label: "Saved", unsaved: false });
    expect(state({ unsynced: 1 })).toMatchObject({ kind: "saving", label: "Saving…", unsaved: true });
  });

  it("never says saved while the connection is away", () => {
    const phases = ["connecting", "waiting", "ended"] as const;
    for (const phase of phases) {
      for (const failures of [0, 1, 9]) {
        for (const unsynced of [0, 3]) {
          const ended = phase === "ended" ? "deleted" : null;
          expect(state({ phase, failures, unsynced, ended }).kind).not.toBe("saved");
        }
      }
    }
  });

  it("is reconnecting at first and offline after a while, or when the browser says so", () => {
    expect(state({ phase: "waiting", failures: 1 }).kind).toBe("reconnecting");
    expect(state({ phase: "waiting", failures: 3 })).toMatchObject({
      kind: "offline",
      label: "Offline – changes will be saved when you reconnect",
    });
    expect(state({ phase: "waiting", browserOnline: false }).kind).toBe("offline");
    expect(state({ browserOnline: false }).kind).toBe("saved");
    expect(state({ phase: "waiting", failures: 3, writable: false }).label).toMatch(/latest version/);
  });

  it("opens before anything else", () => {
    expect(state({ opened: false, writable: null, phase: "connecting" }).kind).toBe("opening");
    expect(state({ opened: false, failures: 3 }).label).toBe("Cannot reach the server…");
  });

  it("is read-only for readers, and says so when edits came too late", () => {
    expect(state({ writable: false })).toMatchObject({ kind: "read-only", unsaved: false });
    expect(state({ writable: false, unsynced: 2 })).toMatchObject({ kind: "not-saved", unsaved: true });
  });

  it("says when the document is full, for as long as something is not saved", () => {
    expect(state({ unsynced: 1, full: true })).toMatchObject({ kind: "full", tone: "danger", unsaved: true });
    expect(state({ full: true }).kind).toBe("saved");
    expect(state({ unsynced: 1, full: true, phase: "waiting" }).kind).toBe("reconnecting");
  });

  it("names the end, and what is lost with it", () => {
    expect(state({ phase: "ended", ended: "deleted" })).toMatchObject({
      label: "Document was deleted",
      unsaved: false,
    });
    expect(state({ phase: "ended", ended: "removed", unsynced: 1 })).toMatchObject({
      label: "Access removed",
      unsaved: true,
    });
  });
});

describe("holdMs", () => {
  it("shows at once that something is not saved", () => {
    for (const shown of [state({}), state({ unsynced: 1 }), state({ phase: "waiting" })]) {
      expect(holdMs(shown, state({ unsynced: 1 }))).toBe(0);
      expect(holdMs(shown, state({ unsynced: 1, phase: "waiting" }))).toBe(0);
      expect(holdMs(shown, state({ unsynced: 1, phase: "ended", ended: "removed" }))).toBe(0);
    }
  });

  it("keeps a short saving from flickering and a short absence from alarming", () => {
    expect(holdMs(state({ unsynced: 1 }), state({}))).toBeGreaterThan(0);
    expect(holdMs(state({}), state({ phase: "waiting" }))).toBeGreaterThan(0);
    expect(holdMs(state({}), state({ phase: "waiting", failures: 3 }))).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import { exceedsPasteLimit, MAX_PASTE_BYTES } from "../extensions/pasteLimit";
import { collaborationUrl } from "./collaborationUrl";
import { closeVerdict, deniedCode, newsTopic, reconnectDelayMs, saysFull } from "./connection";
import { normaliseHref } from "./href";
import { showKeys } from "./keys";
import { latestRename, peersOf, readPerson, samePeers } from "./peers";
import { textStats } from "./textStats";

describe("closeVerdict follows the table in docs/interfaces.md", () => {
  it.each([
    [1000, "retry"],
    [1001, "retry"],
    [1006, "retry"],
    [1011, "retry"],
    [1013, "retry"],
    [4401, "renew"],
    [4408, "retry"],
    [1009, "too-large"],
    [4400, "malformed"],
    [4403, "removed"],
    [4404, "deleted"],
    [4409, "replaced"],
  ])("%d: %s", (code, expected) => {
    const verdict = closeVerdict(code);
    expect(verdict.kind === "end" ? verdict.reason : verdict.kind).toBe(expected);
  });
});

it("tells a denial because of the document's former life from one because of the ticket", () => {
  expect(deniedCode("document was replaced: reload")).toBe(4409);
  expect(deniedCode("The token has expired.")).toBe(4401);
});

it("waits longer each time, up to ten seconds, never in step with others", () => {
  expect(reconnectDelayMs(1, 0)).toBe(200);
  expect(reconnectDelayMs(1, 1)).toBe(400);
  expect(reconnectDelayMs(3, 1)).toBe(1_600);
  expect(reconnectDelayMs(40, 0)).toBe(5_000);
  expect(reconnectDelayMs(40, 1)).toBe(10_000);
});

it("connects to the page's own host, encrypted when the page is", () => {
  expect(collaborationUrl({ protocol: "http:", host: "127.0.0.1:8080" }, "d/1")).toBe(
    "ws://127.0.0.1:8080/collaboration/d%2F1",
  );
  expect(collaborationUrl({ protocol: "https:", host: "docs.example" }, "d1")).toBe(
    "wss://docs.example/collaboration/d1",
  );
});

describe("peers", () => {
  const own = { clientId: 1, userId: "me" };
  const user = (id: string, name = id) => ({ user: { id, name, color: "#0f766e" } });

  it("lists others once, whatever the number of their tabs, and not oneself", () => {
    const states = new Map<number, Record<string, unknown>>([
      [1, user("me")],
      [2, user("me")],
      [3, user("ada")],
      [4, user("lin")],
      [5, user("ada", "Ada L.")],
    ]);
    expect(peersOf(states, own).map(({ id, name, clients }) => [id, name, clients])).toEqual([
      ["ada", "Ada L.", [3, 5]],
      ["lin", "lin", [4]],
    ]);
  });

  it("takes nothing for granted in what another browser sends", () => {
    for (const value of [null, 7, {}, { id: 1, name: "x" }, { id: "", name: "x" }, { id: "a" }]) {
      expect(readPerson(value)).toBeNull();
    }
    const person = readPerson({ id: "a", name: "n".repeat(999), color: "red;}" });
    expect(person?.name).toHaveLength(80);
    expect(person?.color).toMatch(/^#[0-9a-f]{6}$/);
    expect(readPerson({ id: "a", name: "  ", color: "#000000" })?.name).toBe("Someone");
    expect(peersOf(new Map([[9, {}]]), own)).toEqual([]);
  });

  it("asks for a picture only where that person's picture is", () => {
    const picture = (avatar_url: unknown) => readPerson({ id: "a", name: "Ada", avatar_url })?.avatar_url;
    const own = `/api/users/a/avatar?v=${"0".repeat(64)}`;
    expect(picture(own)).toBe(own);
    for (const other of [`https://example.org${own}`, own.replace("/a/", "/b/"), `${own}&x`, 5, undefined]) {
      expect(picture(other)).toBeNull();
    }
  });

  it("tells whether anything a person would see has changed", () => {
    const list = peersOf(new Map([[3, user("ada")]]), own);
    expect(samePeers(list, peersOf(new Map([[3, { ...user("ada"), cursor: 1 }]]), own))).toBe(true);
    expect(samePeers(list, peersOf(new Map([[3, user("ada", "Ada L.")]]), own))).toBe(false);
    expect(samePeers(list, [])).toBe(false);
  });

  it("finds the latest rename and ignores nonsense", () => {
    const states = new Map<number, Record<string, unknown>>([
      [1, { renamed: 5 }],
      [2, { renamed: "9" }],
      [3, { renamed: Number.NaN }],
      [4, { renamed: 7 }],
    ]);
    expect(latestRename(states)).toBe(7);
  });
});

describe("normaliseHref", () => {
  it.each([
    ["https://example.org/x", "https://example.org/x"],
    [" example.org ", "https://example.org"],
    ["localhost:8080/x", "https://localhost:8080/x"],
    ["ada@example.org", "mailto:ada@example.org"],
    ["mailto:ada@example.org", "mailto:ada@example.org"],
    ["//example.org", "https://example.org"],
    ["/documents/1", "/documents/1"],
    ["javascript:alert(1)", null],
    ["JavaScript:alert(1)", null],
    ["data:text/html,x", null],
    ["two words.org", null],
    ["word", null],
    ["", null],
  ])("%j means %j", (typed, expected) => {
    expect(normaliseHref(typed)).toBe(expected);
  });
});

it("counts words as people do", () => {
  const segmenter = new Intl.Segmenter("en", { granularity: "word" });
  expect(textStats("It's one, two – three.\nFour", segmenter)).toEqual({ words: 5, characters: 26 });
  expect(textStats("", segmenter)).toEqual({ words: 0, characters: 0 });
  expect(textStats("🙂", segmenter).characters).toBe(1);
});

it("writes shortcuts as the platform does", () => {
  expect(showKeys("Mod+Shift+B", false)).toBe("Ctrl+Shift+B");
  expect(showKeys("Mod+Shift+B", true)).toBe("⌘⇧B");
});

it("measures a paste in the bytes the server will count", () => {
  expect(exceedsPasteLimit("a".repeat(MAX_PASTE_BYTES))).toBe(false);
  expect(exceedsPasteLimit("a".repeat(MAX_PASTE_BYTES + 1))).toBe(true);
  expect(exceedsPasteLimit("€".repeat(MAX_PASTE_BYTES / 2))).toBe(true);
});

it("understands the server's messages beside the text, and makes nothing of others", () => {
  expect(newsTopic('{"type":"news","topic":"comments"}')).toBe("comments");
  expect(newsTopic('{"type":"document-too-large"}')).toBeNull();
  for (const payload of ["", "null", "7", '{"type":"news"}', "{broken"])
    expect(newsTopic(payload)).toBeNull();
  expect(saysFull('{"type":"document-too-large"}')).toBe(true);
});

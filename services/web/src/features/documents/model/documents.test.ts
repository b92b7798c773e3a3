import { describe, expect, it } from "vitest";
import type { Document } from "@/shared/api/types";
import { groupByDate, matchTitles } from "./filter";
import { parseMarks } from "./marks";
import { flatten, type Pages, withDocument, withoutDocument, withTitle } from "./pages";
import { shelfOf } from "./shelves";
import { cleanTitle, MAX_TITLE_LENGTH, shownTitle } from "./title";

function doc(id: string, change: Partial<Document> = {}): Document {
  return {
    id,
    title: `Title ${id}`,
    role: "owner",
    owner: { id: "u1", name: "Ada", color: "#0f766e" },
    created_at: "2026-01-01T00:00:00Z",
    edited_at: "2026-01-01T00:00:00Z",
    member_count: 1,
    team_count: 0,
    favourite: false,
    opened_at: null,
    trashed_at: null,
    ...change,
  };
}

function pagesOf(...pages: string[][]): Pages {
  return {
    pages: pages.map((ids) => ({ items: ids.map((id) => doc(id)), next_cursor: null })),
    pageParams: pages.map(() => null),
  };
}

const ids = (documents: readonly Document[]) => documents.map(({ id }) => id).join("");

describe("pages", () => {
  it("show a document once that moved between two fetches", () => {
    expect(ids(flatten(pagesOf(["a", "b"], ["b", "c"])))).toBe("abc");
    expect(flatten(undefined)).toEqual([]);
  });

  it("take in a new document at the top, and never twice", () => {
    expect(ids(flatten(withDocument(pagesOf(["a"], ["b"]), doc("b"))))).toBe("ba");
  });

  it("lose and rename a document wherever it is", () => {
    const pages = pagesOf(["a"], ["b", "c"]);
    expect(ids(flatten(withoutDocument(pages, "b")))).toBe("ac");
    expect(flatten(withTitle(pages, "c", "New")).map(({ title }) => title)).toEqual([
      "Title a",
      "Title b",
      "New",
    ]);
    expect(ids(flatten(pages))).toBe("abc");
  });
});

it("finds every word of a title, in any order, whatever the accents and the case", () => {
  const documents = [
    doc("a", { title: "Résumé of Ada" }),
    doc("b", { title: "Budget 2027" }),
    doc("c", { title: "Ada's budget" }),
  ];
  const found = (query: string) => ids(matchTitles(documents, query));
  expect(found("")).toBe("abc");
  expect(found("  BUDGET ")).toBe("bc");
  expect(found("budget ada")).toBe("c");
  expect(found("resume")).toBe("a");
  expect(found("nothing")).toBe("");
});

it("knows its shelves", () => {
  expect(shelfOf("trash")).toBe("trash");
  expect(shelfOf("attic")).toBe("all");
  expect(shelfOf(null)).toBe("all");
});

describe("parseMarks", () => {
  it("takes marks for marks, and all else for text", () => {
    expect(parseMarks("a <mark>b</mark> c")).toEqual([
      { text: "a ", marked: false },
      { text: "b", marked: true },
      { text: " c", marked: false },
    ]);
    expect(parseMarks("")).toEqual([]);
  });

  it("undoes escaping once, and makes nothing of other markup", () => {
    expect(parseMarks("&lt;b&gt; &amp;lt; &quot;&#x27;&#39;")).toEqual([
      { text: "<b> &lt; \"''", marked: false },
    ]);
    const evil = '<img src=x onerror="alert(1)"><mark class="x">y</mark>';
    expect(parseMarks(evil).map(({ text }) => text)).toEqual([
      '<img src=x onerror="alert(1)"><mark class="x">y',
    ]);
  });
});

it("groups under headings and keeps the order", () => {
  const now = new Date(2026, 2, 30, 12);
  const at = (day: number, hour: number) => new Date(2026, 2, day, hour).toISOString();
  const groups = groupByDate(
    [
      doc("a", { edited_at: at(30, 9) }),
      doc("b", { edited_at: at(30, 8) }),
      doc("c", { edited_at: at(29, 8) }),
    ],
    now,
  );
  expect(groups.map(({ name, documents }) => [name, ids(documents)])).toEqual([
    ["Today", "ab"],
    ["Yesterday", "c"],
  ]);
  const opened = groupByDate([doc("d", { opened_at: at(29, 8), edited_at: at(1, 8) })], now, "opened_at");
  expect(opened.map(({ name }) => name)).toEqual(["Yesterday"]);
});

it("keeps titles to one line of bounded length, never empty", () => {
  expect(cleanTitle("  a \n  b ")).toBe("a b");
  expect(cleanTitle("   ")).toBe("Untitled document");
  expect(cleanTitle("x".repeat(999))).toHaveLength(MAX_TITLE_LENGTH);
  expect(shownTitle(" ")).toBe("Untitled document");
});

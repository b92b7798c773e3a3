// @vitest-environment jsdom
import "@/test/dom";
import { expect, it } from "vitest";
import { touchRecent } from "./localCopies";
import { forgetUnsaved, markSaved, markUnsaved, unsavedDocuments } from "./unsaved";

const mark = (sessionId: string, documentId = "d1", userId = "u1") => ({
  storage: localStorage,
  userId,
  documentId,
  sessionId,
});
const unsaved = () => unsavedDocuments(localStorage, "u1");

it("lists each person's documents only", () => {
  markUnsaved(mark("a"), 1);
  markUnsaved(mark("a", "d2"), 1);
  markUnsaved(mark("b", "d3", "u2"), 1);
  expect(unsaved().sort()).toEqual(["d1", "d2"]);
});

it("is cleared by the session that set it", () => {
  markUnsaved(mark("a"), 10);
  markSaved(mark("a"), null);
  expect(unsaved()).toEqual([]);
});

it("is cleared by a later visit that had loaded those edits before it saved", () => {
  markUnsaved(mark("a"), 10);
  markSaved(mark("b"), 20);
  expect(unsaved()).toEqual([]);
});

it("stays when another tab's edits came after this one loaded, or it loaded nothing", () => {
  markUnsaved(mark("a"), 10);
  markSaved(mark("b"), 5);
  markSaved(mark("c"), null);
  expect(unsaved()).toEqual(["d1"]);
});

it("survives a mark it cannot read", () => {
  localStorage.setItem("collab:unsaved:u1:d1", "{broken");
  expect(unsaved()).toEqual(["d1"]);
  markSaved(mark("a"), null);
  expect(unsaved()).toEqual([]);
});

it("can be forgotten", () => {
  markUnsaved(mark("a"), 10);
  forgetUnsaved(mark("whoever"));
  expect(unsaved()).toEqual([]);
});

it("keeps the copies used last, and those with unsaved edits whatever their age", () => {
  expect(touchRecent(["b", "a", "c"], "a", [], 2)).toEqual({ kept: ["a", "b"], dropped: ["c"] });
  expect(touchRecent(["b", "c", "d"], "a", ["d"], 2)).toEqual({ kept: ["a", "b", "d"], dropped: ["c"] });
});

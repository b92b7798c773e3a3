// @vitest-environment jsdom
import "@/test/dom";
import { Editor } from "@tiptap/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { anchorOf, rangeOf } from "../model/anchors";
import { setCommentMarks } from "./commentMarks";
import { makeExtensions } from "./extensions";

function openEditor(doc: Y.Doc): Editor {
  return new Editor({
    element: document.createElement("div"),
    injectCSS: false,
    extensions: makeExtensions({
      doc,
      awareness: new Awareness(doc),
      user: { id: "u1", name: "Ada", color: "#0f766e" },
      onPasteRefused: () => undefined,
    }),
  });
}

let docs: [Y.Doc, Y.Doc];
let ada: Editor;
let lin: Editor;

/** Two people whose edits reach each other at once. */
beforeEach(() => {
  docs = [new Y.Doc(), new Y.Doc()];
  const [one, other] = docs;
  one.on("update", (update: Uint8Array, origin) => origin !== "sync" && Y.applyUpdate(other, update, "sync"));
  other.on("update", (update: Uint8Array, origin) => origin !== "sync" && Y.applyUpdate(one, update, "sync"));
  ada = openEditor(one);
  lin = openEditor(other);
  ada.commands.setContent("<p>One two three</p>");
});

afterEach(() => {
  for (const editor of [ada, lin]) editor.destroy();
  for (const doc of docs) doc.destroy();
});

const textAt = (editor: Editor, range: { from: number; to: number } | null) =>
  range && editor.state.doc.textBetween(range.from, range.to);

it("finds the passage again, for others too, after the text around it changed", () => {
  const anchor = anchorOf(ada.state, { from: 5, to: 8 });
  if (anchor === null) throw new Error("expected an anchor");
  expect(anchor.quote).toBe("two");
  expect(textAt(lin, rangeOf(lin.state, anchor))).toBe("two");
  lin.commands.insertContentAt(1, "Before that: ");
  lin.commands.insertContentAt(0, "<p>A new beginning</p>");
  expect(textAt(ada, rangeOf(ada.state, anchor))).toBe("two");
});

it("knows that a passage is gone, and makes nothing of what is no anchor", () => {
  const anchor = anchorOf(ada.state, { from: 5, to: 8 });
  if (anchor === null) throw new Error("expected an anchor");
  lin.commands.deleteRange({ from: 4, to: 9 });
  expect(rangeOf(ada.state, anchor)).toBeNull();
  expect(rangeOf(ada.state, { start: "AAAA", end: "!!!", quote: "" })).toBeNull();
  expect(anchorOf(ada.state, { from: 1, to: 1 })).toBeNull();
});

it("draws passages without touching the text, whoever writes around them", () => {
  const anchor = anchorOf(ada.state, { from: 5, to: 8 });
  if (anchor === null) throw new Error("expected an anchor");
  const before = ada.getHTML();
  ada.view.dispatch(setCommentMarks(ada.state.tr, [{ thread: "t1", anchor, active: true }]));
  const drawn = () => ada.view.dom.querySelector('[data-thread="t1"]')?.textContent;
  expect(drawn()).toBe("two");
  expect(ada.getHTML()).toBe(before);
  lin.commands.insertContentAt(1, "x");
  expect(drawn()).toBe("two");
  ada.commands.insertContentAt(1, "y");
  expect(drawn()).toBe("two");
  expect(lin.getText()).toBe("yxOne two three");
  ada.view.dispatch(setCommentMarks(ada.state.tr, []));
  expect(drawn()).toBeUndefined();
});

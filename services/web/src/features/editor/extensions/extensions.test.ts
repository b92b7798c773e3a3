// @vitest-environment jsdom
import "@/test/dom";
import { Editor } from "@tiptap/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { findBlocks } from "./blocks";
import { makeExtensions } from "./extensions";

let doc: Y.Doc;
let editor: Editor;

beforeEach(() => {
  doc = new Y.Doc();
  editor = new Editor({
    element: document.createElement("div"),
    injectCSS: false,
    extensions: makeExtensions({
      doc,
      awareness: new Awareness(doc),
      user: { id: "u1", name: "Ada", color: "#0f766e" },
      onPasteRefused: () => undefined,
    }),
  });
});

afterEach(() => {
  editor.destroy();
  doc.destroy();
});

it("can hold what stored documents hold: removing a name here loses that content for everyone", () => {
  expect(Object.keys(editor.schema.nodes).sort()).toEqual([
    "blockquote",
    "bulletList",
    "codeBlock",
    "doc",
    "file",
    "hardBreak",
    "heading",
    "horizontalRule",
    "image",
    "listItem",
    "orderedList",
    "paragraph",
    "table",
    "tableCell",
    "tableHeader",
    "tableRow",
    "taskItem",
    "taskList",
    "text",
  ]);
  expect(Object.keys(editor.schema.marks).sort()).toEqual([
    "bold",
    "code",
    "highlight",
    "italic",
    "link",
    "strike",
    "underline",
  ]);
});

it("changes nothing by being opened", () => {
  expect(doc.store.clients.size).toBe(0);
});

it("keeps the text in the fragment that stored documents use", () => {
  editor.commands.insertContent("Hello");
  expect(doc.getXmlFragment("default").toString()).toBe("<paragraph>Hello</paragraph>");
});

it("shows nothing of the marker by which the server tells a document's lives apart", () => {
  editor.commands.insertContent("Hello");
  const shown = editor.getHTML();
  // One collected struct of client 2^53 - 2^26 + 7: see services/collab_collaboration/epoch.py.
  const id = [0x87, 0x80, 0x80, 0xe0, 0xff, 0xff, 0xff, 0x0f];
  Y.applyUpdate(doc, new Uint8Array([1, 1, ...id, 0, 0, 1, 0]), "server");
  expect(Y.decodeStateVector(Y.encodeStateVector(doc)).get(2 ** 53 - 2 ** 26 + 7)).toBe(1);
  expect(editor.getHTML()).toBe(shown);
  editor.commands.insertContent(" again");
  expect(doc.getXmlFragment("default").toString()).toBe("<paragraph>Hello again</paragraph>");
  editor.commands.undo();
  editor.commands.redo();
  const other = new Y.Doc();
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
  expect(other.getXmlFragment("default").toString()).toBe("<paragraph>Hello again</paragraph>");
  expect(other.store.pendingStructs).toBeNull();
});

it("undoes one's own changes and leaves those of others", () => {
  editor.commands.insertContent("mine");
  const other = new Y.Doc();
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
  const paragraph = new Y.XmlElement("paragraph");
  paragraph.insert(0, [new Y.XmlText("theirs")]);
  other.getXmlFragment("default").insert(1, [paragraph]);
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other), "server");
  editor.commands.undo();
  expect(editor.getText()).toContain("theirs");
  expect(editor.getText()).not.toContain("mine");
});

it("makes no link of a script", () => {
  editor.commands.setContent(
    '<p><a href="javascript:alert(1)">x</a> <a href="https://example.org">y</a></p>',
  );
  expect(editor.getHTML()).not.toContain("javascript:");
  expect(editor.getHTML()).toContain('href="https://example.org"');
});

it("finds blocks by name and by other words, best first", () => {
  expect(findBlocks("todo").map(({ name }) => name)).toEqual(["Task list"]);
  expect(findBlocks("h2").map(({ name }) => name)).toEqual(["Heading 2"]);
  expect(findBlocks("ta").map(({ name }) => name)).toEqual(["Task list", "Table"]);
  expect(findBlocks("zzz")).toEqual([]);
  expect(findBlocks("")).toHaveLength(12);
});

// @vitest-environment jsdom
import "@/test/dom";
import { Editor } from "@tiptap/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { makeExtensions } from "@/features/editor/extensions/extensions";
import { filesOf } from "@/features/editor/extensions/fileDrop";
import { placeOf, positionOf } from "@/features/editor/model/anchors";
import { ApiError, NetworkError } from "@/shared/api/errors";
import { insertBlock } from "./insert";
import { attachmentName, refusalOf, sizeText, typeOf } from "./kinds";
import { uploadError } from "./uploadError";

const ID = "0190b2f4-5c1e-7c3a-9b1a-000000000001";
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

function insert(position: number): number {
  const block = editor.schema.nodes.image?.create({ attachment: ID, alt: "A cat", width: 4, height: 3 });
  if (!block) throw new Error("expected the node");
  const { transaction, after } = insertBlock(editor.state, position, block);
  editor.view.dispatch(transaction);
  editor.state.doc.check();
  return after;
}

const kinds = () => editor.state.doc.content.content.map(({ type }) => type.name);

it("puts a picture in place of an empty paragraph, with room to write on after it", () => {
  insert(1);
  expect(kinds()).toEqual(["image", "paragraph"]);
});

it("puts a picture after the block that the caret is in, and the next one after it", () => {
  editor.commands.setContent("<p>One</p><ul><li><p>Two</p></li></ul><pre><code>x</code></pre><p>End</p>");
  const after = insert(2);
  expect(kinds()).toEqual(["paragraph", "image", "bulletList", "codeBlock", "paragraph"]);
  insert(after);
  expect(kinds()).toEqual(["paragraph", "image", "image", "bulletList", "codeBlock", "paragraph"]);
  // In an item of a list it stays in the item.
  const start = editor.state.doc.child(0).nodeSize + 2;
  insert(start + 5);
  expect(editor.state.doc.child(3).firstChild?.childCount).toBe(2);
});

it("finds a place again after others wrote before it", () => {
  editor.commands.setContent("<p>One</p><p>Two</p>");
  const place = placeOf(editor.state, 7);
  editor.commands.insertContentAt(1, "Zero ");
  expect(place && positionOf(editor.state, place)).toBe(12);
});

it("is undone as one edit, and is there again", () => {
  editor.commands.insertContent("Hello");
  // Undo takes together what was done within half a second.
  editor.commands.setTextSelection(1);
  insert(3);
  expect(doc.getXmlFragment("default").toString()).toContain(`attachment="${ID}"`);
  editor.commands.undo();
  expect(kinds()).not.toContain("image");
  editor.commands.redo();
  expect(kinds()).toContain("image");
});

it("takes from a page only pictures that are attachments", () => {
  editor.commands.setContent(
    `<img src="https://example.org/x.png"><img data-attachment="${ID}" alt="A cat" data-scale="66" src="x">`,
  );
  const pictures = editor.getJSON().content.filter(({ type }) => type === "image");
  expect(pictures).toEqual([
    { type: "image", attrs: { attachment: ID, alt: "A cat", width: null, height: null, scale: 66 } },
  ]);
  expect(editor.getHTML()).not.toContain("src=");
});

function pasted(files: number, html: string): DataTransfer {
  const found = Array.from({ length: files }, (_, index) => new File(["x"], `${index}.png`));
  return {
    files: found,
    getData: (kind: string) => (kind === "text/html" ? html : ""),
  } as unknown as DataTransfer;
}

it("takes pasted files, but of text with a picture of it the text", () => {
  expect(filesOf(null)).toEqual([]);
  expect(filesOf(pasted(2, ""))).toHaveLength(2);
  expect(filesOf(pasted(1, '<meta><img src="x">'))).toHaveLength(1);
  expect(filesOf(pasted(1, "<p>A table</p>"))).toEqual([]);
});

it("knows what can be attached", () => {
  expect(typeOf("a.MD", "")).toBe("text/markdown");
  expect(typeOf("a.md", "text/x-markdown")).toBe("text/markdown");
  expect(typeOf("a.png", "image/png")).toBe("image/png");
  expect(typeOf("page.html", "text/html")).toBeNull();
  expect(refusalOf({ name: "page.svg", size: 1, type: "image/svg+xml" })).toMatch(/kind/);
  expect(refusalOf({ name: "a.png", size: 0, type: "image/png" })).toMatch(/empty/);
  expect(refusalOf({ name: "a.png", size: 51 * 1024 * 1024, type: "image/png" })).toMatch(
    /larger than 50 MB/,
  );
  expect(refusalOf({ name: "a.png", size: 50 * 1024 * 1024, type: "image/png" })).toBeNull();
});

it("announces files by names the server takes", () => {
  expect(attachmentName(" a/b\\c\u0000.png ")).toBe("a-b-c.png");
  expect(attachmentName("..")).toBe("file");
  const long = attachmentName(`${"x".repeat(300)}.png`);
  expect([...long]).toHaveLength(200);
  expect(long.endsWith(".png")).toBe(true);
});

it("says sizes as people do", () => {
  expect([1, 900, 1536, 50 * 1024 * 1024].map(sizeText)).toEqual(["1 byte", "900 bytes", "1.5 KB", "50 MB"]);
});

it("says why a file was not attached", () => {
  const refused = (slug: string, field?: string) =>
    new ApiError({
      status: 400,
      slug,
      title: "T",
      detail: "D.",
      fields: field === undefined ? [] : [{ field, message: "M" }],
      requestId: null,
      retryAfterS: null,
    });
  expect(uploadError(refused("attachment-quota-reached"))).toBe("There is no room for it. D.");
  expect(uploadError(refused("invalid-request", "size"))).toMatch(/larger than this server allows/);
  expect(uploadError(refused("invalid-request", "type"))).toMatch(/kind/);
  expect(uploadError(new NetworkError("away"))).toMatch(/cannot be reached/);
});

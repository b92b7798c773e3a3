// @vitest-environment jsdom
import "@/test/dom";
import { Editor } from "@tiptap/core";
import { TaskItem, TaskList } from "@tiptap/extension-list";
import StarterKit from "@tiptap/starter-kit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { TaskInput } from "./taskInput";

let editor: Editor;

beforeEach(() => {
  editor = new Editor({
    element: document.createElement("div"),
    injectCSS: false,
    extensions: [StarterKit, TaskList, TaskItem.configure({ nested: true }), TaskInput],
  });
});

afterEach(() => editor.destroy());

/** As from a keyboard: input rules see each character before it is there. */
function type(text: string): void {
  for (const character of text) {
    const { from, to } = editor.state.selection;
    const insert = () => editor.state.tr.insertText(character, from, to);
    const isHandled = editor.view.someProp("handleTextInput", (handle) =>
      handle(editor.view, from, to, character, insert),
    );
    if (!isHandled) editor.view.dispatch(insert());
  }
}

function tasks(): unknown[] {
  const found: unknown[] = [];
  editor.state.doc.descendants((node) => {
    if (node.type.name === "taskItem") found.push([node.attrs.checked, node.textContent]);
  });
  return found;
}

it.each([
  ["- [ ] Write", [[false, "Write"]]],
  ["- [x] Write", [[true, "Write"]]],
  ["* [] Write", [[false, "Write"]]],
  ["[ ] Write", [[false, "Write"]]],
  ["- Write [ ] it", []],
])("%s", (text, expected) => {
  type(text);
  expect(tasks()).toEqual(expected);
});

it("takes the one item out of a list that has others", () => {
  editor.commands.setContent("<ul><li>One</li><li></li><li>Three</li></ul>");
  editor.commands.setTextSelection(10);
  type("[ ] Two");
  expect(editor.getText({ blockSeparator: "|" }).split("|").filter(Boolean)).toEqual(["One", "Two", "Three"]);
  expect(tasks()).toEqual([[false, "Two"]]);
});

it("leaves a list in a list alone", () => {
  editor.commands.setContent("<ul><li>One<ul><li></li></ul></li></ul>");
  editor.commands.setTextSelection(10);
  type("[ ] Two");
  expect(tasks()).toEqual([]);
  expect(editor.getText()).toContain("[ ] Two");
});

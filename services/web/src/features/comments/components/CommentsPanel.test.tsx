// @vitest-environment jsdom
import "@/test/dom";
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Editor } from "@tiptap/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { makeExtensions } from "@/features/editor/extensions/extensions";
import { anchorOf } from "@/features/editor/model/anchors";
import type { Document } from "@/shared/api/types";
import { ADA, type Routes, serve, show, signInAsAda } from "@/test/app";
import { CommentsPanel } from "./CommentsPanel";

const LIN = { id: "u2", name: "Lin", color: "#1d4ed8" };
const document: Document = {
  id: "d1",
  title: "Plan",
  role: "editor",
  owner: ADA,
  created_at: "2026-01-01T00:00:00Z",
  edited_at: "2026-01-01T00:00:00Z",
  member_count: 2,
  team_count: 0,
  favourite: false,
  opened_at: null,
  trashed_at: null,
};

let doc: Y.Doc;
let editor: Editor;
let threads: ReturnType<typeof thread>[];

function thread(id: string, from: number, to: number) {
  const anchor = anchorOf(editor.state, { from, to });
  if (anchor === null) throw new Error("expected a passage");
  const comment = {
    id,
    thread: id,
    author: LIN,
    body: `About ${anchor.quote}`,
    mentions: [],
    version: 1,
    created_at: "2026-01-01T00:00:00Z",
    edited_at: null,
    deleted: false,
  };
  return {
    id,
    anchor,
    created_at: "2026-01-01T00:00:00Z",
    resolved_at: null as string | null,
    resolved_by: null,
    comment_count: 1,
    comments: [comment],
  };
}

function open(role: Document["role"] = "editor", routes: Routes = {}) {
  const calls = serve({
    "GET /api/documents/d1/comments": (_body, url) => {
      const resolved = url.searchParams.get("state") === "resolved";
      const items = threads.filter((each) => (each.resolved_at !== null) === resolved);
      return Response.json({ items, next_cursor: null });
    },
    "GET /api/documents/d1/members": () => Response.json({ items: [], teams: [] }),
    ...routes,
  });
  show(
    <CommentsPanel
      editor={editor}
      document={{ ...document, role }}
      focusedThread={null}
      wished={0}
      onClose={() => undefined}
    />,
  );
  return calls;
}

beforeEach(() => {
  signInAsAda();
  Element.prototype.scrollIntoView = () => undefined;
  doc = new Y.Doc();
  editor = new Editor({
    element: window.document.createElement("div"),
    injectCSS: false,
    extensions: makeExtensions({
      doc,
      awareness: new Awareness(doc),
      user: ADA,
      onPasteRefused: () => undefined,
    }),
  });
  editor.commands.setContent("<p>One two three</p>");
  threads = [thread("t2", 9, 14), thread("t1", 1, 4)];
});

afterEach(() => {
  vi.unstubAllGlobals();
  editor.destroy();
  doc.destroy();
});

it("lists threads as they stand in the text, and marks their passages", async () => {
  open();
  const cards = await screen.findAllByTestId("thread");
  expect(cards.map((card) => card.dataset.threadId)).toEqual(["t1", "t2"]);
  await waitFor(() => expect(editor.view.dom.querySelector('[data-thread="t2"]')?.textContent).toBe("three"));
  await userEvent.click(within(cards[0] as HTMLElement).getByTestId("thread-quote"));
  expect(cards[0]?.classList.contains("thread--active")).toBe(true);
  expect(editor.view.dom.querySelector(".comment-mark--active")?.textContent).toBe("One");
});

it("begins a thread about what is selected", async () => {
  const calls = open("commenter", {
    "POST /api/documents/d1/comments": () => {
      const made = thread("t3", 5, 8);
      threads.push(made);
      return Response.json(made, { status: 201 });
    },
  });
  await screen.findAllByTestId("thread");
  expect(screen.getByTestId<HTMLButtonElement>("comment-new").disabled).toBe(true);
  act(() => {
    editor.commands.setTextSelection({ from: 5, to: 8 });
  });
  await userEvent.click(screen.getByTestId("comment-new"));
  await userEvent.type(screen.getByTestId("new-comment"), "Is it?");
  await userEvent.click(screen.getByTestId("new-comment-send"));
  await waitFor(() => expect(screen.getAllByTestId("thread")).toHaveLength(3));
  expect(calls.find(({ route }) => route.startsWith("POST"))?.body).toMatchObject({
    anchor: { quote: "two" },
    body: "Is it?",
    mentions: [],
  });
});

it("resolves a thread, which takes its mark out of the text", async () => {
  open("editor", {
    "POST /api/documents/d1/comments/t1/resolve": () => {
      const [, first] = threads;
      if (!first) throw new Error("expected a thread");
      first.resolved_at = "2026-01-02T00:00:00Z";
      return Response.json(first);
    },
  });
  const [first] = await screen.findAllByTestId("thread");
  await userEvent.click(within(first as HTMLElement).getByTestId("resolve"));
  await waitFor(() => expect(screen.getAllByTestId("thread")).toHaveLength(1));
  await waitFor(() => expect(editor.view.dom.querySelector('[data-thread="t1"]')).toBeNull());
});

it("lets viewers read only", async () => {
  open("viewer");
  await screen.findAllByTestId("thread");
  for (const testId of ["comment-new", "resolve", "reply"]) expect(screen.queryByTestId(testId)).toBeNull();
});

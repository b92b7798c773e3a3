// @vitest-environment jsdom
import "@/test/dom";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Editor } from "@tiptap/core";
import { afterEach, expect, it, vi } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import type { CollaborationSession } from "../collaboration/CollaborationSession";
import { makeExtensions } from "../extensions/extensions";
import { EndedBanner } from "./EndedBanner";

afterEach(() => vi.unstubAllGlobals());

it("says that the document was restored, and reloads without what this device still has of it", async () => {
  const doc = new Y.Doc();
  const user = { id: "u1", name: "Ada", color: "#0f766e" };
  const editor = new Editor({
    element: document.createElement("div"),
    injectCSS: false,
    extensions: makeExtensions({ doc, awareness: new Awareness(doc), user, onPasteRefused: () => undefined }),
  });
  const steps: string[] = [];
  const discard = () => {
    steps.push("discard");
    return Promise.resolve();
  };
  vi.stubGlobal("location", { reload: () => steps.push("reload") });
  const session = { discard } as Partial<CollaborationSession> as CollaborationSession;
  render(<EndedBanner session={session} reason="replaced" unsynced={2} editor={editor} />);
  const banner = screen.getByRole("alert");
  expect(banner.textContent).toContain("restored from an earlier state");
  expect(banner.textContent).toContain("Your last edits were not saved.");
  await userEvent.click(screen.getByRole("button", { name: "Reload" }));
  expect(steps).toEqual(["discard", "reload"]);
  editor.destroy();
  doc.destroy();
});

// @vitest-environment jsdom
import "@/test/dom";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { dismissToast, toasts } from "@/shared/ui/toastStore";
import { ADA, problem, serve, show, signInAsAda } from "@/test/app";
import { NewMenu } from "./NewMenu";
import TemplatesDialog from "./TemplatesDialog";

const document = {
  id: "d9",
  title: "notes",
  role: "owner",
  owner: ADA,
  created_at: "2026-01-01T00:00:00Z",
  edited_at: "2026-01-01T00:00:00Z",
  member_count: 1,
};

beforeEach(signInAsAda);
afterEach(() => {
  vi.unstubAllGlobals();
  for (const { id } of toasts.get()) dismissToast(id);
  history.replaceState(null, "", "/");
});
const messages = () => toasts.get().map(({ message }) => message);

it("makes a document of a file, goes there, and says what was lost", async () => {
  const calls = serve({
    "POST /api/documents/import": (_body, url) =>
      url.searchParams.get("filename") === "notes.md"
        ? Response.json({ ...document, warnings: ["A picture was left out."] }, { status: 201 })
        : problem(422, "no"),
  });
  show(<NewMenu />);
  await userEvent.upload(screen.getByTestId("import-file"), new File(["# Notes"], "notes.md"));
  await waitFor(() => expect(location.pathname).toBe("/documents/d9"));
  expect(messages()).toContain("A picture was left out.");
  expect(calls[0]?.body).toBeInstanceOf(Blob);
});

it("says why a file could not be read", async () => {
  serve({
    "POST /api/documents/import": () =>
      problem(422, "unreadable-file", { title: "The file is damaged, or not what its type says" }),
  });
  show(<NewMenu />);
  await userEvent.upload(screen.getByTestId("import-file"), new File(["x"], "broken.docx"));
  await waitFor(() =>
    expect(messages()).toContain(
      "Could not read “broken.docx”: The file is damaged, or not what its type says.",
    ),
  );
});

it("begins with a template", async () => {
  serve({
    "GET /api/documents/templates": () =>
      Response.json({ items: [{ id: "meeting-notes", name: "Meeting notes", kind: "built-in" }] }),
    "POST /api/documents/templates/meeting-notes/documents": () => Response.json(document, { status: 201 }),
  });
  const close = vi.fn();
  show(<TemplatesDialog folder={null} onClose={close} />);
  await userEvent.click(await screen.findByTestId("template"));
  await waitFor(() => expect(location.pathname).toBe("/documents/d9"));
  expect(close).toHaveBeenCalled();
});

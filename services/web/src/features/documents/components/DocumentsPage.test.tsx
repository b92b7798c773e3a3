// @vitest-environment jsdom
import "@/test/dom";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { dismissToast, toasts } from "@/shared/ui/toastStore";
import { ADA, done, problem, type Routes, serve, show, signInAsAda } from "@/test/app";
import DocumentsPage from "./DocumentsPage";

const document = {
  id: "d1",
  title: "Minutes of May",
  role: "owner",
  owner: ADA,
  created_at: "2026-01-01T00:00:00Z",
  edited_at: "2026-01-01T00:00:00Z",
  member_count: 1,
  team_count: 0,
  favourite: false,
  folder: null,
  opened_at: null,
  trashed_at: null,
};

let items: object[];
let trash: object[];

function serveDocuments(more: Routes = {}) {
  return serve({
    "GET /api/users/me": () => Response.json(ADA),
    "GET /api/users/me/preferences": () =>
      Response.json({ theme: "system", language: null, email_notifications: "mentions", spellcheck: true }),
    "GET /api/documents/notifications/count": () => Response.json({ unread: 2 }),
    "GET /api/documents/folders": () => Response.json({ items: [], next_cursor: null }),
    "GET /api/documents": (_body, url) =>
      Response.json({ items: url.searchParams.get("filter") === "trash" ? trash : items, next_cursor: null }),
    ...more,
  });
}

beforeEach(() => {
  signInAsAda();
  items = [document];
  trash = [];
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  // What radix measures and jsdom does not.
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  );
  Element.prototype.scrollIntoView ??= () => undefined;
  Element.prototype.hasPointerCapture ??= () => false;
});

afterEach(() => {
  vi.unstubAllGlobals();
  for (const { id } of toasts.get()) dismissToast(id);
  history.replaceState(null, "", "/");
});

it("moves a document to the trash after asking, and brings it back", async () => {
  serveDocuments({
    "DELETE /api/documents/d1": () => {
      items = [];
      return done();
    },
    "POST /api/documents/d1/restore": () => {
      items = [document];
      return Response.json(document);
    },
  });
  show(<DocumentsPage />);
  await userEvent.click(await screen.findByTestId("document-menu"));
  await userEvent.click(await screen.findByTestId("delete"));
  await userEvent.click(await screen.findByTestId("confirm"));
  await waitFor(() => expect(screen.queryByTestId("document-row")).toBeNull());
  await waitFor(() =>
    expect(toasts.get()[0]?.message).toBe("“Minutes of May” is deleted: it is in the trash now."),
  );
  toasts.get()[0]?.action?.run();
  expect(await screen.findByTestId("document-row")).toBeTruthy();
});

it("restores from the trash, or deletes for good", async () => {
  const expires = new Date(Date.now() + 12 * 24 * 3_600_000).toISOString();
  trash = [{ ...document, trashed_at: "2026-01-02T00:00:00Z", expires_at: expires }];
  const calls = serveDocuments({
    "DELETE /api/documents/d1/forever": () => {
      trash = [];
      return done();
    },
  });
  history.replaceState(null, "", "/documents?show=trash");
  show(<DocumentsPage />);
  const row = await screen.findByTestId("trash-row");
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Trash");
  expect(screen.getByTestId("filter-trash").getAttribute("aria-current")).toBe("page");
  expect(within(row).getByTestId("trash-when").textContent).toContain("Deleted for good in 12 days");
  await userEvent.click(within(row).getByTestId("delete-forever"));
  await userEvent.click(await screen.findByTestId("confirm"));
  expect((await screen.findByTestId("nothing-found")).textContent).toContain("The trash is empty");
  expect(calls.some(({ route }) => route === "DELETE /api/documents/d1/forever")).toBe(true);
});

it("stars a document at once, and takes that back when the server refuses", async () => {
  serveDocuments({ "PUT /api/documents/d1/favourite": () => problem(403, "no") });
  show(<DocumentsPage />);
  const star = await screen.findByTestId("favourite");
  expect(star.getAttribute("aria-pressed")).toBe("false");
  await userEvent.click(star);
  await waitFor(() => expect(toasts.get()[0]?.tone).toBe("error"));
  expect(screen.getByTestId("favourite").getAttribute("aria-pressed")).toBe("false");
});

it("searches titles and texts, and shows what it found without taking it for markup", async () => {
  const hit = {
    document: { ...document, id: "d2", title: "Budget" },
    title_html: "Budget",
    snippet_html: "said on <mark>May</mark> 1 &lt;b&gt;",
    rank: 1,
  };
  serveDocuments({ "GET /api/documents/search": () => Response.json({ items: [hit], next_cursor: null }) });
  show(<DocumentsPage />);
  await screen.findByTestId("document-row");
  await userEvent.type(screen.getByTestId("search"), "may");
  // The title that is here already, at once; the text when the server has answered.
  await waitFor(() => expect(screen.getAllByTestId("document-row")).toHaveLength(2));
  const snippet = screen.getByTestId("snippet");
  expect(snippet.textContent).toBe("said on May 1 <b>");
  expect(snippet.querySelector("mark")?.textContent).toBe("May");
  expect(snippet.querySelector("b")).toBeNull();
});

it("still finds titles when the search does not answer, and says that it is less", async () => {
  serveDocuments({ "GET /api/documents/search": () => problem(400, "no") });
  show(<DocumentsPage />);
  await screen.findByTestId("document-row");
  await userEvent.type(screen.getByTestId("search"), "minutes");
  expect((await screen.findByRole("alert")).textContent).toMatch(/Only titles/);
  expect(screen.getAllByTestId("document-row")).toHaveLength(1);
});

it("says how much is unread", async () => {
  serveDocuments();
  show(<DocumentsPage />);
  expect(await screen.findByRole("button", { name: "Notifications, 2 unread" })).toBeTruthy();
});

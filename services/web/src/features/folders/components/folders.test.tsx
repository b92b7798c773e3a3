// @vitest-environment jsdom
import "@/test/dom";
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import DocumentsPage from "@/features/documents/components/DocumentsPage";
import { dismissToast, toasts } from "@/shared/ui/toastStore";
import { ADA, done, problem, type Routes, serve, show, signInAsAda } from "@/test/app";
import { openFolders, setFoldersOpen } from "../model/openFolders";

const document = {
  id: "d1",
  title: "Minutes",
  role: "owner",
  owner: ADA,
  created_at: "2026-01-01T00:00:00Z",
  edited_at: "2026-01-01T00:00:00Z",
  member_count: 1,
  team_count: 0,
  favourite: false,
  folder: null as string | null,
  opened_at: null,
  trashed_at: null,
};

let items: (typeof document)[];
let folders: { id: string; name: string; parent: string | null }[];

function serveLibrary(more: Routes = {}) {
  return serve({
    "GET /api/users/me": () => Response.json(ADA),
    "GET /api/documents/notifications/count": () => Response.json({ unread: 0 }),
    "GET /api/documents": (_body, url) => {
      const folder = url.searchParams.get("folder");
      const shown = folder === null ? items : items.filter((item) => item.folder === folder);
      return Response.json({ items: shown, next_cursor: null });
    },
    "GET /api/documents/folders": () => Response.json({ items: folders, next_cursor: null }),
    "PUT /api/documents/d1/folder": (body) => {
      items = items.map((item) => ({ ...item, folder: (body as { folder: string | null }).folder }));
      return done();
    },
    ...more,
  });
}

beforeEach(() => {
  signInAsAda();
  items = [document];
  folders = [
    { id: "work", name: "Work", parent: null },
    { id: "may", name: "May", parent: "work" },
    { id: "home", name: "Home", parent: null },
  ];
  const observer = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  vi.stubGlobal("IntersectionObserver", observer);
  vi.stubGlobal("ResizeObserver", observer);
  Element.prototype.scrollIntoView ??= () => undefined;
  Element.prototype.hasPointerCapture ??= () => false;
});

afterEach(() => {
  vi.unstubAllGlobals();
  setFoldersOpen([...openFolders.get()], false);
  for (const { id } of toasts.get()) dismissToast(id);
  history.replaceState(null, "", "/");
});

const messages = () => toasts.get().map(({ message }) => message);
const folderNamed = async (name: string) =>
  (await screen.findAllByTestId("folder")).find((each) => each.dataset.name === name) as HTMLElement;

it("opens the tree down to the folder that is shown, and says the way to it", async () => {
  serveLibrary();
  show(<DocumentsPage folder="may" />);
  expect((await screen.findByTestId("folder-title")).textContent).toBe("May");
  const link = within(await folderNamed("May")).getByTestId("folder-link");
  expect(link.getAttribute("aria-current")).toBe("page");
  const way = screen.getByRole("navigation", { name: "Folders above" });
  expect(within(way).getByRole("link", { name: "Work" }).getAttribute("href")).toBe("/folders/work");
  expect(await screen.findByTestId("empty-folder")).toBeTruthy();
});

it("files a document from its menu, without a mouse", async () => {
  const calls = serveLibrary();
  show(<DocumentsPage />);
  (await screen.findByTestId("document-menu")).focus();
  await userEvent.keyboard("{Enter}");
  (await screen.findByTestId("move")).focus();
  await userEvent.keyboard("{Enter}");
  const dialog = await screen.findByTestId("move-dialog");
  const choices = within(dialog).getAllByRole("radio");
  expect(choices.map((each) => each.closest("label")?.textContent)).toEqual([
    "No folderHere now",
    "Home",
    "Work",
    "May",
  ]);
  const submit = within(dialog).getByTestId<HTMLButtonElement>("move-submit");
  expect(submit.disabled).toBe(true);
  await userEvent.click(choices[2] as HTMLElement);
  await userEvent.click(submit);
  expect((await screen.findByTestId("in-folder")).textContent).toBe("In the folder Work");
  await waitFor(() => expect(messages()).toContain("“Minutes” is in “Work” now."));
  expect(calls.find(({ route }) => route === "PUT /api/documents/d1/folder")?.body).toEqual({
    folder: "work",
  });
});

it("files a document that is dropped on a folder, and takes it back when the server refuses", async () => {
  serveLibrary({ "PUT /api/documents/d1/folder": () => problem(404, "no-such-folder") });
  show(<DocumentsPage />);
  const row = await screen.findByTestId("document-row");
  const target = await folderNamed("Home");
  const dataTransfer = transferOf();
  fireEvent.dragStart(row, { dataTransfer });
  fireEvent.dragOver(target, { dataTransfer });
  expect(target.className).toContain("folder--over");
  fireEvent.drop(target, { dataTransfer });
  await waitFor(() => expect(toasts.get()[0]?.tone).toBe("error"));
  expect(screen.queryByTestId("in-folder")).toBeNull();
});

it("does not drop a folder into what is in it", async () => {
  const calls = serveLibrary();
  setFoldersOpen(["work"], true);
  show(<DocumentsPage />);
  const dataTransfer = transferOf();
  fireEvent.dragStart(within(await folderNamed("Work")).getByTestId("folder-link"), { dataTransfer });
  fireEvent.drop(await folderNamed("May"), { dataTransfer });
  await waitFor(() => expect(messages()).toEqual(["A folder cannot be inside itself."]));
  expect(calls.some(({ route }) => route.startsWith("PATCH"))).toBe(false);
});

it("makes a folder and goes there; an empty name is none", async () => {
  serveLibrary({
    "POST /api/documents/folders": (body) => {
      const made = { id: "new", ...(body as { name: string; parent: null }) };
      folders = [...folders, made];
      return Response.json(made, { status: 201 });
    },
  });
  show(<DocumentsPage />);
  await userEvent.click(await screen.findByTestId("folder-new"));
  const name = await screen.findByTestId("folder-name");
  await userEvent.type(name, "  {Enter}");
  expect(screen.getByTestId("folder-name-error").textContent).toContain("Enter a name.");
  await userEvent.type(name, "Ideas{Enter}");
  await waitFor(() => expect(location.pathname).toBe("/folders/new"));
  expect(await folderNamed("Ideas")).toBeTruthy();
});

it("says why a folder cannot be renamed, where it was asked", async () => {
  serveLibrary({
    "PATCH /api/documents/folders/home": () => problem(404, "no-such-folder", { title: "It is gone" }),
  });
  show(<DocumentsPage folder="home" />);
  const head = (await screen.findByTestId("folder-title")).parentElement as HTMLElement;
  await userEvent.click(within(head).getByTestId("folder-menu"));
  await userEvent.click(await screen.findByTestId("folder-rename"));
  await userEvent.type(await screen.findByTestId("folder-name"), "House{Enter}");
  expect((await screen.findByTestId("folder-name-error")).textContent).toContain("It is gone.");
  expect(await folderNamed("Home")).toBeTruthy();
});

it("deletes a folder after saying that nothing in it goes, and leaves its page", async () => {
  items = [{ ...document, folder: "may" }];
  serveLibrary({
    "DELETE /api/documents/folders/may": () => {
      folders = folders.filter(({ id }) => id !== "may");
      items = items.map((item) => ({ ...item, folder: "work" }));
      return done();
    },
  });
  history.replaceState(null, "", "/folders/may");
  show(<DocumentsPage folder="may" />);
  const head = (await screen.findByTestId("folder-title")).parentElement as HTMLElement;
  await userEvent.click(within(head).getByTestId("folder-menu"));
  await userEvent.click(await screen.findByTestId("folder-delete"));
  expect((await screen.findByTestId("confirm-dialog")).textContent).toContain("they move to “Work”");
  await userEvent.click(screen.getByTestId("confirm"));
  await waitFor(() => expect(location.pathname).toBe("/folders/work"));
});

it("says that a folder is not there", async () => {
  serveLibrary({ "GET /api/documents": () => problem(404, "no-such-folder") });
  show(<DocumentsPage folder="elsewhere" />);
  expect(await screen.findByTestId("no-folder")).toBeTruthy();
});

/** As browsers hand it from the start of a drag to its end. */
function transferOf() {
  const data = new Map<string, string>();
  return {
    setData: (type: string, value: string) => data.set(type, value),
    getData: (type: string) => data.get(type) ?? "",
    get types() {
      return [...data.keys()];
    },
  };
}

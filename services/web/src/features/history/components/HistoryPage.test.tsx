// @vitest-environment jsdom
import "@/test/dom";
import { configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Role } from "@/shared/api/types";
import { dismissToast, toasts } from "@/shared/ui/toastStore";
import { ADA, done, problem, type Routes, serve, show, signInAsAda } from "@/test/app";
import HistoryPage from "./HistoryPage";

const BASE = "/api/collaboration/documents/d1/versions";

function version(id: string, name: string) {
  return {
    id,
    name,
    sequence: 3,
    created_by: "u1",
    created_at: "2026-01-01T00:00:00Z",
    authors: ["u1"],
    size_bytes: 10,
  };
}

const difference = {
  before: "v1",
  after: null,
  sequence: 3,
  same: false,
  inserted_chars: 4,
  deleted_chars: 5,
  blocks: [
    {
      status: "changed",
      type: "heading",
      attrs: { level: 2 },
      type_before: "paragraph",
      attrs_before: {},
      runs: [
        { status: "kept", text: "The " },
        { status: "deleted", text: "quick" },
        { status: "inserted", text: "slow" },
        { status: "changed", text: " fox", marks: [{ type: "bold" }], marks_before: [] },
      ],
    },
    { status: "inserted", type: "paragraph", runs: [{ status: "inserted", text: "New" }] },
    { status: "folded", type: "", count: 7 },
  ],
};

// Four answers come one after another before a version is shown.
configure({ asyncUtilTimeout: 10_000 });

let versions: ReturnType<typeof version>[];

function open(role: Role = "owner", search = "", routes: Routes = {}) {
  window.history.replaceState(null, "", `/documents/d1/history${search}`);
  const calls = serve({
    "GET /api/users/me": () => Response.json(ADA),
    "GET /api/users/u1": () => Response.json(ADA),
    "GET /api/documents/d1": () =>
      Response.json({
        id: "d1",
        title: "Plan",
        role,
        owner: ADA,
        created_at: "2026-01-01T00:00:00Z",
        edited_at: "2026-01-01T00:00:00Z",
        member_count: 1,
      }),
    "POST /api/documents/d1/ticket": () =>
      Response.json({ ticket: "t", role, expires_in_s: 300, path: "/collaboration/d1" }),
    [`GET ${BASE}`]: () => Response.json({ items: versions, next_cursor: null }),
    [`GET ${BASE}/v1`]: () => Response.json(versions[0]),
    [`GET ${BASE}/v1/difference`]: () => Response.json(difference),
    ...routes,
  });
  show(<HistoryPage id="d1" />);
  return calls;
}

beforeEach(() => {
  signInAsAda();
  versions = [version("v1", "Draft")];
});

afterEach(() => {
  vi.unstubAllGlobals();
  for (const { id } of toasts.get()) dismissToast(id);
});

it("shows a version's text with what changed, not by colour alone", async () => {
  open("viewer", "?version=v1");
  const changes = await screen.findByTestId("changes");
  expect(within(changes).getByText("quick").tagName).toBe("DEL");
  expect(within(changes).getByText("slow").tagName).toBe("INS");
  expect(changes.textContent).toContain("was: paragraph");
  expect(changes.textContent).toContain("(was plain)");
  expect(changes.textContent).toContain("7 unchanged paragraphs");
  expect(screen.getByTestId("version-summary").textContent).toBe(
    "Since then: 4 characters written, 5 characters removed.",
  );
});

it("lets viewers and commenters look only", async () => {
  open("commenter", "?version=v1");
  await screen.findByTestId("changes");
  for (const testId of ["version-save", "version-restore", "version-rename", "version-delete"]) {
    expect(screen.queryByTestId(testId)).toBeNull();
  }
});

it("lets editors change versions, and owners delete them", async () => {
  open("editor", "?version=v1");
  await screen.findByTestId("version-restore");
  expect(screen.queryByTestId("version-delete")).toBeNull();
});

it("restores after asking, and offers the way back", async () => {
  const before = version("v2", "Before restoring “Draft”");
  const calls = open("owner", "?version=v1", {
    [`POST ${BASE}/v1/restore`]: () => Response.json({ before }),
    [`POST ${BASE}/v2/restore`]: () => Response.json({ before: version("v3", "Before undoing") }),
  });
  await userEvent.click(await screen.findByTestId("version-restore"));
  expect(calls.some(({ route }) => route.endsWith("/restore"))).toBe(false);
  await userEvent.click(screen.getByTestId("confirm"));
  await waitFor(() => expect(toasts.get()[0]?.message).toBe("“Draft” is restored."));
  expect(window.location.pathname).toBe("/documents/d1");
  toasts.get()[0]?.action?.run();
  await waitFor(() => expect(calls.some(({ route }) => route === `POST ${BASE}/v2/restore`)).toBe(true));
});

it("saves, renames and deletes", async () => {
  const calls = open("owner", "?version=v1", {
    [`POST ${BASE}`]: () => Response.json(version("v2", "Final"), { status: 201 }),
    [`GET ${BASE}/v2`]: () => Response.json(version("v2", "Final")),
    [`PATCH ${BASE}/v2`]: () => Response.json(version("v2", "Last")),
    [`DELETE ${BASE}/v2`]: done,
  });
  await userEvent.click(await screen.findByTestId("version-save"));
  await userEvent.click(screen.getByTestId("version-name-save"));
  expect(screen.getByTestId("version-error").textContent).toContain("Give it a name.");
  await userEvent.type(screen.getByLabelText("Name of the version"), " Final ");
  await userEvent.click(screen.getByTestId("version-name-save"));
  await waitFor(() => expect(window.location.search).toBe("?version=v2"));
  expect(calls.find(({ route }) => route === `POST ${BASE}`)?.body).toEqual({ name: "Final" });
  await userEvent.click(await screen.findByTestId("version-rename"));
  await userEvent.clear(screen.getByLabelText("Name of the version"));
  await userEvent.type(screen.getByLabelText("Name of the version"), "Last");
  await userEvent.click(screen.getByTestId("version-name-save"));
  await waitFor(() => expect(screen.queryByTestId("version-dialog")).toBeNull());
  await userEvent.click(screen.getByTestId("version-delete"));
  await userEvent.click(screen.getByTestId("confirm"));
  await waitFor(() => expect(window.location.search).toBe(""));
  expect(calls.some(({ route }) => route === `DELETE ${BASE}/v2`)).toBe(true);
});

it("fetches another ticket where the one it has is refused", async () => {
  let tries = 0;
  const calls = open("owner", "?version=v1", {
    [`GET ${BASE}/v1`]: () => {
      tries += 1;
      return tries === 2 ? problem(401, "unauthenticated") : Response.json(versions[0]);
    },
    [`PATCH ${BASE}/v1`]: () => Response.json(versions[0]),
  });
  await userEvent.click(await screen.findByTestId("version-rename"));
  await userEvent.click(screen.getByTestId("version-name-save"));
  await waitFor(() => expect(tries).toBe(3));
  expect(calls.filter(({ route }) => route.endsWith("/ticket")).length).toBeGreaterThan(0);
});

it("says that there are none, that one is gone, and that one cannot be compared", async () => {
  versions = [];
  open("owner", "?version=v9");
  expect(await screen.findByTestId("no-versions")).toBeTruthy();
  expect(await screen.findByTestId("no-such-version")).toBeTruthy();
});

it("says when a document is too large to be compared", async () => {
  open("owner", "?version=v1", {
    [`GET ${BASE}/v1/difference`]: () => problem(413, "too-large-to-compare"),
  });
  expect((await screen.findByTestId("no-difference")).textContent).toContain("too large to show");
  expect(screen.getByTestId("version-restore")).toBeTruthy();
});

// @vitest-environment jsdom
import "@/test/dom";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Document } from "@/shared/api/types";
import { ADA, done, type Routes, serve, show, signInAsAda } from "@/test/app";
import { ShareDialog } from "./ShareDialog";

const LIN = { id: "u2", name: "Lin", email: null, color: "#1d4ed8" };
const document: Document = {
  id: "d1",
  title: "Plan",
  role: "owner",
  owner: ADA,
  created_at: "2026-01-01T00:00:00Z",
  edited_at: "2026-01-01T00:00:00Z",
  member_count: 2,
  team_count: 0,
  favourite: false,
  opened_at: null,
  trashed_at: null,
};

function serveSharing(more: Routes = {}) {
  const members = [
    { user: ADA, role: "owner" },
    { user: LIN, role: "viewer" },
  ];
  return serve({
    "GET /api/documents/d1/members": () => Response.json({ items: members, teams: [] }),
    "GET /api/documents/d1/links": () => Response.json({ items: [] }),
    "GET /api/users/teams": () => Response.json({ items: [], next_cursor: null }),
    ...more,
  });
}

beforeEach(signInAsAda);
afterEach(() => vi.unstubAllGlobals());
const dialog = () => show(<ShareDialog document={document} onClose={() => undefined} />);

it("changes the role of somebody whose address is not known", async () => {
  const calls = serveSharing({
    "PUT /api/documents/d1/members": () => Response.json({ user: LIN, role: "editor" }),
  });
  dialog();
  await userEvent.selectOptions(await screen.findByTestId("member-role"), "editor");
  await waitFor(() =>
    expect(calls.find(({ route }) => route.startsWith("PUT"))?.body).toEqual({
      user_id: "u2",
      role: "editor",
    }),
  );
});

it("hands a document over only after asking", async () => {
  const calls = serveSharing({
    "POST /api/documents/d1/owner": () => Response.json({ ...document, role: "editor" }),
  });
  dialog();
  await userEvent.selectOptions(await screen.findByTestId("member-role"), "owner");
  expect(screen.getByTestId("confirm-dialog").textContent).toContain("Make Lin the owner?");
  expect(calls.some(({ route }) => route.endsWith("/owner"))).toBe(false);
  await userEvent.click(screen.getByTestId("confirm"));
  await waitFor(() =>
    expect(calls.find(({ route }) => route.endsWith("/owner"))?.body).toEqual({ user_id: "u2" }),
  );
});

it("shares with a team of one's own", async () => {
  const team = { id: "t1", name: "Translators", member_count: 3 };
  const calls = serveSharing({
    "GET /api/users/teams": () => Response.json({ items: [team], next_cursor: null }),
    "PUT /api/documents/d1/members": () => Response.json({ team, role: "editor" }),
  });
  dialog();
  await userEvent.selectOptions(await screen.findByTestId("share-team"), "t1");
  await userEvent.click(screen.getByTestId("share-team-add"));
  expect((await screen.findByTestId("team-row")).textContent).toContain("Team of 3 people");
  expect(calls.find(({ route }) => route.startsWith("PUT"))?.body).toEqual({ team_id: "t1", role: "editor" });
});

it("makes links with a password, shows them, and revokes them", async () => {
  const links: object[] = [];
  const link = {
    id: "l1",
    role: "viewer",
    has_password: true,
    expires_at: null,
    created_at: "2026-01-01T00:00:00Z",
    url: "https://collab.example/link#abc",
    token: "abc",
  };
  const calls = serveSharing({
    "GET /api/documents/d1/links": () => Response.json({ items: links }),
    "POST /api/documents/d1/links": () => {
      links.push(link);
      return Response.json(link, { status: 201 });
    },
    "PATCH /api/documents/d1/links/l1": () => Response.json({ ...link, role: "commenter" }),
    "DELETE /api/documents/d1/links/l1": () => {
      links.pop();
      return done();
    },
  });
  dialog();
  await userEvent.click(await screen.findByTestId("link-new"));
  await userEvent.type(screen.getByTestId("link-password"), "open sesame");
  await userEvent.click(screen.getByTestId("link-submit"));
  const row = await screen.findByTestId("link-row");
  expect(row.dataset.url).toBe("https://collab.example/link#abc");
  expect(row.textContent).toContain("Link with a password");
  expect(calls.find(({ route }) => route === "POST /api/documents/d1/links")?.body).toEqual({
    role: "viewer",
    password: "open sesame",
    expires_at: null,
  });
  await userEvent.selectOptions(screen.getByTestId("link-row-role"), "commenter");
  expect(calls.find(({ route }) => route.startsWith("PATCH"))?.body).toEqual({ role: "commenter" });
  await userEvent.click(screen.getByTestId("link-revoke"));
  await waitFor(() => expect(screen.queryByTestId("link-row")).toBeNull());
});

const LINK = {
  id: "l1",
  role: "commenter",
  has_password: true,
  expires_at: null,
  created_at: "2026-01-01T00:00:00Z",
  url: "https://example.org/link#x",
};

it("gives a link another password and an end", async () => {
  const calls = serveSharing({
    "GET /api/documents/d1/links": () => Response.json({ items: [LINK] }),
    "PATCH /api/documents/d1/links/l1": () => Response.json(LINK),
  });
  dialog();
  await userEvent.click(await screen.findByTestId("link-settings-open"));
  await userEvent.selectOptions(screen.getByTestId("link-settings-mode"), "set");
  await userEvent.click(screen.getByTestId("link-settings-save"));
  expect(screen.getByTestId("link-password-error").textContent).toContain("Enter the new password.");
  await userEvent.type(screen.getByTestId("link-settings-password"), "another horse");
  await userEvent.selectOptions(screen.getByTestId("link-settings-life"), "7");
  await userEvent.click(screen.getByTestId("link-settings-save"));
  await waitFor(() => expect(screen.queryByTestId("link-settings")).toBeNull());
  expect(calls.find(({ route }) => route.startsWith("PATCH"))?.body).toEqual({
    password: "another horse",
    expires_at: expect.stringMatching(/^20.*Z$/),
  });
});

it("takes a link's password away, and leaves the rest", async () => {
  const calls = serveSharing({
    "GET /api/documents/d1/links": () => Response.json({ items: [LINK] }),
    "PATCH /api/documents/d1/links/l1": () => Response.json({ ...LINK, has_password: false }),
  });
  dialog();
  await userEvent.click(await screen.findByTestId("link-settings-open"));
  await userEvent.selectOptions(screen.getByTestId("link-settings-mode"), "remove");
  await userEvent.click(screen.getByTestId("link-settings-save"));
  await waitFor(() =>
    expect(calls.find(({ route }) => route.startsWith("PATCH"))?.body).toEqual({ password: null }),
  );
});

it("lets somebody leave, after asking", async () => {
  const calls = serveSharing({
    "GET /api/documents/d1/members": () =>
      Response.json({
        items: [
          { user: LIN, role: "owner" },
          { user: ADA, role: "viewer" },
        ],
        teams: [],
      }),
    "DELETE /api/documents/d1/members/u1": done,
  });
  show(<ShareDialog document={{ ...document, role: "viewer", owner: LIN }} onClose={() => undefined} />);
  await userEvent.click(await screen.findByTestId("member-leave"));
  expect(calls.some(({ route }) => route.startsWith("DELETE"))).toBe(false);
  await userEvent.click(screen.getByTestId("confirm"));
  await waitFor(() =>
    expect(calls.some(({ route }) => route === "DELETE /api/documents/d1/members/u1")).toBe(true),
  );
});

// @vitest-environment jsdom
import "@/test/dom";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { dismissToast, toasts } from "@/shared/ui/toastStore";
import { ADA, done, problem, type Routes, serve, show, signInAsAda } from "@/test/app";
import TeamsPage from "./TeamsPage";

const BEN = { id: "u2", name: "Ben Example", email: null, color: "#1d4ed8", avatar_url: null };

let team: { id: string; name: string; role: string; member_count: number; created_at: string };
let members: { user: object; role: string; added_at: string }[];

function serveTeams(more: Routes = {}) {
  return serve({
    "GET /api/users/me": () => Response.json(ADA),
    "GET /api/users/teams": () => Response.json({ items: [team], next_cursor: null }),
    "GET /api/users/teams/t1": () => Response.json(team),
    "GET /api/users/teams/t1/members": () => Response.json({ items: members, next_cursor: null }),
    "GET /api/users/search": () => Response.json({ items: [BEN] }),
    ...more,
  });
}

beforeEach(() => {
  signInAsAda();
  team = {
    id: "t1",
    name: "Translators",
    role: "manager",
    member_count: 1,
    created_at: "2026-01-01T00:00:00Z",
  };
  members = [{ user: ADA, role: "manager", added_at: "2026-01-01T00:00:00Z" }];
  const observer = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  vi.stubGlobal("ResizeObserver", observer);
  Element.prototype.scrollIntoView ??= () => undefined;
  Element.prototype.hasPointerCapture ??= () => false;
});

afterEach(() => {
  vi.unstubAllGlobals();
  for (const { id } of toasts.get()) dismissToast(id);
  history.replaceState(null, "", "/");
});

const messages = () => toasts.get().map(({ message }) => message);

it("makes a team and goes there", async () => {
  const calls = serveTeams({
    "GET /api/users/teams": () => Response.json({ items: [], next_cursor: null }),
    "POST /api/users/teams": () => Response.json(team, { status: 201 }),
  });
  show(<TeamsPage />);
  expect(await screen.findByTestId("no-teams")).toBeTruthy();
  await userEvent.click(screen.getByTestId("team-new"));
  await userEvent.type(screen.getByTestId("team-name"), " Translators {Enter}");
  await waitFor(() => expect(location.pathname).toBe("/teams/t1"));
  expect(calls.find(({ route }) => route === "POST /api/users/teams")?.body).toEqual({
    name: "Translators",
  });
});

it("adds somebody found by name, changes their role, and removes them after asking", async () => {
  const calls = serveTeams({
    "PUT /api/users/teams/t1/members": (body) => {
      const { role } = body as { role: string };
      members = [...members.slice(0, 1), { user: BEN, role, added_at: "2026-01-02T00:00:00Z" }];
      team = { ...team, member_count: 2 };
      return Response.json(members[1]);
    },
    "DELETE /api/users/teams/t1/members/u2": () => {
      members = members.slice(0, 1);
      return done();
    },
  });
  show(<TeamsPage team="t1" />);
  await userEvent.type(await screen.findByTestId("team-add"), "ben");
  await userEvent.click(await screen.findByTestId("person-option"));
  await waitFor(() => expect(screen.getAllByTestId("team-member")).toHaveLength(2));
  await waitFor(() => expect(messages()).toContain("Ben Example is in the team now."));
  const [, ben] = screen.getAllByTestId("team-member");
  await userEvent.selectOptions(within(ben as HTMLElement).getByTestId("team-member-role"), "manager");
  await waitFor(() => expect(screen.getAllByTestId("team-member")[1]?.dataset.role).toBe("manager"));
  const puts = calls.filter(({ route }) => route === "PUT /api/users/teams/t1/members");
  expect(puts.map(({ body }) => body)).toEqual([
    { user_id: "u2", role: "member" },
    { user_id: "u2", role: "manager" },
  ]);
  const row = screen.getAllByTestId("team-member")[1] as HTMLElement;
  await userEvent.click(within(row).getByTestId("team-member-remove"));
  await userEvent.click(await screen.findByTestId("confirm"));
  await waitFor(() => expect(screen.getAllByTestId("team-member")).toHaveLength(1));
});

it("does not add somebody again who is there by that address", async () => {
  const calls = serveTeams({ "GET /api/users/search": () => Response.json({ items: [] }) });
  show(<TeamsPage team="t1" />);
  await screen.findByTestId("team-member");
  await userEvent.type(screen.getByTestId("team-add"), "ADA@example.org{Enter}");
  await waitFor(() => expect(messages()).toEqual(["ADA@example.org is in the team already."]));
  expect(calls.some(({ route }) => route.startsWith("PUT"))).toBe(false);
});

it("says what the last manager can do instead of leaving", async () => {
  serveTeams({ "DELETE /api/users/teams/t1/members/u1": () => problem(409, "last-manager") });
  history.replaceState(null, "", "/teams/t1");
  show(<TeamsPage team="t1" />);
  await userEvent.click(await screen.findByTestId("team-menu"));
  await userEvent.click(await screen.findByTestId("team-leave"));
  await userEvent.click(await screen.findByTestId("confirm"));
  await waitFor(() => expect(messages()[0]).toMatch(/Make somebody else a manager first/));
  expect(location.pathname).toBe("/teams/t1");
});

it("deletes a team after saying what that does to others", async () => {
  team = { ...team, member_count: 3 };
  serveTeams({ "DELETE /api/users/teams/t1": done });
  history.replaceState(null, "", "/teams/t1");
  show(<TeamsPage team="t1" />);
  await userEvent.click(await screen.findByTestId("team-menu"));
  await userEvent.click(await screen.findByTestId("team-delete"));
  expect((await screen.findByTestId("confirm-dialog")).textContent).toContain("All 3 people lose");
  await userEvent.click(screen.getByTestId("confirm"));
  await waitFor(() => expect(location.pathname).toBe("/teams"));
});

it("shows a mere member who is there, and nothing to change", async () => {
  team = { ...team, role: "member", member_count: 2 };
  members = [
    { user: BEN, role: "manager", added_at: "2026-01-01T00:00:00Z" },
    { user: ADA, role: "member", added_at: "2026-01-01T00:00:00Z" },
  ];
  serveTeams();
  show(<TeamsPage team="t1" />);
  expect(await screen.findAllByTestId("team-member")).toHaveLength(2);
  for (const testId of ["team-add", "team-member-role", "team-member-remove"])
    expect(screen.queryByTestId(testId)).toBeNull();
  await userEvent.click(screen.getByTestId("team-menu"));
  expect(await screen.findByTestId("team-leave")).toBeTruthy();
  expect(screen.queryByTestId("team-delete")).toBeNull();
});

it("says that a team is not there, or not for one", async () => {
  serveTeams({ "GET /api/users/teams/t1": () => problem(404, "no-such-team") });
  show(<TeamsPage team="t1" />);
  expect(await screen.findByTestId("no-team")).toBeTruthy();
});

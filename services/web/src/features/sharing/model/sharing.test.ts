import { expect, it } from "vitest";
import { ApiError, NetworkError } from "@/shared/api/errors";
import type { Member, MemberList, Role, TeamShare } from "@/shared/api/types";
import { expiryOf, lifeOf } from "./expiry";
import { inviteError } from "./inviteError";
import { sortMembers, withMember, withoutMember, withoutTeam, withRole, withShare } from "./members";

function member(name: string, role: Role): Member {
  return { user: { id: name, name, email: `${name}@example.org`, color: "#0f766e" }, role };
}

const names = (members: readonly Member[]) => members.map(({ user }) => user.name);

it("lists the owner first, then by role, then by name", () => {
  const members = [
    member("Zoe", "viewer"),
    member("Bo", "editor"),
    member("Al", "editor"),
    member("Ow", "owner"),
  ];
  expect(names(sortMembers(members))).toEqual(["Ow", "Al", "Bo", "Zoe"]);
});

it("has everyone once", () => {
  const members = [member("Al", "viewer"), member("Bo", "editor")];
  const changed = withMember(members, member("Al", "editor"));
  expect(changed).toHaveLength(2);
  expect(changed.find(({ user }) => user.id === "Al")?.role).toBe("editor");
  expect(names(withoutMember(members, "Al"))).toEqual(["Bo"]);
});

it("explains why somebody could not be added", () => {
  const failed = (slug: string, fields: { field: string; message: string }[] = []) =>
    new ApiError({ status: 404, slug, title: "", detail: "D.", fields, requestId: null, retryAfterS: null });
  expect(inviteError(failed("no-such-person"), "x@y.z")).toBe("Nobody here is registered with x@y.z.");
  expect(inviteError(failed("invalid", [{ field: "email", message: "Not one." }]), "x")).toBe("Not one.");
  expect(inviteError(new NetworkError("away"), "x@y.z")).toBe(
    "Could not add x@y.z: the server cannot be reached.",
  );
});

it("changes roles of people and of teams, found in any of the ways the server takes", () => {
  const team: TeamShare = { team: { id: "t1", name: "Translators", member_count: 3 }, role: "viewer" };
  const known: MemberList = { items: [member("Al", "viewer"), member("Bo", "viewer")], teams: [team] };
  const roles = ({ items, teams }: MemberList) => [...items, ...teams].map(({ role }) => role).join(" ");
  expect(roles(withRole(known, { user_id: "Al" }, "editor"))).toBe("editor viewer viewer");
  expect(roles(withRole(known, { email: "Bo@example.org" }, "editor"))).toBe("viewer editor viewer");
  expect(roles(withRole(known, { team_id: "t1" }, "editor"))).toBe("viewer viewer editor");
  expect(roles(withShare(known, { ...team, role: "commenter" }))).toBe("viewer viewer commenter");
  expect(withShare(known, member("Cy", "viewer")).items).toHaveLength(3);
  expect(withoutTeam(known, "t1").teams).toEqual([]);
});

it("says when a link ends", () => {
  const now = new Date("2026-05-01T12:00:00Z");
  expect(expiryOf("", now)).toBeNull();
  expect(expiryOf("7", now)).toBe("2026-05-08T12:00:00.000Z");
  expect(lifeOf(null, now)).toBe("works until it is revoked");
  expect(lifeOf("2026-06-20T12:00:00Z", now)).toBe("works until 20 Jun 2026");
  expect(lifeOf("2026-04-30T12:00:00Z", now)).toBe("has expired");
});

import { expect, it } from "vitest";
import { ApiError, NetworkError } from "@/shared/api/errors";
import type { Member, Role } from "@/shared/api/types";
import { inviteError } from "./inviteError";
import { sortMembers, withMember, withoutMember } from "./members";

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

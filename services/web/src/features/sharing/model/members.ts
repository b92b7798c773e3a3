import type { Member, Role } from "@/shared/api/types";

const ORDER: readonly Role[] = ["owner", "editor", "commenter", "viewer"];

/** Owner first, then by what they may do, then by name. */
export function sortMembers(members: readonly Member[]): Member[] {
  return members.toSorted(
    (a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role) || a.user.name.localeCompare(b.user.name),
  );
}

/** The list with `member` added, or in place of what it was. */
export function withMember(members: readonly Member[], member: Member): Member[] {
  return [...withoutMember(members, member.user.id), member];
}

export function withoutMember(members: readonly Member[], userId: string): Member[] {
  return members.filter(({ user }) => user.id !== userId);
}

import type { Member, MemberList, Role, TeamShare } from "@/shared/api/types";

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

/** Whom something is shared with, in one of the ways the server takes. */
export type Sharing =
  | { readonly email: string }
  | { readonly user_id: string }
  | { readonly team_id: string };

/** The list with another role for someone who is in it already. */
export function withRole(known: MemberList, who: Sharing, role: Role): MemberList {
  return {
    items: known.items.map((member) => (isMember(member, who) ? { ...member, role } : member)),
    teams: known.teams.map((share) =>
      "team_id" in who && share.team.id === who.team_id ? { ...share, role } : share,
    ),
  };
}

function isMember({ user }: Member, who: Sharing): boolean {
  if ("user_id" in who) return user.id === who.user_id;
  return "email" in who && user.email !== "" && user.email === who.email;
}

/** The list with what the server says it gave. */
export function withShare(known: MemberList, share: Member | TeamShare): MemberList {
  if ("user" in share) return { ...known, items: withMember(known.items, share) };
  return { ...known, teams: [...withoutTeam(known, share.team.id).teams, share] };
}

export function withoutTeam(known: MemberList, teamId: string): MemberList {
  return { ...known, teams: known.teams.filter(({ team }) => team.id !== teamId) };
}

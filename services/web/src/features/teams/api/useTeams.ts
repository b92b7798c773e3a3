import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";
import type { Who } from "@/features/people/components/PersonPicker";
import { PublicProfile } from "@/shared/api/types";

export const TeamRole = v.picklist(["manager", "member"]);
export type TeamRole = v.InferOutput<typeof TeamRole>;

const Team = v.object({
  id: v.string(),
  name: v.string(),
  /** One's own. */
  role: TeamRole,
  member_count: v.number(),
  created_at: v.string(),
});
export type Team = v.InferOutput<typeof Team>;

const TeamMember = v.object({
  /** `email` is null where whoever added them did not know it. */
  user: v.object({ ...PublicProfile.entries, email: v.nullable(v.string()) }),
  role: TeamRole,
});
export type TeamMember = v.InferOutput<typeof TeamMember>;

const TeamPage = v.object({ items: v.array(Team), next_cursor: v.nullable(v.string()) });
const MemberPage = v.object({ items: v.array(TeamMember), next_cursor: v.nullable(v.string()) });

/** All begin alike: a change of a team concerns each list that has it, also that of the sharing dialog. */
export const teamKeys = {
  all: ["teams"],
  list: ["teams", "list"],
  one: (id: string) => ["teams", "one", id],
  members: (id: string) => ["teams", "members", id],
} as const;

const PAGE_SIZE = "50";

function address(id: string): string {
  return `/api/users/teams/${encodeURIComponent(id)}`;
}

function pageQuery(cursor: string | null): URLSearchParams {
  return new URLSearchParams(cursor === null ? { limit: PAGE_SIZE } : { limit: PAGE_SIZE, cursor });
}

/** The teams one is in, newest first. */
export function useMyTeams() {
  return useInfiniteQuery({
    queryKey: teamKeys.list,
    queryFn: ({ pageParam, signal }) =>
      authorized(`/api/users/teams?${pageQuery(pageParam)}`, TeamPage, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function useTeam(id: string) {
  return useQuery({
    queryKey: teamKeys.one(id),
    queryFn: ({ signal }) => authorized(address(id), Team, { signal }),
  });
}

/** Who is in a team: who has been there longest, first. */
export function useTeamMembers(id: string) {
  return useInfiniteQuery({
    queryKey: teamKeys.members(id),
    queryFn: ({ pageParam, signal }) =>
      authorized(`${address(id)}/members?${pageQuery(pageParam)}`, MemberPage, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function useCreateTeam() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => authorized("/api/users/teams", Team, { method: "POST", body: { name } }),
    onSuccess: (team) => client.setQueryData(teamKeys.one(team.id), team),
    onSettled: () => client.invalidateQueries({ queryKey: teamKeys.all }),
  });
}

export function useRenameTeam(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => authorized(address(id), Team, { method: "PATCH", body: { name } }),
    onSuccess: (team) => client.setQueryData(teamKeys.one(id), team),
    onSettled: () => client.invalidateQueries({ queryKey: teamKeys.all }),
  });
}

/** What a team gave to its people goes with it: lists of documents may be shorter then. */
function useTeamEnd(id: string) {
  const client = useQueryClient();
  return async () => {
    client.removeQueries({ queryKey: teamKeys.one(id) });
    client.removeQueries({ queryKey: teamKeys.members(id) });
    await client.invalidateQueries({ queryKey: teamKeys.all });
    await client.invalidateQueries({ queryKey: ["documents", "list"] });
  };
}

export function useDeleteTeam(id: string) {
  const end = useTeamEnd(id);
  return useMutation({
    mutationFn: () => authorized(address(id), null, { method: "DELETE" }),
    onSuccess: end,
  });
}

export function useLeaveTeam(id: string) {
  const end = useTeamEnd(id);
  return useMutation({
    mutationFn: (own: string) => authorized(`${address(id)}/members/${own}`, null, { method: "DELETE" }),
    onSuccess: end,
  });
}

/** Adds somebody, or changes the role they have. */
export function usePutTeamMember(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ who, role }: { who: Who; role: TeamRole }) =>
      authorized(`${address(id)}/members`, TeamMember, { method: "PUT", body: { ...who, role } }),
    onSettled: () => client.invalidateQueries({ queryKey: teamKeys.all }),
  });
}

export function useRemoveTeamMember(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (person: string) =>
      authorized(`${address(id)}/members/${person}`, null, { method: "DELETE" }),
    onSettled: () => client.invalidateQueries({ queryKey: teamKeys.all }),
  });
}

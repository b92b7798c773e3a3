import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";
import { documentKeys } from "@/features/documents/api/keys";
import { Document, Member, MemberList, type Role, TeamShare } from "@/shared/api/types";
import { type Sharing, withoutMember, withoutTeam, withRole, withShare } from "../model/members";

function address(documentId: string): string {
  return `/api/documents/${encodeURIComponent(documentId)}`;
}

/** Who was given which role: people and teams. */
export function useMembers(documentId: string, wanted = true) {
  return useQuery({
    enabled: wanted,
    queryKey: documentKeys.members(documentId),
    queryFn: ({ signal }) => authorized(`${address(documentId)}/members`, MemberList, { signal }),
    staleTime: 0,
  });
}

/** Changes the list before the server confirms it; the result undoes it. */
function useOptimisticMembers(documentId: string) {
  const client = useQueryClient();
  const key = documentKeys.members(documentId);
  return async (change: (known: MemberList) => MemberList) => {
    await client.cancelQueries({ queryKey: key });
    const before = client.getQueryData<MemberList>(key);
    client.setQueryData<MemberList>(key, (known) => known && change(known));
    return () => client.setQueryData(key, before);
  };
}

/** Adds someone or a team, or changes the role they have. */
export function usePutMember(documentId: string) {
  const client = useQueryClient();
  const change = useOptimisticMembers(documentId);
  return useMutation({
    mutationFn: ({ who, role }: { who: Sharing; role: Role }) =>
      authorized(`${address(documentId)}/members`, v.union([Member, TeamShare]), {
        method: "PUT",
        body: { ...who, role },
      }),
    onMutate: ({ who, role }) => change((known) => withRole(known, who, role)),
    onError: (_error, _input, undo) => undo?.(),
    onSuccess: (share) =>
      client.setQueryData<MemberList>(
        documentKeys.members(documentId),
        (known) => known && withShare(known, share),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.list }),
  });
}

export function useRemoveMember(documentId: string) {
  const client = useQueryClient();
  const change = useOptimisticMembers(documentId);
  return useMutation({
    mutationFn: (userId: string) =>
      authorized(`${address(documentId)}/members/${userId}`, null, { method: "DELETE" }),
    onMutate: (userId) => change((known) => ({ ...known, items: withoutMember(known.items, userId) })),
    onError: (_error, _userId, undo) => undo?.(),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.list }),
  });
}

export function useRemoveTeam(documentId: string) {
  const client = useQueryClient();
  const change = useOptimisticMembers(documentId);
  return useMutation({
    mutationFn: (teamId: string) =>
      authorized(`${address(documentId)}/teams/${teamId}`, null, { method: "DELETE" }),
    onMutate: (teamId) => change((known) => withoutTeam(known, teamId)),
    onError: (_error, _teamId, undo) => undo?.(),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.list }),
  });
}

/** Makes another member the owner; whoever was it stays as an editor. */
export function useHandOver(documentId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (userId: string) =>
      authorized(`${address(documentId)}/owner`, Document, { method: "POST", body: { user_id: userId } }),
    onSuccess: (document) => client.setQueryData(documentKeys.one(documentId), document),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: documentKeys.members(documentId) });
      await client.invalidateQueries({ queryKey: documentKeys.list });
    },
  });
}

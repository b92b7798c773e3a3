import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { authorized } from "@/features/auth/session";
import { documentKeys } from "@/features/documents/api/keys";
import { Member, MemberList, type Role } from "@/shared/api/types";
import { withMember, withoutMember } from "../model/members";

function address(documentId: string): string {
  return `/api/documents/${encodeURIComponent(documentId)}/members`;
}

export function useMembers(documentId: string) {
  return useQuery({
    queryKey: documentKeys.members(documentId),
    queryFn: async ({ signal }) => (await authorized(address(documentId), MemberList, { signal })).items,
    staleTime: 0,
  });
}

/** Adds someone, or changes the role they have. */
export function usePutMember(documentId: string) {
  const client = useQueryClient();
  const key = documentKeys.members(documentId);
  return useMutation({
    mutationFn: (member: { email: string; role: Role }) =>
      authorized(address(documentId), Member, { method: "PUT", body: member }),
    onMutate: async ({ email, role }) => {
      await client.cancelQueries({ queryKey: key });
      const before = client.getQueryData<Member[]>(key);
      client.setQueryData<Member[]>(key, (members) =>
        members?.map((member) => (member.user.email === email ? { ...member, role } : member)),
      );
      return before;
    },
    onError: (_error, _member, before) => client.setQueryData(key, before),
    onSuccess: (member) =>
      client.setQueryData<Member[]>(key, (members) => members && withMember(members, member)),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.list }),
  });
}

export function useRemoveMember(documentId: string) {
  const client = useQueryClient();
  const key = documentKeys.members(documentId);
  return useMutation({
    mutationFn: (userId: string) =>
      authorized(`${address(documentId)}/${userId}`, null, { method: "DELETE" }),
    onMutate: async (userId) => {
      await client.cancelQueries({ queryKey: key });
      const before = client.getQueryData<Member[]>(key);
      client.setQueryData<Member[]>(key, (members) => members && withoutMember(members, userId));
      return before;
    },
    onError: (_error, _userId, before) => client.setQueryData(key, before),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.list }),
  });
}

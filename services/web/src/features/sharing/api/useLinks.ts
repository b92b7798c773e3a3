import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";
import { documentKeys } from "@/features/documents/api/keys";
import { Role } from "@/shared/api/types";

const ShareLink = v.object({
  id: v.string(),
  role: Role,
  has_password: v.boolean(),
  expires_at: v.nullable(v.string()),
  created_at: v.string(),
  /** Null when the server cannot tell it any more. */
  url: v.nullable(v.string()),
});
export type ShareLink = v.InferOutput<typeof ShareLink>;

export interface NewLink {
  readonly role: Role;
  readonly password: string | null;
  readonly expires_at: string | null;
}

function address(documentId: string): string {
  return `/api/documents/${encodeURIComponent(documentId)}/links`;
}

/** The links that open a document; only its owner may know them. */
export function useLinks(documentId: string) {
  return useQuery({
    queryKey: documentKeys.links(documentId),
    queryFn: async ({ signal }) =>
      (await authorized(address(documentId), v.object({ items: v.array(ShareLink) }), { signal })).items,
    staleTime: 0,
  });
}

export function useCreateLink(documentId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewLink) => authorized(address(documentId), ShareLink, { method: "POST", body }),
    onSuccess: (link) =>
      client.setQueryData<ShareLink[]>(documentKeys.links(documentId), (known) => known && [link, ...known]),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.links(documentId) }),
  });
}

/** What is left out stays as it is; null takes the password or the end away. */
export interface LinkChange {
  readonly id: string;
  readonly role?: Role;
  readonly password?: string | null;
  readonly expires_at?: string | null;
}

/** Changes what a link gives, also for who came in by it already. */
export function useChangeLink(documentId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }: LinkChange) =>
      authorized(`${address(documentId)}/${id}`, ShareLink, { method: "PATCH", body }),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.links(documentId) }),
  });
}

export function useRevokeLink(documentId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => authorized(`${address(documentId)}/${id}`, null, { method: "DELETE" }),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.links(documentId) }),
  });
}

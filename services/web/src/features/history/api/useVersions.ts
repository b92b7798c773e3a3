import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { useCurrentUser } from "@/features/auth/hooks/useSession";
import { authorized } from "@/features/auth/session";
import { documentKeys } from "@/features/documents/api/keys";
import { ApiError } from "@/shared/api/errors";
import { type RequestOptions, request } from "@/shared/api/request";
import { PublicProfile } from "@/shared/api/types";
import { Difference } from "../model/difference";
import { withTicket } from "./withTicket";

export const Version = v.object({
  id: v.string(),
  name: v.string(),
  created_by: v.string(),
  created_at: v.string(),
  authors: v.array(v.string()),
});
export type Version = v.InferOutput<typeof Version>;

const VersionPage = v.object({ items: v.array(Version), next_cursor: v.nullable(v.string()) });
const Restored = v.object({ before: v.nullable(Version) });

const PAGE_LENGTH = 50;
const LONG_MS = 20_000;

function address(documentId: string): string {
  return `/api/collaboration/documents/${encodeURIComponent(documentId)}/versions`;
}

function ask<T>(
  documentId: string,
  userId: string,
  path: string,
  schema: v.GenericSchema<unknown, T>,
  options: RequestOptions = {},
): Promise<T> {
  const use = (token: string) => request(`${address(documentId)}${path}`, schema, { ...options, token });
  return withTicket(documentId, userId, use, options.signal);
}

/** The versions of a document, newest first, a page at a time. */
export function useVersions(documentId: string) {
  const user = useCurrentUser();
  return useInfiniteQuery({
    queryKey: documentKeys.versions(documentId),
    queryFn: ({ pageParam, signal }) => {
      const search = new URLSearchParams({ limit: String(PAGE_LENGTH) });
      if (pageParam !== null) search.set("cursor", pageParam);
      return ask(documentId, user.id, `?${search}`, VersionPage, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 0,
  });
}

/** One version, also one that is on no page that was read yet. */
export function useVersion(documentId: string, version: string) {
  const user = useCurrentUser();
  return useQuery({
    queryKey: [...documentKeys.versions(documentId), version],
    queryFn: ({ signal }) => ask(documentId, user.id, `/${encodeURIComponent(version)}`, Version, { signal }),
  });
}

/** What changed between a version and the present text; `brief`: without most of what did not. */
export function useDifference(documentId: string, version: string, brief: boolean) {
  const user = useCurrentUser();
  return useQuery({
    queryKey: [...documentKeys.versions(documentId), version, "difference", brief],
    queryFn: ({ signal }) =>
      ask(
        documentId,
        user.id,
        `/${encodeURIComponent(version)}/difference${brief ? "?context=2" : ""}`,
        Difference,
        {
          signal,
          deadlineMs: LONG_MS,
        },
      ),
    staleTime: 0,
    placeholderData: (before) => (before?.before === version ? before : undefined),
    // What is too large stays so.
    retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
  });
}

/** What is done to versions; each shows when the server has it. */
export function useVersionActions(documentId: string) {
  const client = useQueryClient();
  const user = useCurrentUser();
  const onSettled = () => client.invalidateQueries({ queryKey: documentKeys.versions(documentId) });
  const save = useMutation({
    mutationFn: (name: string) =>
      ask(documentId, user.id, "", Version, { method: "POST", body: { name }, deadlineMs: LONG_MS }),
    onSettled,
  });
  const rename = useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) =>
      ask(documentId, user.id, `/${id}`, Version, { method: "PATCH", body: { name } }),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: (id: string) =>
      withTicket(documentId, user.id, (token) =>
        request(`${address(documentId)}/${id}`, null, { method: "DELETE", token }),
      ),
    // Not what is known of the version itself: that is still shown for a moment.
    onSettled: () =>
      void client.invalidateQueries({ queryKey: documentKeys.versions(documentId), exact: true }),
  });
  const restore = useMutation({
    mutationFn: (id: string) =>
      ask(documentId, user.id, `/${id}/restore`, Restored, { method: "POST", deadlineMs: LONG_MS }),
    onSettled,
  });
  return { save, rename, remove, restore };
}

/** Who somebody is, by their id. */
export function usePerson(id: string) {
  return useQuery({
    queryKey: ["people", "one", id],
    queryFn: ({ signal }) => authorized(`/api/users/${encodeURIComponent(id)}`, PublicProfile, { signal }),
    staleTime: 600_000,
    retry: 1,
  });
}

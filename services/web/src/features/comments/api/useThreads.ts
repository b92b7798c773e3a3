import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";
import { documentKeys } from "@/features/documents/api/keys";
import { useDocumentAccess } from "@/features/editor/hooks/useDocumentAccess";
import type { Anchor } from "@/features/editor/model/anchors";
import { PublicProfile } from "@/shared/api/types";

/** A guest came by a share link, and goes by the name they gave. */
const Author = v.object({ ...PublicProfile.entries, is_guest: v.optional(v.boolean(), false) });

const Comment = v.object({
  id: v.string(),
  thread: v.string(),
  author: Author,
  body: v.string(),
  created_at: v.string(),
  edited_at: v.nullable(v.string()),
  deleted: v.boolean(),
});
export type Comment = v.InferOutput<typeof Comment>;

const Thread = v.object({
  id: v.string(),
  anchor: v.object({ start: v.string(), end: v.string(), quote: v.string() }),
  created_at: v.string(),
  resolved_at: v.nullable(v.string()),
  resolved_by: v.nullable(PublicProfile),
  comment_count: v.number(),
  comments: v.array(Comment),
});
export type Thread = v.InferOutput<typeof Thread>;

const ThreadPage = v.object({ items: v.array(Thread), next_cursor: v.nullable(v.string()) });
const CommentPage = v.object({ items: v.array(Comment), next_cursor: v.nullable(v.string()) });
const People = v.object({ items: v.array(PublicProfile) });

export type ThreadState = "open" | "resolved";

/** Where the comments of a document are, for whoever looks at it. */
function useComments(documentId: string) {
  const { base, call } = useDocumentAccess();
  return { address: `${base(documentId)}/comments`, call };
}

/** The threads of a document, a page at a time; the server says when there is news. */
export function useThreads(documentId: string, state: ThreadState) {
  const { address, call } = useComments(documentId);
  return useInfiniteQuery({
    queryKey: [...documentKeys.comments(documentId), state],
    queryFn: ({ pageParam, signal }) => {
      const search = new URLSearchParams({ state, limit: "100" });
      if (pageParam !== null) search.set("cursor", pageParam);
      return call(`${address}?${search}`, ThreadPage, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** All comments of a long thread; a list has only the first ones. */
export function useReplies(documentId: string, thread: string, wanted: boolean) {
  const { address, call } = useComments(documentId);
  return useInfiniteQuery({
    queryKey: [...documentKeys.comments(documentId), "thread", thread],
    queryFn: ({ pageParam, signal }) => {
      const search = new URLSearchParams({ limit: "100" });
      if (pageParam !== null) search.set("cursor", pageParam);
      return call(`${address}/${thread}/replies?${search}`, CommentPage, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled: wanted,
  });
}

export interface Written {
  readonly body: string;
  readonly mentions: readonly string[];
}

/** What is done to comments; each shows when the server has it. */
export function useCommentActions(documentId: string) {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: documentKeys.comments(documentId) });
  const { address: base, call } = useComments(documentId);
  const begin = useMutation({
    mutationFn: (thread: Written & { anchor: Anchor }) =>
      call(base, Thread, { method: "POST", body: thread }),
    onSettled,
  });
  const reply = useMutation({
    mutationFn: ({ thread, ...body }: Written & { thread: string }) =>
      call(`${base}/${thread}/replies`, Comment, { method: "POST", body }),
    onSettled,
  });
  const edit = useMutation({
    mutationFn: ({ id, ...body }: { id: string; body: string }) =>
      call(`${base}/${id}`, Comment, { method: "PATCH", body }),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: (id: string) => call(`${base}/${id}`, null, { method: "DELETE" }),
    onSettled,
  });
  const resolve = useMutation({
    mutationFn: ({ thread, resolved }: { thread: string; resolved: boolean }) =>
      call(`${base}/${thread}/${resolved ? "resolve" : "reopen"}`, Thread, { method: "POST" }),
    onSettled,
  });
  return { begin, reply, edit, remove, resolve };
}

/** People by the beginnings of their names. */
export function usePeopleSearch(query: string | null) {
  return useQuery({
    queryKey: ["people", query],
    queryFn: async ({ signal }) => {
      const search = new URLSearchParams({ q: query ?? "", limit: "6" });
      return (await authorized(`/api/users/search?${search}`, People, { signal })).items;
    },
    enabled: query !== null && query.trim() !== "",
    staleTime: 60_000,
    retry: 1,
  });
}

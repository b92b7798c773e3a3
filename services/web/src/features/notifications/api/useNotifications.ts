import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";
import { PublicProfile } from "@/shared/api/types";

export const notificationKeys = {
  all: ["notifications"],
  count: ["notifications", "count"],
  list: ["notifications", "list"],
} as const;

const Notification = v.object({
  id: v.string(),
  kind: v.string(),
  actor: v.nullable(PublicProfile),
  document: v.nullable(v.object({ id: v.string(), title: v.string() })),
  thread: v.nullable(v.string()),
  excerpt: v.nullable(v.string()),
  read: v.boolean(),
  created_at: v.string(),
});
export type Notification = v.InferOutput<typeof Notification>;

const Page = v.object({ items: v.array(Notification), next_cursor: v.nullable(v.string()) });
const Count = v.object({ unread: v.number() });

const POLL_MS = 60_000;

/** How many are unread; asked again now and then, and when somebody comes back to the page. */
export function useUnreadCount(): number {
  const query = useQuery({
    queryKey: notificationKeys.count,
    queryFn: ({ signal }) => authorized("/api/documents/notifications/count", Count, { signal }),
    refetchInterval: POLL_MS,
    refetchOnWindowFocus: true,
    retry: 1,
  });
  return query.data?.unread ?? 0;
}

export function useNotifications() {
  return useInfiniteQuery({
    queryKey: notificationKeys.list,
    queryFn: ({ pageParam, signal }) => {
      const search = new URLSearchParams({ limit: "20" });
      if (pageParam !== null) search.set("cursor", pageParam);
      return authorized(`/api/documents/notifications?${search}`, Page, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 0,
  });
}

/** Marks some as read, or with `null` all of them. */
export function useMarkRead() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (ids: readonly string[] | null) =>
      authorized("/api/documents/notifications/read", Count, {
        method: "POST",
        body: ids === null ? { all: true } : { ids },
      }),
    onSuccess: (count) => client.setQueryData(notificationKeys.count, count),
    onSettled: () => client.invalidateQueries({ queryKey: notificationKeys.list }),
  });
}

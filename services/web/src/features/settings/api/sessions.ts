import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";
import { settingsKeys } from "./keys";

const SignIn = v.object({
  id: v.string(),
  current: v.boolean(),
  created_at: v.string(),
  last_used_at: v.string(),
  address: v.nullable(v.string()),
  user_agent: v.nullable(v.string()),
});
export type SignIn = v.InferOutput<typeof SignIn>;

const Page = v.object({ items: v.array(SignIn), next_cursor: v.nullable(v.string()) });

/** Where one is signed in, a page at a time. */
export function useSessions() {
  return useInfiniteQuery({
    queryKey: settingsKeys.sessions,
    queryFn: ({ pageParam, signal }) => {
      const query = pageParam === null ? "" : `?${new URLSearchParams({ cursor: pageParam })}`;
      return authorized(`/api/auth/sessions${query}`, Page, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** Ends one session, or with `null` all but this one. */
export function useEndSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string | null) =>
      authorized(`/api/auth/sessions${id === null ? "" : `/${id}`}`, null, { method: "DELETE" }),
    onSettled: () => client.invalidateQueries({ queryKey: settingsKeys.sessions }),
  });
}

import { useInfiniteQuery } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";
import { settingsKeys } from "./keys";

const Entry = v.object({
  id: v.string(),
  event: v.string(),
  account: v.nullable(v.string()),
  actor: v.nullable(v.string()),
  address: v.nullable(v.string()),
  user_agent: v.nullable(v.string()),
  at: v.string(),
});
export type AuditEntry = v.InferOutput<typeof Entry>;

const Page = v.object({ items: v.array(Entry), next_cursor: v.nullable(v.string()) });
const PAGE_SIZE = "20";

/** What was done to one's own account, newest first, a page at a time. */
export function useAudit() {
  return useInfiniteQuery({
    queryKey: settingsKeys.audit,
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: PAGE_SIZE });
      if (pageParam !== null) query.set("cursor", pageParam);
      return authorized(`/api/auth/audit?${query}`, Page, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 0,
  });
}

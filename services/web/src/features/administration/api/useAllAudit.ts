import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";
import { PublicProfile } from "@/shared/api/types";
import { asAdministrator } from "./asAdministrator";

const Entry = v.object({
  id: v.string(),
  event: v.string(),
  /** Whose account it is about; null: nobody's. */
  account: v.nullable(v.string()),
  /** Who did it; null: a stranger, or an operator. */
  actor: v.nullable(v.string()),
  address: v.nullable(v.string()),
  user_agent: v.nullable(v.string()),
  at: v.string(),
  detail: v.optional(v.record(v.string(), v.unknown()), {}),
});
export type AuditEntry = v.InferOutput<typeof Entry>;

const Page = v.object({ items: v.array(Entry), next_cursor: v.nullable(v.string()) });
const PAGE_SIZE = "30";

export interface AuditFilter {
  readonly account: string | null;
  readonly event: string | null;
}

/** What was done to all accounts, or to one, newest first. */
export function useAllAudit({ account, event }: AuditFilter) {
  return useInfiniteQuery({
    queryKey: ["administration", "audit", account, event],
    queryFn: ({ pageParam, signal }) => {
      const search = new URLSearchParams({ limit: PAGE_SIZE });
      if (account !== null) search.set("account", account);
      if (event !== null) search.set("event", event);
      if (pageParam !== null) search.set("cursor", pageParam);
      return asAdministrator(() => authorized(`/api/auth/audit/all?${search}`, Page, { signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 0,
  });
}

/** Who an id of the log is; not found for who is erased. */
export function usePerson(id: string | null) {
  return useQuery({
    queryKey: ["people", "one", id],
    queryFn: ({ signal }) =>
      authorized(`/api/users/${encodeURIComponent(id ?? "")}`, PublicProfile, { signal }),
    enabled: id !== null,
    staleTime: 5 * 60_000,
  });
}

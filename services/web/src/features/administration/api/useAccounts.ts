import {
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";
import { asAdministrator } from "./asAdministrator";

const Account = v.object({
  id: v.string(),
  email: v.string(),
  name: v.string(),
  is_admin: v.boolean(),
  disabled: v.boolean(),
  verified: v.boolean(),
  created_at: v.string(),
  last_seen_at: v.nullable(v.string()),
  erasing: v.boolean(),
  /** Of their caret and avatar; a server that does not say them gets a colour by the id. */
  color: v.optional(v.string(), ""),
  avatar_url: v.optional(v.nullable(v.string())),
});
export type Account = v.InferOutput<typeof Account>;

const AccountPage = v.object({ items: v.array(Account), next_cursor: v.nullable(v.string()) });
type AccountPage = v.InferOutput<typeof AccountPage>;

export type AccountState = "active" | "disabled" | "admin" | "unverified" | "erasing";

export interface AccountChange {
  readonly is_admin?: boolean;
  readonly disabled?: boolean;
  readonly name?: string;
}

const accountsKey = ["administration", "accounts"] as const;
const PAGE_SIZE = "50";

function address(id: string): string {
  return `/api/users/${encodeURIComponent(id)}`;
}

/** Everybody, newest first, or who is found by the beginning of a name or an e-mail address. */
export function useAccounts(query: string, state: AccountState | null) {
  return useInfiniteQuery({
    queryKey: [...accountsKey, query, state],
    queryFn: ({ pageParam, signal }) => {
      const search = new URLSearchParams({ limit: PAGE_SIZE });
      if (query !== "") search.set("query", query);
      if (state !== null) search.set("state", state);
      if (pageParam !== null) search.set("cursor", pageParam);
      return asAdministrator(() => authorized(`/api/users?${search}`, AccountPage, { signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

/** Changes what somebody may do, or what they are called. */
export function useChangeAccount() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, change }: { id: string; change: AccountChange }) =>
      asAdministrator(() => authorized(address(id), Account, { method: "PATCH", body: change })),
    onSuccess: (account) =>
      client.setQueriesData<InfiniteData<AccountPage>>(
        { queryKey: accountsKey },
        (pages) =>
          pages && {
            ...pages,
            pages: pages.pages.map((page) => ({
              ...page,
              items: page.items.map((item) => (item.id === account.id ? account : item)),
            })),
          },
      ),
    onSettled: () => client.invalidateQueries({ queryKey: accountsKey }),
  });
}

/** Erases somebody for good; the answer means that it is written down, and mostly that it is done. */
export function useEraseAccount() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      asAdministrator(() => authorized(address(id), null, { method: "DELETE", deadlineMs: 30_000 })),
    onSettled: () => client.invalidateQueries({ queryKey: accountsKey }),
  });
}

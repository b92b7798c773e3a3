import { useQuery } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";
import { PublicProfile } from "@/shared/api/types";

/** `email` is null where the server does not show it to who asks. */
const FoundPerson = v.object({ ...PublicProfile.entries, email: v.nullable(v.string()) });
export type FoundPerson = v.InferOutput<typeof FoundPerson>;

const MAX_FOUND = "8";

/** People by the beginnings of their names, or by their whole e-mail address; nothing is asked for an empty query. */
export function usePeopleSearch(query: string) {
  return useQuery({
    queryKey: ["people", "search", query],
    queryFn: async ({ signal }) => {
      const search = new URLSearchParams({ q: query, limit: MAX_FOUND });
      const found = v.object({ items: v.array(FoundPerson) });
      return (await authorized(`/api/users/search?${search}`, found, { signal })).items;
    },
    enabled: query !== "",
    staleTime: 60_000,
    retry: 1,
  });
}

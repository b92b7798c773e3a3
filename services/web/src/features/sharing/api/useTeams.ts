import { useQuery } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";

const Team = v.object({ id: v.string(), name: v.string(), member_count: v.number() });

/** The teams the person is in: those are who a document can be shared with besides people. */
export function useTeams() {
  return useQuery({
    queryKey: ["teams"],
    queryFn: async ({ signal }) =>
      (await authorized("/api/users/teams", v.object({ items: v.array(Team) }), { signal })).items,
    staleTime: 60_000,
  });
}

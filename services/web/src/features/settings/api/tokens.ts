import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";
import { settingsKeys } from "./keys";

const ApiToken = v.object({
  id: v.string(),
  name: v.string(),
  scopes: v.array(v.string()),
  created_at: v.string(),
  expires_at: v.nullable(v.string()),
  last_used_at: v.nullable(v.string()),
});
export type ApiToken = v.InferOutput<typeof ApiToken>;

const CreatedToken = v.object({ ...ApiToken.entries, token: v.string() });
export type CreatedToken = v.InferOutput<typeof CreatedToken>;

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expires_in_days: number | null;
}

export function useTokens() {
  return useQuery({
    queryKey: settingsKeys.tokens,
    queryFn: async ({ signal }) =>
      (await authorized("/api/auth/tokens", v.object({ items: v.array(ApiToken) }), { signal })).items,
  });
}

export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewToken) => authorized("/api/auth/tokens", CreatedToken, { method: "POST", body }),
    onSettled: () => client.invalidateQueries({ queryKey: settingsKeys.tokens }),
    // The token itself is shown once, and not kept in a cache either.
    gcTime: 0,
  });
}

export function useRevokeToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => authorized(`/api/auth/tokens/${id}`, null, { method: "DELETE" }),
    onSettled: () => client.invalidateQueries({ queryKey: settingsKeys.tokens }),
  });
}

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";
import { ApiError, isTransient } from "@/shared/api/errors";

const Preferences = v.object({
  theme: v.picklist(["system", "light", "dark"]),
  email_notifications: v.picklist(["all", "mentions", "none"]),
  spellcheck: v.boolean(),
});
export type Preferences = v.InferOutput<typeof Preferences>;

const preferencesKey = ["preferences"] as const;
const MAX_RETRIES = 5;

/** What the person chose; like the profile they follow registration by a moment. */
export function usePreferences() {
  return useQuery({
    queryKey: preferencesKey,
    queryFn: ({ signal }) => authorized("/api/users/me/preferences", Preferences, { signal }),
    staleTime: 5 * 60_000,
    retry: (failures, error) =>
      failures < MAX_RETRIES && (isTransient(error) || (error instanceof ApiError && error.status === 404)),
  });
}

export function useUpdatePreferences() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: Partial<Preferences>) =>
      authorized("/api/users/me/preferences", Preferences, { method: "PATCH", body: change }),
    onMutate: async (change) => {
      await client.cancelQueries({ queryKey: preferencesKey });
      const before = client.getQueryData<Preferences>(preferencesKey);
      client.setQueryData<Preferences>(preferencesKey, (known) => known && { ...known, ...change });
      return before;
    },
    onError: (_error, _change, before) => client.setQueryData(preferencesKey, before),
    onSuccess: (saved) => client.setQueryData(preferencesKey, saved),
  });
}

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCurrentUser } from "@/features/auth/hooks/useSession";
import { authorized } from "@/features/auth/session";
import { ApiError, isTransient } from "@/shared/api/errors";
import { Profile } from "@/shared/api/types";
import { fallbackProfile } from "../model/fallbackProfile";

const profileKey = ["profile"] as const;

/** The profile follows registration by a moment: a new person may be unknown for the first tries. */
const MAX_RETRIES = 5;

/** Who is signed in, as others see them; until the server says, a stand-in made from the e-mail address. */
export function useProfile(): { readonly profile: Profile; readonly settled: boolean } {
  const user = useCurrentUser();
  const query = useQuery({
    queryKey: profileKey,
    queryFn: ({ signal }) => authorized("/api/users/me", Profile, { signal }),
    staleTime: 5 * 60_000,
    retry: (failures, error) =>
      failures < MAX_RETRIES && (isTransient(error) || (error instanceof ApiError && error.status === 404)),
  });
  return { profile: query.data ?? fallbackProfile(user), settled: !query.isPending };
}

export function useUpdateProfile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: { name?: string; color?: string }) =>
      authorized("/api/users/me", Profile, { method: "PATCH", body: change }),
    onSuccess: (profile) => client.setQueryData(profileKey, profile),
  });
}

/** Most that a picture may have, as the server says. */
export const MAX_PICTURE_BYTES = 5 * 1024 * 1024;
const UPLOAD_DEADLINE_MS = 60_000;

/** Sets one's picture, or with `null` takes it away. */
export function useChangePicture() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (picture: Blob | null) =>
      picture === null
        ? authorized("/api/users/me/avatar", Profile, { method: "DELETE" })
        : authorized("/api/users/me/avatar", Profile, {
            method: "PUT",
            body: picture,
            deadlineMs: UPLOAD_DEADLINE_MS,
          }),
    onSuccess: (profile) => client.setQueryData(profileKey, profile),
  });
}

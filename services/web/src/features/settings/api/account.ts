import { queryOptions, useQuery } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized, authorizedFile } from "@/features/auth/session";
import { settingsKeys } from "./keys";

const Account = v.object({
  id: v.string(),
  email: v.string(),
  verified: v.boolean(),
  is_admin: v.boolean(),
  created_at: v.string(),
  has_password: v.boolean(),
  totp: v.boolean(),
  passkeys: v.number(),
});
export type Account = v.InferOutput<typeof Account>;

/** An archive of everything is put together while the request waits. */
const EXPORT_DEADLINE_MS = 180_000;

export const accountQuery = queryOptions({
  queryKey: settingsKeys.account,
  queryFn: ({ signal }) => authorized("/api/auth/account", Account, { signal }),
});

export function useAccount() {
  return useQuery(accountQuery);
}

/** Each raises ApiError, NetworkError or SessionEndedError. */
export const account = {
  changePassword: (current: string, next: string) =>
    authorized("/api/auth/account/password", null, { method: "POST", body: { current, new: next } }),
  changeEmail: (email: string, password: string) =>
    authorized("/api/auth/account/email", null, { method: "POST", body: { email, password } }),
  sendVerification: () => authorized("/api/auth/email/verify/send", null, { method: "POST" }),
  export: () => authorizedFile("/api/users/me/export", { deadlineMs: EXPORT_DEADLINE_MS }),
  /** Erases oneself for good; `email` is one's own, as a confirmation. */
  erase: (email: string) =>
    authorized("/api/users/me", null, { method: "DELETE", body: { confirm: email }, deadlineMs: 30_000 }),
};

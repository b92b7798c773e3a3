import * as v from "valibot";
import { request } from "@/shared/api/request";
import { Session } from "@/shared/api/types";
import { showPasskey } from "../model/passkeys";

export const Ceremony = v.object({ options: v.unknown(), state: v.string() });

/** A passkey asks the person, who may look for it first. */
const SLOW_MS = 30_000;

export type CodeMethod = "totp" | "recovery-code";

/** The step after the password. Raises ApiError (`wrong-code`, `second-factor-expired`, …) or NetworkError. */
export function signInWithCode(method: CodeMethod, token: string, code: string): Promise<Session> {
  return request(`/api/auth/sign-in/${method}`, Session, { method: "POST", body: { token, code } });
}

/** With a passkey: after the password when there is a token for it, and instead of it without. */
export async function signInWithPasskey(token: string | null): Promise<Session> {
  const { options, state } = await request("/api/auth/sign-in/passkey/options", Ceremony, {
    method: "POST",
    body: token === null ? {} : { token },
  });
  const credential = await showPasskey(options);
  return request("/api/auth/sign-in/passkey", Session, {
    method: "POST",
    body: { state, credential },
    deadlineMs: SLOW_MS,
  });
}

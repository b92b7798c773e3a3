import type * as v from "valibot";
import { type RequestOptions, request, requestFile } from "@/shared/api/request";
import { authApi } from "./api/authApi";
import { broadcastChannel } from "./model/channel";
import { exclusiveAcrossTabs } from "./model/lock";
import { SessionStore, withToken } from "./model/sessionStore";

/** The session of this tab. */
export const session = new SessionStore({
  api: authApi,
  channel: broadcastChannel("collab:session"),
  runExclusive: exclusiveAcrossTabs("collab:refresh", navigator.locks),
  now: Date.now,
});

type Options = Omit<RequestOptions, "token">;

/** `request` on behalf of whoever is signed in. Raises SessionEndedError besides what `request` raises. */
export function authorized<T>(
  path: string,
  schema: v.GenericSchema<unknown, T>,
  options?: Options,
): Promise<T>;
export function authorized(path: string, schema: null, options?: Options): Promise<void>;
export function authorized<T>(
  path: string,
  schema: v.GenericSchema<unknown, T> | null,
  options: Options = {},
): Promise<T | undefined> {
  return withToken<T | undefined>(session, (token) =>
    schema === null
      ? request(path, null, { ...options, token }).then(() => undefined)
      : request(path, schema, { ...options, token }),
  );
}

/** A file on behalf of whoever is signed in. */
export function authorizedFile(path: string, options: Options = {}) {
  return withToken(session, (token) => requestFile(path, { ...options, token }));
}

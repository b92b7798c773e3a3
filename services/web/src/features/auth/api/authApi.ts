import * as v from "valibot";
import { request } from "@/shared/api/request";
import { SecondFactorNeeded, Session } from "@/shared/api/types";
import type { AuthApi } from "../model/sessionStore";

/** Where addresses are verified first, registering yields no session but a mail. */
const Pending = v.pipe(
  v.object({ email: v.string() }),
  v.transform(() => null),
);

export const authApi: AuthApi = {
  register: (body) => request("/api/auth/register", v.union([Session, Pending]), { method: "POST", body }),
  signIn: (body) =>
    request("/api/auth/sign-in", v.union([SecondFactorNeeded, Session]), { method: "POST", body }),
  refresh: () => request("/api/auth/refresh", Session, { method: "POST" }),
  signOut: () => request("/api/auth/sign-out", null, { method: "POST" }),
};

import { request } from "@/shared/api/request";
import { Session } from "@/shared/api/types";
import type { AuthApi } from "../model/sessionStore";

export const authApi: AuthApi = {
  register: (body) => request("/api/auth/register", Session, { method: "POST", body }),
  signIn: (body) => request("/api/auth/sign-in", Session, { method: "POST", body }),
  refresh: () => request("/api/auth/refresh", Session, { method: "POST" }),
  signOut: () => request("/api/auth/sign-out", null, { method: "POST" }),
};

import { useSyncExternalStore } from "react";
import type { SessionState, SessionUser } from "../model/sessionStore";
import { session } from "../session";

export function useSession(): SessionState {
  return useSyncExternalStore(session.state.subscribe, session.state.get);
}

/** Who is signed in; only for what is rendered inside `RequireSession`. */
export function useCurrentUser(): SessionUser {
  const state = useSession();
  if (state.status !== "signed-in") throw new Error("useCurrentUser needs RequireSession around it");
  return state.user;
}

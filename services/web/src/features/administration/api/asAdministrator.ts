import { session } from "@/features/auth/session";
import { ApiError } from "@/shared/api/errors";

/**
 * A call that only administrators may make. Whoever became one a moment ago has a token that does not say so yet: it is
 * renewed, once.
 */
export async function asAdministrator<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isAdminsOnly(error)) throw error;
  }
  const state = session.state.get();
  await session.refresh(state.status === "signed-in" ? state.token : null);
  return await call();
}

export function isAdminsOnly(error: unknown): boolean {
  return error instanceof ApiError && error.problem.slug === "admins-only";
}

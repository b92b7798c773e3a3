import { ApiError, explain } from "@/shared/api/errors";

/** Why something could not be done to an account; `doing` completes "Could not …". */
export function refusalText(error: unknown, doing: string): string {
  if (error instanceof ApiError) {
    if (error.problem.slug === "last-admin") {
      return `Could not ${doing}: this is the last administrator who can sign in. Make somebody else one first.`;
    }
    if (error.problem.slug === "no-such-person") return `Could not ${doing}: they are gone already.`;
    if (error.problem.slug === "service-unavailable") {
      return `Could not ${doing}: a part of the system does not answer. Nothing was changed; try again in a moment.`;
    }
    const field = error.problem.fields[0]?.message;
    if (field !== undefined) return `Could not ${doing}: ${field}`;
  }
  return explain(error, doing);
}

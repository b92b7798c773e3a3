import { ApiError, explain } from "@/shared/api/errors";

/** What to say beside the field when someone could not be added. */
export function inviteError(error: unknown, email: string): string {
  if (error instanceof ApiError) {
    if (error.problem.slug === "no-such-person") return `Nobody here is registered with ${email}.`;
    const field = error.problem.fields[0]?.message;
    if (field !== undefined) return field;
  }
  return explain(error, `add ${email}`);
}

import { ApiError, explain } from "@/shared/api/errors";

const SENTENCES: Readonly<Record<string, string>> = {
  "last-manager": "A team has at least one manager. Make somebody else a manager first, or delete the team.",
  "managers-only": "Only managers of the team may do this. You are not one any more.",
  "no-such-person": "Nobody here has this address. They need an account first.",
  "too-many-teams": "They are in as many teams as one can be.",
  "too-many-team-members": "The team has as many members as it can.",
  "no-such-team": "There is no such team any more, or you are not in it.",
};

/** Why something could not be done to a team; `doing` completes "Could not …". */
export function refusalText(error: unknown, doing: string): string {
  if (error instanceof ApiError && !error.transient) {
    const known = SENTENCES[error.problem.slug];
    if (known !== undefined) return known;
    const field = error.problem.fields[0]?.message;
    if (field !== undefined) return `Could not ${doing}: ${field}`;
  }
  return explain(error, doing);
}

export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.problem.slug === "no-such-team";
}

/**
 * What can go wrong between the editor and the gateway:
 *
 *     RequestError
 *     ├── ApiError          the server answered, and said no
 *     ├── NetworkError      no answer, or none in time; worth trying again
 *     └── SessionEndedError the refresh token is spent; only signing in helps
 */
export class RequestError extends Error {
  override name = "RequestError";
}

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export interface ProblemDetails {
  readonly status: number;
  /** Last part of the problem's type: `email-taken`, `wrong-credentials`, … or `unknown`. */
  readonly slug: string;
  readonly title: string;
  readonly detail: string;
  readonly fields: readonly FieldError[];
  readonly requestId: string | null;
  /** From `Retry-After`, in seconds. */
  readonly retryAfterS: number | null;
}

export class ApiError extends RequestError {
  override name = "ApiError";
  readonly problem: ProblemDetails;

  constructor(problem: ProblemDetails) {
    super(sentences(problem.title, problem.detail));
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }

  /** Whether the same request may succeed later. */
  get transient(): boolean {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

/** A title says what is wrong and a detail what to do about it: people need both. */
function sentences(...parts: readonly string[]): string {
  // A problem without a detail of its own repeats its title.
  const said = [...new Set(parts)].filter((part) => part !== "");
  return said.map((part) => (/[.!?]$/.test(part) ? part : `${part}.`)).join(" ");
}

export class NetworkError extends RequestError {
  override name = "NetworkError";
}

export class SessionEndedError extends RequestError {
  override name = "SessionEndedError";

  constructor() {
    super("Your session has ended. Sign in again.");
  }
}

export function isTransient(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof ApiError && error.transient);
}

/** One sentence for a person; `doing` completes "Could not …". */
export function explain(error: unknown, doing: string): string {
  if (error instanceof NetworkError) return `Could not ${doing}: the server cannot be reached.`;
  if (error instanceof SessionEndedError) return error.message;
  if (error instanceof ApiError) {
    if (error.status === 429) return `Could not ${doing}: too many requests. ${retryHint(error)}`;
    // Only an operator can change that: to try again does not help.
    if (error.problem.slug.endsWith("-not-configured")) return `Could not ${doing}: ${error.message}`;
    if (error.status >= 500) return `Could not ${doing}: the server has a problem. Try again in a moment.`;
    return `Could not ${doing}: ${error.message}`;
  }
  return `Could not ${doing}.`;
}

export function retryHint(error: ApiError): string {
  const seconds = error.problem.retryAfterS;
  if (seconds === null) return "Wait a moment and try again.";
  return seconds < 90 ? `Try again in ${seconds} s.` : `Try again in ${Math.ceil(seconds / 60)} min.`;
}

import * as v from "valibot";
import { ApiError } from "./errors";

/** RFC 9457; every member is optional there, and a proxy in between may answer with none of them. */
const Problem = v.object({
  type: v.optional(v.string(), "about:blank"),
  title: v.optional(v.string(), ""),
  detail: v.optional(v.nullable(v.string()), ""),
  instance: v.optional(v.nullable(v.string()), null),
  errors: v.optional(v.nullable(v.array(v.object({ field: v.string(), message: v.string() }))), []),
});

/** `Retry-After` as seconds; the HTTP-date form counts from `now`. */
export function retryAfterSeconds(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}

/** Reads an unsuccessful answer, whatever its body is. */
export async function readProblem(response: Response): Promise<ApiError> {
  const body = await readJson(response);
  const parsed = v.safeParse(Problem, body);
  const problem = parsed.success ? parsed.output : v.parse(Problem, {});
  return new ApiError({
    status: response.status,
    slug: problem.type.split("/").pop() || "unknown",
    title: problem.title || `The server answered ${response.status}`,
    detail: problem.detail ?? "",
    fields: problem.errors ?? [],
    requestId: problem.instance ?? response.headers.get("X-Request-Id"),
    retryAfterS: retryAfterSeconds(response.headers.get("Retry-After"), Date.now()),
  });
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    // An HTML error page from a proxy: the status says enough.
    return {};
  }
}

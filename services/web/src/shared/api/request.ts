import * as v from "valibot";
import { NetworkError } from "./errors";
import { readProblem } from "./problem";

const DEADLINE_MS = 15_000;

export interface RequestOptions {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  readonly token?: string;
  readonly signal?: AbortSignal | undefined;
  readonly deadlineMs?: number;
}

type Schema<T> = v.GenericSchema<unknown, T>;

/**
 * One call to the gateway, with a deadline; the answer is checked against `schema` (`null`: no body expected).
 * Raises ApiError or NetworkError; an abort by the caller's own signal is passed on unchanged.
 */
export async function request<T>(path: string, schema: Schema<T>, options?: RequestOptions): Promise<T>;
export async function request(path: string, schema: null, options?: RequestOptions): Promise<void>;
export async function request<T>(
  path: string,
  schema: Schema<T> | null,
  options: RequestOptions = {},
): Promise<T | undefined> {
  const response = await send(path, options);
  if (!response.ok) throw await readProblem(response);
  if (schema === null) return undefined;
  const body = await readBody(response, path);
  const parsed = v.safeParse(schema, body);
  if (!parsed.success)
    throw new NetworkError(`Unexpected answer from ${path}: ${v.summarize(parsed.issues)}`);
  return parsed.output;
}

async function send(path: string, options: RequestOptions): Promise<Response> {
  const deadline = AbortSignal.timeout(options.deadlineMs ?? DEADLINE_MS);
  const headers = new Headers({ Accept: "application/json, application/problem+json" });
  if (options.token) headers.set("Authorization", `Bearer ${options.token}`);
  if (options.body !== undefined) headers.set("Content-Type", "application/json");
  try {
    return await fetch(path, {
      method: options.method ?? "GET",
      headers,
      credentials: "same-origin",
      cache: "no-store",
      signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline,
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new NetworkError(`No answer from ${path}`, { cause: error });
  }
}

async function readBody(response: Response, path: string): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw new NetworkError(`Unreadable answer from ${path}`, { cause: error });
  }
}

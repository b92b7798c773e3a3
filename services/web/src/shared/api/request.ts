import * as v from "valibot";
import { NetworkError } from "./errors";
import { readProblem } from "./problem";

const DEADLINE_MS = 15_000;

export interface RequestOptions {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON; a `Blob` as it is, under its own type. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
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

/** One call whose answer is a file, with the name the server gives it. Raises as `request` does. */
export async function requestFile(
  path: string,
  options: RequestOptions = {},
): Promise<{ readonly blob: Blob; readonly name: string | null }> {
  const response = await send(path, options);
  if (!response.ok) throw await readProblem(response);
  try {
    return { blob: await response.blob(), name: fileName(response.headers.get("Content-Disposition")) };
  } catch (error) {
    throw new NetworkError(`The file from ${path} broke off`, { cause: error });
  }
}

/** The name in a Content-Disposition header; the extended form (RFC 8187) goes first. */
export function fileName(header: string | null): string | null {
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(header ?? "")?.[1];
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended);
    } catch {
      // Not what it says it is: the plain form may be better.
    }
  }
  return /filename="([^"]+)"/i.exec(header ?? "")?.[1] ?? null;
}

async function send(path: string, options: RequestOptions): Promise<Response> {
  const deadline = AbortSignal.timeout(options.deadlineMs ?? DEADLINE_MS);
  const headers = new Headers({ Accept: "application/json, application/problem+json" });
  if (options.token) headers.set("Authorization", `Bearer ${options.token}`);
  const raw = options.body instanceof Blob ? options.body : null;
  // Without a type a Blob is sent without one, and the server goes by what else it is told.
  if (raw !== null) headers.set("Content-Type", raw.type || "application/octet-stream");
  else if (options.body !== undefined) headers.set("Content-Type", "application/json");
  for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value);
  try {
    return await fetch(path, {
      method: options.method ?? "GET",
      headers,
      credentials: "same-origin",
      cache: "no-store",
      signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline,
      ...(options.body === undefined ? {} : { body: raw ?? JSON.stringify(options.body) }),
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

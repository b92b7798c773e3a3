import * as v from "valibot";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, explain, isTransient, NetworkError } from "./errors";
import { retryAfterSeconds } from "./problem";
import { fileName, request, requestFile } from "./request";

const Shape = v.object({ id: v.string() });

function answer(body: BodyInit | null, init: ResponseInit = {}) {
  const fetched = vi.fn<typeof fetch>(() => Promise.resolve(new Response(body, init)));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection");
}

afterEach(() => vi.unstubAllGlobals());

describe("request", () => {
  it("sends the token and the body, and checks the answer", async () => {
    const fetched = answer('{"id":"1","more":true}');
    await expect(request("/api/x", Shape, { method: "POST", body: { a: 1 }, token: "t" })).resolves.toEqual({
      id: "1",
    });
    const [path, init] = fetched.mock.calls[0] ?? [];
    expect(path).toBe("/api/x");
    expect(init?.body).toBe('{"a":1}');
    expect(new Headers(init?.headers).get("Authorization")).toBe("Bearer t");
  });

  it("expects no body when asked to", async () => {
    answer(null, { status: 204 });
    await expect(request("/api/x", null, { method: "DELETE" })).resolves.toBeUndefined();
  });

  it("reads a problem with its fields, slug, request id and patience", async () => {
    answer(
      JSON.stringify({
        type: "https://collab.dev/problems/email-taken",
        title: "Taken",
        detail: "This e-mail has an account.",
        instance: "r-1",
        errors: [{ field: "email", message: "Taken." }],
      }),
      { status: 409, headers: { "Retry-After": "7" } },
    );
    const error = await failure(request("/api/x", Shape));
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).problem).toEqual({
      status: 409,
      slug: "email-taken",
      title: "Taken",
      detail: "This e-mail has an account.",
      fields: [{ field: "email", message: "Taken." }],
      requestId: "r-1",
      retryAfterS: 7,
    });
  });

  it("makes sense of a proxy's HTML error page", async () => {
    answer("<html>502</html>", { status: 502 });
    const error = await failure(request("/api/x", Shape));
    expect(error).toBeInstanceOf(ApiError);
    expect(isTransient(error)).toBe(true);
    expect(explain(error, "save")).toMatch(/^Could not save: the server has a problem/);
  });

  it("treats an answer of another shape as no answer", async () => {
    answer('{"id":7}');
    expect(await failure(request("/api/x", Shape))).toBeInstanceOf(NetworkError);
    answer("<html>");
    expect(await failure(request("/api/x", Shape))).toBeInstanceOf(NetworkError);
  });

  it("gives up at its deadline", async () => {
    vi.stubGlobal(
      "fetch",
      vi.fn<typeof fetch>(
        (_path, init) =>
          new Promise((_resolve, reject) => {
            init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
          }),
      ),
    );
    expect(await failure(request("/api/x", Shape, { deadlineMs: 5 }))).toBeInstanceOf(NetworkError);
  });

  it("passes on an abort by its caller unchanged", async () => {
    const controller = new AbortController();
    const reason = new Error("left the page");
    controller.abort(reason);
    vi.stubGlobal(
      "fetch",
      vi.fn<typeof fetch>(() => Promise.reject(reason)),
    );
    expect(await failure(request("/api/x", Shape, { signal: controller.signal }))).toBe(reason);
  });
});

it("reads Retry-After in both its forms", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(retryAfterSeconds("12", now)).toBe(12);
  expect(retryAfterSeconds("Thu, 01 Jan 2026 00:00:30 GMT", now)).toBe(30);
  expect(retryAfterSeconds("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
  expect(retryAfterSeconds("soon", now)).toBeNull();
  expect(retryAfterSeconds(null, now)).toBeNull();
});

it("sends a file as it is, under its own type", async () => {
  const fetched = answer('{"id":"1"}');
  await request("/api/x", Shape, { method: "PUT", body: new Blob(["x"], { type: "image/png" }) });
  const init = fetched.mock.calls[0]?.[1];
  expect(new Headers(init?.headers).get("Content-Type")).toBe("image/png");
  expect(init?.body).toBeInstanceOf(Blob);
});

it("fetches a file with its name", async () => {
  answer("words", {
    headers: { "Content-Disposition": "attachment; filename=\"_.md\"; filename*=UTF-8''%C3%A9.md" },
  });
  const { blob, name } = await requestFile("/api/x");
  expect(name).toBe("é.md");
  expect(await blob.text()).toBe("words");
  expect(fileName('attachment; filename="plain.txt"')).toBe("plain.txt");
  expect(fileName("attachment; filename=\"a.txt\"; filename*=UTF-8''%E0%A4%A")).toBe("a.txt");
  expect(fileName(null)).toBeNull();
});

it("does not say twice what a problem says twice", () => {
  const problem = { status: 404, slug: "gone", title: "It is gone", detail: "It is gone" };
  expect(new ApiError({ ...problem, fields: [], requestId: null, retryAfterS: null }).message).toBe(
    "It is gone.",
  );
});

it("says what only an operator can change as what it is", () => {
  const problem = {
    status: 503,
    slug: "mail-not-configured",
    title: "This system sends no mail",
    detail: "",
  };
  const error = new ApiError({ ...problem, fields: [], requestId: null, retryAfterS: 3600 });
  expect(explain(error, "send the mail")).toBe("Could not send the mail: This system sends no mail.");
});

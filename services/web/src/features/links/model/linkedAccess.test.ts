import * as v from "valibot";
import { afterEach, expect, it, vi } from "vitest";
import { problem } from "@/test/app";
import { linkedAccess } from "./linkedAccess";

afterEach(() => vi.unstubAllGlobals());

function serving(...answers: Response[]) {
  const tokens: (string | null)[] = [];
  vi.stubGlobal("fetch", (_path: string, init: RequestInit) => {
    tokens.push(new Headers(init.headers).get("Authorization"));
    return Promise.resolve(answers.shift() ?? problem(500, "unexpected"));
  });
  return tokens;
}

function by(renew: () => Promise<string | null>) {
  return linkedAccess({ me: "g1", pass: () => "old", renew });
}

it("comes with the pass, to the document's linked routes", async () => {
  const tokens = serving(Response.json({ ok: true }));
  const access = by(() => Promise.reject(new Error("not needed")));
  expect(access.base("d/1")).toBe("/api/documents/linked/d%2F1");
  await expect(access.call("/x", v.object({ ok: v.boolean() }))).resolves.toEqual({ ok: true });
  expect(tokens).toEqual(["Bearer old"]);
});

it("opens the link again when the pass has run out, and tries once more", async () => {
  const tokens = serving(problem(401, "unauthenticated"), new Response(null, { status: 204 }));
  await by(() => Promise.resolve("new")).call("/x", null, { method: "DELETE" });
  expect(tokens).toEqual(["Bearer old", "Bearer new"]);
});

it("finds out what the link gives now when it gives less, and tells the refusal all the same", async () => {
  serving(problem(403, "role-too-low"));
  const renew = vi.fn(() => Promise.resolve("new"));
  await expect(by(renew).call("/x", null)).rejects.toMatchObject({ status: 403 });
  expect(renew).toHaveBeenCalledTimes(1);
});

it("leaves alone what is refused for other reasons", async () => {
  serving(problem(403, "not-your-comment"));
  const renew = vi.fn(() => Promise.resolve("new"));
  await expect(by(renew).call("/x", null)).rejects.toMatchObject({ status: 403 });
  expect(renew).not.toHaveBeenCalled();
});

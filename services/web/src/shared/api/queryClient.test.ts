import { expect, it } from "vitest";
import { ApiError } from "./errors";
import { retryDelayMs } from "./queryClient";

it("backs off with jitter, up to a bound", () => {
  expect(retryDelayMs(0, null, 0)).toBe(250);
  expect(retryDelayMs(0, null, 1)).toBe(500);
  expect(retryDelayMs(30, null, 1)).toBe(8_000);
});

it("does what the server asks, within reason", () => {
  const asked = (retryAfterS: number) =>
    new ApiError({ status: 429, slug: "", title: "", detail: "", fields: [], requestId: null, retryAfterS });
  expect(retryDelayMs(0, asked(3))).toBe(3_000);
  expect(retryDelayMs(0, asked(86_400))).toBe(30_000);
});

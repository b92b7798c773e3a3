import { describe, expect, it } from "vitest";
import { ApiError, NetworkError } from "@/shared/api/errors";
import { failureOf } from "../hooks/useAuthForm";
import { safeNextPath } from "./nextPath";
import { checkCredentials, checkRegistration } from "./validate";

describe("safeNextPath", () => {
  it.each([
    ["/documents/1?x=1", "/documents/1?x=1"],
    [null, "/home"],
    ["", "/home"],
    ["documents", "/home"],
    ["//evil.example", "/home"],
    ["/\\evil.example", "/home"],
    ["/\t/evil.example", "/home"],
    ["/\n\\evil.example", "/home"],
    ["https://evil.example", "/home"],
    ["javascript:alert(1)", "/home"],
    ["/sign-in?next=/x", "/home"],
    ["/register", "/home"],
    ["/registered", "/registered"],
  ])("%j leads to %s", (next, expected) => {
    expect(safeNextPath(next, "/home")).toBe(expected);
  });
});

describe("checks before sending", () => {
  it("names every field that is missing", () => {
    expect(Object.keys(checkCredentials({ email: " ", password: "" }))).toEqual(["email", "password"]);
    expect(Object.keys(checkRegistration({ name: " ", email: "x", password: "short" }))).toEqual([
      "name",
      "email",
      "password",
    ]);
  });

  it("accepts what the server accepts", () => {
    expect(checkCredentials({ email: " ada@localhost ", password: "x" })).toEqual({});
    expect(checkRegistration({ name: "Ada", email: "ada@example.org", password: "12345678" })).toEqual({});
  });
});

describe("failureOf", () => {
  const values = { email: "", password: "" };
  const failed = (
    status: number,
    fields: { field: string; message: string }[],
    retryAfterS: number | null = null,
  ) =>
    new ApiError({
      status,
      slug: "some-slug",
      title: "T",
      detail: "What went wrong.",
      fields,
      requestId: null,
      retryAfterS,
    });

  it("puts messages beside their fields", () => {
    expect(failureOf(failed(400, [{ field: "email", message: "Taken." }]), values)).toEqual({
      fields: { email: "Taken." },
      form: null,
      slug: "some-slug",
    });
  });

  it("says above the form what belongs to no field of it", () => {
    expect(failureOf(failed(401, []), values).form).toBe("T. What went wrong.");
    expect(failureOf(failed(400, [{ field: "captcha", message: "?" }]), values).form).toBe(
      "T. What went wrong.",
    );
    expect(failureOf(failed(429, [], 30), values).form).toBe("Too many attempts. Try again in 30 s.");
    expect(failureOf(new NetworkError("x"), values).form).toMatch(/cannot be reached/);
  });
});

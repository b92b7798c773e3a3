import { expect, it } from "vitest";
import { ApiError, NetworkError } from "@/shared/api/errors";
import { afterFailure } from "./useLink";

const refused = (status: number, slug: string, retryAfterS: number | null = null) =>
  new ApiError({ status, slug, title: "T", detail: "", fields: [], requestId: null, retryAfterS });

it("asks for a password when the link has one, and says when it was wrong", () => {
  expect(afterFailure(refused(401, "link-password-needed"))).toEqual({ step: "password", error: null });
  expect(afterFailure(refused(403, "link-password-wrong"))).toEqual({
    step: "password",
    error: "That is not the password.",
  });
  expect(afterFailure(refused(403, "link-password-wrong"), true)).toEqual({
    step: "password",
    error: "The link has another password now.",
  });
  expect(afterFailure(refused(429, "too-many-attempts", 30))).toEqual({
    step: "password",
    error: "Too many wrong passwords. Try again in 30 s.",
  });
});

it("tells a link that is over from a server that is away", () => {
  expect(afterFailure(refused(404, "no-such-link"))).toEqual({ step: "gone" });
  expect(afterFailure(new NetworkError("away"))).toEqual({
    step: "failed",
    message: "Could not open the document: the server cannot be reached.",
  });
});

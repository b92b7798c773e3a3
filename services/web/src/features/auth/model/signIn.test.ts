import { afterEach, expect, it, vi } from "vitest";
import { secondStepOf, tokenOf } from "./fragment";
import { PasskeyError, passkeysWork, showPasskey } from "./passkeys";
import { signInError } from "./signInErrors";

afterEach(() => vi.unstubAllGlobals());

it("finds the token behind a mail's link", () => {
  expect(tokenOf("#token=abc_-1")).toBe("abc_-1");
  expect(tokenOf("#token=")).toBeNull();
  expect(tokenOf("")).toBeNull();
});

it("reads what a provider's callback leaves for the second step", () => {
  const step = secondStepOf("#second_factor=t1&methods=totp%2Crecovery-code&return_to=%2Fdocuments%2F7");
  expect(step?.offer).toMatchObject({ token: "t1", methods: ["totp", "recovery-code"] });
  expect(step?.returnTo).toBe("/documents/7");
  expect(secondStepOf("#token=abc")).toBeNull();
});

it("says what went wrong at a provider, and repeats nothing it does not know", () => {
  expect(signInError(null)).toBeNull();
  expect(signInError("oidc-cancelled")).toMatch(/cancelled/);
  expect(signInError("<b>Call this number</b>")).toBe("Signing in did not work. Try again.");
});

it("tells a browser without passkeys from a window that was closed", async () => {
  await expect(showPasskey({})).rejects.toThrow("This browser cannot use passkeys here.");
  vi.stubGlobal(
    "PublicKeyCredential",
    Object.assign(() => undefined, { parseRequestOptionsFromJSON: (options: unknown) => options }),
  );
  vi.stubGlobal("window", { location: new URL("http://127.0.0.1:8080/sign-in") });
  expect(passkeysWork()).toBe(false);
  vi.stubGlobal("window", { location: new URL("http://localhost:8080/sign-in") });
  expect(passkeysWork()).toBe(true);
  vi.stubGlobal("navigator", {
    credentials: { get: () => Promise.reject(new DOMException("no", "NotAllowedError")) },
  });
  await expect(showPasskey({})).rejects.toBeInstanceOf(PasskeyError);
  const get = vi.fn(() => Promise.resolve({ toJSON: () => ({ id: "c1" }) }));
  vi.stubGlobal("navigator", { credentials: { get } });
  await expect(showPasskey({ challenge: "x" })).resolves.toEqual({ id: "c1" });
});

// @vitest-environment jsdom
import "@/test/dom";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { done, problem, serve, show } from "@/test/app";
import { session } from "../session";
import EmailProofPage from "./EmailProofPage";
import ForgotPasswordPage from "./ForgotPasswordPage";
import ResetPasswordPage from "./ResetPasswordPage";
import SignInPage from "./SignInPage";

const SESSION = { access_token: "second", expires_in_s: 900, user: { id: "u1", email: "ada@example.org" } };

afterEach(() => {
  vi.unstubAllGlobals();
  history.replaceState(null, "", "/");
});

function serveSecondStep(answer: () => Response) {
  const offer = { token: "t1", methods: ["totp", "recovery-code"], expires_in_s: 300 };
  return serve({
    "POST /api/auth/sign-in": () => Response.json({ second_factor: offer }),
    "POST /api/auth/sign-in/totp": answer,
    "POST /api/auth/sign-in/recovery-code": answer,
  });
}

async function enterPassword() {
  show(<SignInPage />);
  await userEvent.type(screen.getByTestId("email"), "ada@example.org");
  await userEvent.type(screen.getByTestId("password"), "secret words{Enter}");
  return screen.findByTestId("code");
}

it("asks for a code after the password, and signs in with it", async () => {
  const calls = serveSecondStep(() => Response.json(SESSION));
  const code = await enterPassword();
  expect(document.activeElement).toBe(code);
  await userEvent.type(code, " 123456 {Enter}");
  await waitFor(() => expect(session.state.get()).toMatchObject({ token: "second" }));
  expect(calls.at(-1)).toEqual({
    route: "POST /api/auth/sign-in/totp",
    body: { token: "t1", code: "123456" },
  });
});

it("says that a code was wrong, and takes a recovery code instead", async () => {
  const calls = serveSecondStep(() => problem(401, "wrong-code", { detail: "The code is wrong." }));
  await userEvent.type(await enterPassword(), "000000{Enter}");
  expect((await screen.findByTestId("form-error")).textContent).toContain("The code is wrong.");
  expect(screen.getByTestId<HTMLInputElement>("code").value).toBe("");
  await userEvent.click(screen.getByTestId("use-recovery-code"));
  await userEvent.type(screen.getByTestId("code"), "abcd-efgh{Enter}");
  await waitFor(() => expect(calls.at(-1)?.route).toBe("POST /api/auth/sign-in/recovery-code"));
});

it("begins again when the step took too long, and says why", async () => {
  serveSecondStep(() => problem(401, "second-factor-expired"));
  await userEvent.type(await enterPassword(), "123456{Enter}");
  expect((await screen.findByTestId("form-error")).textContent).toMatch(/took too long/);
  expect(screen.getByTestId<HTMLInputElement>("password").value).toBe("");
});

it("goes on where a provider sent the person back, and says what a provider refused", async () => {
  serve({});
  history.replaceState(null, "", "/sign-in#second_factor=t9&methods=totp&return_to=%2Fdocuments%2F7");
  const { unmount } = show(<SignInPage />);
  expect(await screen.findByTestId("code")).toBeTruthy();
  expect(location.hash).toBe("");
  expect(new URLSearchParams(location.search).get("next")).toBe("/documents/7");
  unmount();
  history.replaceState(null, "", "/sign-in?error=oidc-cancelled");
  show(<SignInPage />);
  expect(screen.getByTestId("form-error").textContent).toMatch(/cancelled/);
});

it("sends a link for a new password, the same for everybody", async () => {
  const calls = serve({ "POST /api/auth/password/forgot": () => Response.json({}, { status: 202 }) });
  show(<ForgotPasswordPage />);
  await userEvent.type(screen.getByTestId("email"), "ada@example.org{Enter}");
  expect(await screen.findByTestId("mail-sent")).toBeTruthy();
  expect(calls[0]?.body).toEqual({ email: "ada@example.org" });
});

it("changes the password with the token of the mail, which leaves the address", async () => {
  const calls = serve({ "POST /api/auth/password/reset": done });
  history.replaceState(null, "", "/reset-password#token=abc");
  show(<ResetPasswordPage />);
  expect(location.hash).toBe("");
  await userEvent.type(screen.getByTestId("password"), "short{Enter}");
  expect(screen.getByTestId("password-error").textContent).toMatch(/at least 8/);
  await userEvent.type(screen.getByTestId("password"), " but longer{Enter}");
  expect(await screen.findByTestId("password-changed")).toBeTruthy();
  expect(calls).toEqual([
    { route: "POST /api/auth/password/reset", body: { token: "abc", password: "short but longer" } },
  ]);
});

it("proves an address by a click, and offers nothing to click without a token", async () => {
  const calls = serve({ "POST /api/auth/email/verify": () => problem(404, "link-not-valid") });
  history.replaceState(null, "", "/verify-email#token=abc");
  const { unmount } = show(<EmailProofPage kind="verify" />);
  expect(calls).toEqual([]);
  await userEvent.click(screen.getByTestId("submit"));
  expect((await screen.findByTestId("form-error")).textContent).toContain("link-not-valid");
  serve({ "POST /api/auth/email/verify": done });
  await userEvent.click(screen.getByTestId("submit"));
  expect(await screen.findByTestId("email-proved")).toBeTruthy();
  unmount();
  show(<EmailProofPage kind="confirm" />);
  expect(screen.queryByTestId("submit")).toBeNull();
});

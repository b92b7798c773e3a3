// @vitest-environment jsdom
import "@/test/dom";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { TooltipProvider } from "@/shared/ui/Tooltip";
import { session } from "../session";
import RegisterPage from "./RegisterPage";
import SignInPage from "./SignInPage";

function answer(body: unknown, status: number) {
  const fetched = vi.fn<typeof fetch>(() => Promise.resolve(Response.json(body, { status })));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

const show = (page: React.ReactNode) => render(<TooltipProvider>{page}</TooltipProvider>);

afterEach(() => vi.unstubAllGlobals());

it("asks for what is missing before it asks the server, and goes to the first of it", async () => {
  const fetched = answer({}, 500);
  show(<SignInPage />);
  await userEvent.click(screen.getByTestId("submit"));
  expect(screen.getByTestId("email-error")).toHaveProperty("textContent", "Enter your e-mail address.");
  expect(screen.getByTestId("password-error").textContent).toBe("Enter your password.");
  expect(document.activeElement).toBe(screen.getByTestId("email"));
  expect(fetched).not.toHaveBeenCalled();
});

it("says what the server said, and keeps what was typed", async () => {
  answer({ type: "https://collab.dev/problems/wrong-credentials", detail: "Wrong e-mail or password." }, 401);
  show(<SignInPage />);
  await userEvent.type(screen.getByTestId("email"), "ada@example.org");
  await userEvent.type(screen.getByTestId("password"), "guess{Enter}");
  expect((await screen.findByTestId("form-error")).textContent).toContain("Wrong e-mail or password.");
  expect(screen.getByTestId<HTMLInputElement>("email").value).toBe("ada@example.org");
});

it("puts the server's messages beside the fields, and takes them away when those are changed", async () => {
  answer({ errors: [{ field: "email", message: "Expected an e-mail address." }] }, 400);
  show(<RegisterPage />);
  await userEvent.type(screen.getByTestId("name"), "Ada");
  await userEvent.type(screen.getByTestId("email"), "ada@x");
  await userEvent.type(screen.getByTestId("password"), "long enough{Enter}");
  expect((await screen.findByTestId("email-error")).textContent).toBe("Expected an e-mail address.");
  expect(screen.getByTestId("email").getAttribute("aria-invalid")).toBe("true");
  await userEvent.type(screen.getByTestId("email"), "y");
  expect(screen.queryByTestId("email-error")).toBeNull();
});

it("offers signing in to whoever has an account already", async () => {
  answer({ type: "https://collab.dev/problems/email-taken", detail: "Taken." }, 409);
  show(<RegisterPage />);
  await userEvent.type(screen.getByTestId("name"), "Ada");
  await userEvent.type(screen.getByTestId("email"), "ada@example.org");
  await userEvent.type(screen.getByTestId("password"), "long enough{Enter}");
  expect(await screen.findByText("Sign in instead?")).toBeTruthy();
});

it("shows and hides the password, and signs in", async () => {
  const fetched = answer(
    { access_token: "t", expires_in_s: 900, user: { id: "u1", email: "ada@example.org" } },
    200,
  );
  show(<SignInPage />);
  const password = screen.getByTestId<HTMLInputElement>("password");
  expect(password.type).toBe("password");
  await userEvent.click(screen.getByTestId("toggle-password"));
  expect(password.type).toBe("text");
  await userEvent.type(screen.getByTestId("email"), " ada@example.org ");
  await userEvent.type(password, "secret{Enter}");
  await waitFor(() => expect(session.state.get()).toMatchObject({ status: "signed-in", token: "t" }));
  expect(fetched.mock.calls[0]?.[1]?.body).toBe('{"email":"ada@example.org","password":"secret"}');
});

it("sends the mail again to whoever cannot sign in before their address is confirmed", async () => {
  const fetched = answer({ type: "https://collab.dev/problems/email-not-verified", detail: "Not yet." }, 403);
  show(<SignInPage />);
  await userEvent.type(screen.getByTestId("email"), " ada@example.org");
  await userEvent.type(screen.getByTestId("password"), "secret{Enter}");
  const again = await screen.findByTestId("send-again");
  fetched.mockImplementation(() => Promise.resolve(Response.json({ mail: "queued" }, { status: 202 })));
  await userEvent.click(again);
  expect((await screen.findByTestId("sent-again")).textContent).toContain("ada@example.org");
  const [url, options] = fetched.mock.calls.at(-1) ?? [];
  expect(url).toBe("/api/auth/email/verify/resend");
  expect(options?.body).toBe('{"email":"ada@example.org"}');
});

it("asks for the address first when a provider has sent somebody back, and offers it for nothing else", async () => {
  window.history.replaceState(null, "", "/sign-in?error=email-not-verified");
  const fetched = answer({}, 500);
  const { unmount } = show(<SignInPage />);
  await userEvent.click(screen.getByTestId("send-again"));
  expect((await screen.findByText("Enter your e-mail address first.")).getAttribute("role")).toBe("alert");
  expect(fetched).not.toHaveBeenCalled();
  unmount();
  window.history.replaceState(null, "", "/sign-in?error=oidc-failed");
  show(<SignInPage />);
  expect(screen.queryByTestId("send-again")).toBeNull();
  window.history.replaceState(null, "", "/sign-in");
});

// @vitest-environment jsdom
import "@/test/dom";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { problem, serve, show } from "@/test/app";
import { session } from "../session";
import { OtherWays } from "./OtherWays";

const NONE = { "GET /api/auth/oidc": () => Response.json({ providers: [] }) };

function stubPasskeys(get: () => Promise<unknown>) {
  vi.stubGlobal(
    "PublicKeyCredential",
    Object.assign(() => undefined, { parseRequestOptionsFromJSON: (options: unknown) => options }),
  );
  Object.defineProperty(navigator, "credentials", { value: { get }, configurable: true });
}

afterEach(() => {
  vi.unstubAllGlobals();
  history.replaceState(null, "", "/");
});

it("offers providers, who send people back to where they wanted to go", async () => {
  serve({ "GET /api/auth/oidc": () => Response.json({ providers: [{ id: "corp", name: "Example Corp" }] }) });
  history.replaceState(null, "", "/sign-in?next=%2Fdocuments%2F7");
  show(<OtherWays />);
  const link = await screen.findByRole("link", { name: "Continue with Example Corp" });
  expect(link.getAttribute("href")).toBe("/api/auth/oidc/corp/start?return_to=%2Fdocuments%2F7");
});

it("sends nobody elsewhere than to a page of ours", async () => {
  serve({ "GET /api/auth/oidc": () => Response.json({ providers: [{ id: "corp", name: "Corp" }] }) });
  history.replaceState(null, "", "/sign-in?next=%2F%2Fevil.example");
  show(<OtherWays />);
  const link = await screen.findByTestId("provider-corp");
  expect(link.getAttribute("href")).toBe("/api/auth/oidc/corp/start?return_to=%2Fdocuments");
});

it("shows nothing where there is nothing to offer", async () => {
  const calls = serve(NONE);
  show(<OtherWays />);
  await waitFor(() => expect(calls).toHaveLength(1));
  expect(screen.queryByTestId("other-ways")).toBeNull();
});

it("signs in with a passkey alone, and says when it was not accepted", async () => {
  const calls = serve({
    ...NONE,
    "POST /api/auth/sign-in/passkey/options": () =>
      Response.json({ options: { challenge: "c" }, state: "s" }),
    "POST /api/auth/sign-in/passkey": () =>
      calls.length < 4
        ? problem(401, "passkey-refused", { title: "The passkey was not accepted" })
        : Response.json({ access_token: "p", expires_in_s: 900, user: { id: "u1", email: "a@example.org" } }),
  });
  stubPasskeys(() => Promise.resolve({ toJSON: () => ({ id: "k1" }) }));
  show(<OtherWays />);
  await userEvent.click(screen.getByTestId("passkey"));
  expect((await screen.findByTestId("form-error")).textContent).toContain("The passkey was not accepted");
  await userEvent.click(screen.getByTestId("passkey"));
  await waitFor(() => expect(session.state.get()).toMatchObject({ token: "p" }));
  expect(calls.at(-1)?.body).toEqual({ state: "s", credential: { id: "k1" } });
});

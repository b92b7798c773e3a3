// @vitest-environment jsdom
import "@/test/dom";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { session } from "@/features/auth/session";
import { ADA, done, ForMembers, problem, serve, show, signInAsAda } from "@/test/app";
import { DataSection } from "./DataSection";
import { PasswordCard } from "./PasswordCard";
import { SessionsCard } from "./SessionsCard";
import { TokensSection } from "./TokensSection";
import { TotpCard } from "./TotpCard";

const ACCOUNT = {
  id: ADA.id,
  email: ADA.email,
  verified: true,
  is_admin: false,
  created_at: "2026-01-01T00:00:00Z",
  has_password: true,
  totp: false,
  passkeys: 0,
};

beforeEach(signInAsAda);
afterEach(() => vi.unstubAllGlobals());

it("sets up two-step sign-in: password, code, and recovery codes that are shown once", async () => {
  let enabled = false;
  const calls = serve({
    "GET /api/auth/account": () => Response.json({ ...ACCOUNT, totp: enabled }),
    "GET /api/auth/totp": () => Response.json({ enabled, recovery_codes_left: enabled ? 10 : 0 }),
    "POST /api/auth/totp": () =>
      Response.json({ secret: "ABCD", uri: "otpauth://x", qr_svg: "<svg/>" }, { status: 201 }),
    "POST /api/auth/totp/confirm": () => {
      enabled = true;
      return Response.json({ recovery_codes: ["aaaa-1111", "bbbb-2222"] });
    },
  });
  show(<TotpCard />);
  await userEvent.click(await screen.findByTestId("totp-begin"));
  await userEvent.type(screen.getByTestId("proof-password"), "secret words");
  await userEvent.click(screen.getByTestId("proof-submit"));
  const code = await screen.findByTestId("totp-code");
  expect(screen.getByAltText(/QR code/).getAttribute("src")).toBe("data:image/svg+xml,%3Csvg%2F%3E");
  await userEvent.type(code, "123456{Enter}");
  expect((await screen.findByTestId("recovery-codes")).textContent).toContain("bbbb-2222");
  await userEvent.click(screen.getByTestId("codes-kept"));
  expect(await screen.findByTestId("totp-remove")).toBeTruthy();
  expect(calls.find(({ route }) => route === "POST /api/auth/totp")?.body).toEqual({
    password: "secret words",
  });
});

it("says in the dialog that a proof was wrong, and keeps it open", async () => {
  serve({
    "GET /api/auth/account": () => Response.json(ACCOUNT),
    "GET /api/auth/totp": () => Response.json({ enabled: false, recovery_codes_left: 0 }),
    "POST /api/auth/totp": () => problem(403, "proof-wrong", { title: "The password is wrong" }),
  });
  show(<TotpCard />);
  await userEvent.click(await screen.findByTestId("totp-begin"));
  await userEvent.click(screen.getByTestId("proof-submit"));
  expect(screen.getByTestId("form-error").textContent).toContain("Enter your password.");
  await userEvent.type(screen.getByTestId("proof-password"), "guess{Enter}");
  await waitFor(() =>
    expect(screen.getByTestId("form-error").textContent).toContain("The password is wrong"),
  );
});

it("changes the password, and knows a wrong one from a session that ended", async () => {
  let wrong = true;
  const calls = serve({
    "GET /api/auth/account": () => Response.json(ACCOUNT),
    "POST /api/auth/account/password": () => (wrong ? problem(401, "wrong-credentials") : done()),
  });
  show(<PasswordCard />);
  await userEvent.type(await screen.findByTestId("current-password"), "guess");
  await userEvent.type(screen.getByTestId("new-password"), "some new words{Enter}");
  expect((await screen.findByTestId("form-error")).textContent).toContain("The current password is wrong.");
  expect(session.state.get().status).toBe("signed-in");
  wrong = false;
  await userEvent.click(screen.getByTestId("change-password"));
  await waitFor(() => expect(screen.getByTestId<HTMLInputElement>("new-password").value).toBe(""));
  expect(calls.filter(({ route }) => route.includes("password"))).toHaveLength(2);
});

it("lists where one is signed in, and signs out there", async () => {
  const here = {
    id: "s1",
    current: true,
    created_at: "2026-01-01T00:00:00Z",
    last_used_at: "2026-01-02T00:00:00Z",
    address: "192.0.2.1",
    user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  };
  const there = { ...here, id: "s2", current: false, user_agent: "curl/8" };
  const items = [here, there];
  serve({
    "GET /api/auth/sessions": () => Response.json({ items, next_cursor: null }),
    "DELETE /api/auth/sessions/s2": () => {
      items.pop();
      return done();
    },
  });
  show(<SessionsCard />);
  const [first, second] = await screen.findAllByTestId("session");
  expect(first?.textContent).toContain("Firefox on Linux");
  expect(first?.textContent).toContain("This browser");
  await userEvent.click(within(second as HTMLElement).getByTestId("end-session"));
  await waitFor(() => expect(screen.getAllByTestId("session")).toHaveLength(1));
});

it("makes a token and shows it once", async () => {
  const token = {
    id: "k1",
    name: "Backup",
    scopes: ["documents:read"],
    created_at: "2026-01-01T00:00:00Z",
    expires_at: null,
    last_used_at: null,
  };
  const items: object[] = [];
  const calls = serve({
    "GET /api/auth/account": () => Response.json(ACCOUNT),
    "GET /api/auth/tokens": () => Response.json({ items }),
    "POST /api/auth/tokens": () => {
      items.push(token);
      return Response.json({ ...token, token: "collab_pat_secret" }, { status: 201 });
    },
  });
  show(<TokensSection />);
  expect(await screen.findByText("You have none yet.")).toBeTruthy();
  await userEvent.click(screen.getByTestId("token-new"));
  expect(screen.queryByTestId("scope-admin")).toBeNull();
  await userEvent.type(screen.getByTestId("token-name"), "Backup");
  await userEvent.selectOptions(screen.getByTestId("token-expiry"), "");
  await userEvent.click(screen.getByTestId("token-submit"));
  expect((await screen.findByTestId<HTMLInputElement>("token-value")).value).toBe("collab_pat_secret");
  await userEvent.click(screen.getByTestId("token-kept"));
  expect(screen.queryByTestId("token-value")).toBeNull();
  expect((await screen.findByTestId("token")).textContent).toContain("Read documents");
  expect(calls.find(({ route }) => route === "POST /api/auth/tokens")?.body).toEqual({
    name: "Backup",
    scopes: ["documents:read"],
    expires_in_days: null,
  });
});

it("deletes the account only when its address was typed, and is nobody then", async () => {
  const calls = serve({ "DELETE /api/users/me": done });
  show(
    <ForMembers>
      <DataSection />
    </ForMembers>,
  );
  await userEvent.click(screen.getByTestId("erase"));
  await userEvent.type(screen.getByTestId("erase-confirm"), "someone@example.org{Enter}");
  expect(screen.getByTestId("form-error").textContent).toContain("not your e-mail address");
  await userEvent.clear(screen.getByTestId("erase-confirm"));
  await userEvent.type(screen.getByTestId("erase-confirm"), "ADA@example.org");
  await userEvent.click(screen.getByTestId("erase-submit"));
  await waitFor(() => expect(session.state.get()).toEqual({ status: "anonymous", reason: "signed-out" }));
  expect(calls[0]?.body).toEqual({ confirm: "ADA@example.org" });
});

// @vitest-environment jsdom
import "@/test/dom";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { session } from "@/features/auth/session";
import { dismissToast, toasts } from "@/shared/ui/toastStore";
import { ADA, done, problem, type Routes, serve, show, signInAsAda } from "@/test/app";
import { detailText } from "../model/details";
import AdministrationPage from "./AdministrationPage";

const OWN = {
  id: ADA.id,
  email: ADA.email,
  verified: true,
  is_admin: true,
  created_at: "2026-01-01T00:00:00Z",
  has_password: true,
  totp: false,
  passkeys: 0,
};
const BEN = {
  id: "u2",
  email: "ben@example.org",
  name: "Ben Example",
  is_admin: false,
  disabled: false,
  verified: true,
  created_at: "2026-01-01T00:00:00Z",
  last_seen_at: null,
  erasing: false,
};

let accounts: (typeof BEN)[];

function serveAdministration(more: Routes = {}) {
  return serve({
    "GET /api/users/me": () => Response.json(ADA),
    "GET /api/auth/account": () => Response.json(OWN),
    "GET /api/users": (_body, url) => {
      const query = url.searchParams.get("query") ?? "";
      const state = url.searchParams.get("state");
      const found = accounts.filter(
        ({ name, disabled }) => name.toLowerCase().startsWith(query) && (state !== "disabled" || disabled),
      );
      return Response.json({ items: found, next_cursor: null });
    },
    "PATCH /api/users/u2": (body) => {
      accounts = accounts.map((each) => (each.id === "u2" ? { ...each, ...(body as object) } : each));
      return Response.json(accounts.find(({ id }) => id === "u2"));
    },
    ...more,
  });
}

beforeEach(() => {
  signInAsAda();
  accounts = [BEN, { ...BEN, id: ADA.id, email: ADA.email, name: ADA.name, is_admin: true }];
  const observer = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  vi.stubGlobal("ResizeObserver", observer);
  Element.prototype.scrollIntoView ??= () => undefined;
  Element.prototype.hasPointerCapture ??= () => false;
});

afterEach(() => {
  vi.unstubAllGlobals();
  for (const { id } of toasts.get()) dismissToast(id);
  history.replaceState(null, "", "/");
});

async function ask(email: string, item: string) {
  const row = (await screen.findAllByTestId("account-row")).find((each) => each.dataset.email === email);
  await userEvent.click(within(row as HTMLElement).getByTestId("account-menu"));
  await userEvent.click(await screen.findByTestId(item));
}

it("disables an account after saying what follows, and shows it", async () => {
  const calls = serveAdministration();
  show(<AdministrationPage />);
  await ask("ben@example.org", "account-disable");
  expect((await screen.findByTestId("account-dialog")).textContent).toContain("signed out everywhere");
  await userEvent.click(screen.getByTestId("account-submit"));
  await waitFor(() => expect(screen.getAllByTestId("account-row")[0]?.textContent).toContain("Disabled"));
  expect(screen.queryByTestId("account-dialog")).toBeNull();
  expect(calls.find(({ route }) => route === "PATCH /api/users/u2")?.body).toEqual({ disabled: true });
});

it("says in the dialog why the last administrator stays one", async () => {
  serveAdministration({ "PATCH /api/users/u1": () => problem(409, "last-admin") });
  show(<AdministrationPage />);
  await ask(ADA.email, "account-demote");
  expect((await screen.findByTestId("account-dialog")).textContent).toContain("your own account");
  await userEvent.click(screen.getByTestId("account-submit"));
  expect((await screen.findByTestId("form-error")).textContent).toContain("the last administrator");
});

it("deletes an account only when its address was typed", async () => {
  const calls = serveAdministration({
    "DELETE /api/users/u2": () => {
      accounts = accounts.map((each) => (each.id === "u2" ? { ...each, erasing: true } : each));
      return done();
    },
  });
  show(<AdministrationPage />);
  await ask("ben@example.org", "account-erase");
  await userEvent.type(screen.getByTestId("account-erase-confirm"), "ada@example.org{Enter}");
  expect(screen.getByTestId("form-error").textContent).toContain("not their e-mail address");
  expect(calls.some(({ route }) => route.startsWith("DELETE"))).toBe(false);
  await userEvent.clear(screen.getByTestId("account-erase-confirm"));
  await userEvent.type(screen.getByTestId("account-erase-confirm"), "BEN@example.org{Enter}");
  await waitFor(() =>
    expect(screen.getAllByTestId("account-row")[0]?.textContent).toContain("Being deleted"),
  );
});

it("finds people by a name and a state", async () => {
  accounts = [...accounts, { ...BEN, id: "u3", name: "Bea", email: "bea@example.org", disabled: true }];
  serveAdministration();
  show(<AdministrationPage />);
  await waitFor(() => expect(screen.getAllByTestId("account-row")).toHaveLength(3));
  await userEvent.type(screen.getByTestId("people-query"), "be");
  await waitFor(() => expect(screen.getAllByTestId("account-row")).toHaveLength(2));
  await userEvent.selectOptions(screen.getByTestId("people-state"), "disabled");
  await waitFor(() => expect(screen.getByTestId("account-row").dataset.email).toBe("bea@example.org"));
  await userEvent.type(screen.getByTestId("people-query"), "zz");
  expect(await screen.findByTestId("nobody")).toBeTruthy();
});

it("is closed to whoever administrates nothing", async () => {
  const calls = serveAdministration({
    "GET /api/auth/account": () => Response.json({ ...OWN, is_admin: false }),
  });
  show(<AdministrationPage />);
  expect(await screen.findByTestId("admins-only")).toBeTruthy();
  expect(calls.some(({ route }) => route === "GET /api/users")).toBe(false);
});

it("renews a token from before one became an administrator", async () => {
  let renewed = false;
  const refresh = vi.spyOn(session, "refresh").mockImplementation(() => {
    renewed = true;
    return Promise.resolve("t2");
  });
  serveAdministration({
    "GET /api/users": () =>
      renewed ? Response.json({ items: accounts, next_cursor: null }) : problem(403, "admins-only"),
  });
  show(<AdministrationPage />);
  expect(await screen.findAllByTestId("account-row")).toHaveLength(2);
  expect(refresh).toHaveBeenCalledTimes(1);
  expect(refresh).toHaveBeenCalledWith("t");
});

it("shows what was done to whom, by whom, and filters by event and account", async () => {
  const asked: string[] = [];
  const entry = {
    id: "e1",
    event: "account.disabled",
    account: "u2",
    actor: ADA.id,
    address: "192.0.2.1",
    user_agent: null,
    at: "2026-01-01T00:00:00Z",
    detail: { reason: "left", session: "0123" },
  };
  serveAdministration({
    "GET /api/auth/audit/all": (_body, url) => {
      asked.push([...url.searchParams].map((pair) => pair.join("=")).join("&"));
      const gone = { ...entry, id: "e2", event: "account.erased", account: "u9", actor: null };
      return Response.json({ items: [entry, gone], next_cursor: null });
    },
    "GET /api/users/u1": () => Response.json(ADA),
    "GET /api/users/u2": () => Response.json({ ...BEN, color: "#1d4ed8", avatar_url: null }),
  });
  history.replaceState(null, "", "/administration?section=audit");
  show(<AdministrationPage />);
  const [first, second] = await screen.findAllByTestId("audit-entry");
  await waitFor(() => expect(first?.textContent).toContain("Account disabled · Ben Example"));
  await waitFor(() => expect(first?.textContent).toContain("by Ada Lovelace · 192.0.2.1 · reason: left"));
  await waitFor(() => expect(second?.textContent).toContain("A deleted account"));
  await userEvent.click(within(first as HTMLElement).getByRole("button", { name: "Ben Example" }));
  expect((await screen.findByTestId("audit-account")).textContent).toContain("Only Ben Example");
  await userEvent.selectOptions(screen.getByTestId("audit-event"), "account.disabled");
  await waitFor(() => expect(asked.at(-1)).toBe("limit=30&account=u2&event=account.disabled"));
  await userEvent.click(screen.getByRole("button", { name: "Show all accounts" }));
  await waitFor(() => expect(location.search).toBe("?section=audit&event=account.disabled"));
});

it("says details in words, and leaves out what is no word", () => {
  expect(
    detailText({ scopes: ["a", "b"], left: 3, token: "0123", nested: { a: 1 }, second_factor: true }),
  ).toBe("scopes: a b, left: 3, second factor: true");
  expect(detailText({})).toBe("");
});

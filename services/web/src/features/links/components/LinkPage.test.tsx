// @vitest-environment jsdom
import "@/test/dom";
import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { session } from "@/features/auth/session";
import { problem, serve, show, signInAsAda } from "@/test/app";
import LinkPage from "./LinkPage";

const OPENED = {
  document: { id: "d1", title: "Plan" },
  ticket: "t",
  role: "viewer",
  expires_in_s: 300,
  path: "/collaboration/d1",
};

beforeEach(() => {
  act(() => session.forget());
  history.replaceState(null, "", "/link#abc");
});
afterEach(() => {
  vi.unstubAllGlobals();
  history.replaceState(null, "", "/");
});

it("asks guests for the password of a link, and says when it was wrong", async () => {
  const calls = serve({
    "POST /api/documents/links/open": (body) =>
      body && "password" in (body as object)
        ? problem(403, "link-password-wrong")
        : problem(401, "link-password-needed"),
  });
  show(<LinkPage />);
  await userEvent.type(await screen.findByTestId("password"), "guess{Enter}");
  expect((await screen.findByTestId("form-error")).textContent).toContain("That is not the password.");
  expect(calls.map(({ body }) => body)).toEqual([{ token: "abc" }, { token: "abc", password: "guess" }]);
});

it("says that a link is over", async () => {
  serve({ "POST /api/documents/links/open": () => problem(404, "no-such-link") });
  show(<LinkPage />);
  expect(await screen.findByTestId("link-gone")).toBeTruthy();
});

it("leads somebody whose own role is as strong to the document's own page", async () => {
  signInAsAda();
  const document = {
    ...OPENED.document,
    role: "viewer",
    owner: { id: "u9", name: null, color: "#888888" },
    created_at: "2026-01-01T00:00:00Z",
    edited_at: "2026-01-01T00:00:00Z",
    member_count: 2,
  };
  serve({
    "POST /api/documents/links/open": () => Response.json(OPENED),
    "GET /api/documents/d1": () => Response.json(document),
  });
  show(<LinkPage />);
  await vi.waitFor(() => expect(location.pathname).toBe("/documents/d1"));
});

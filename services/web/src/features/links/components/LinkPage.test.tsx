// @vitest-environment jsdom
import "@/test/dom";
import { act, screen, waitFor } from "@testing-library/react";
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
  person: "g1",
  name: "Guest",
  pass: "p",
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
  const guest = { key: expect.stringMatching(/^[\w-]{43}$/), name: "" };
  expect(calls.map(({ body }) => body)).toEqual([
    { token: "abc", guest },
    { token: "abc", password: "guess", guest },
  ]);
});

it("says that a link is over", async () => {
  serve({ "POST /api/documents/links/open": () => problem(404, "no-such-link") });
  show(<LinkPage />);
  expect(await screen.findByTestId("link-gone")).toBeTruthy();
});

it("leads somebody whose own role is as strong to the document's own page", async () => {
  signInAsAda();
  serve({ "POST /api/documents/links/open": () => Response.json({ ...OPENED, person: "u1", pass: null }) });
  show(<LinkPage />);
  await waitFor(() => expect(location.pathname).toBe("/documents/d1"));
});

// @vitest-environment jsdom
import "@/test/dom";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { done, problem, type Routes, serve, show, signInAsAda } from "@/test/app";
import { addressFault, EVENTS, outcome } from "../model/webhooks";
import WebhooksSection from "./WebhooksSection";

const HOOK = {
  id: "w1",
  url: "https://example.org/hook",
  events: ["document.created"],
  reach: "owned",
  enabled: true,
  disable_reason: null as string | null,
  failing_since: null,
  created_at: "2026-01-01T00:00:00Z",
  version: 1,
};
const DELIVERY = {
  id: "d1",
  message_id: "msg_1",
  event: "webhook.test",
  state: "failed",
  attempts: 11,
  created_at: "2026-01-01T00:00:00Z",
  last_attempt_at: "2026-01-02T00:00:00Z",
  next_attempt_at: null,
  status: 500,
  latency_ms: 12,
  error: null,
  response_excerpt: "<b>Oops</b>",
  body: '{"type":"webhook.test"}',
};

beforeEach(signInAsAda);
afterEach(() => vi.unstubAllGlobals());

function open(hooks: (typeof HOOK)[], more: Routes = {}) {
  const calls = serve({
    "GET /api/documents/webhooks": () => Response.json({ items: hooks }),
    "GET /api/documents/webhooks/w1/deliveries": () =>
      Response.json({ items: [DELIVERY], next_cursor: null }),
    ...more,
  });
  show(<WebhooksSection />);
  return calls;
}

const choose = async (item: string) => {
  await userEvent.click(await screen.findByTestId("webhook-menu"));
  await userEvent.click(await screen.findByTestId(item));
};

it("makes a webhook, and shows its secret once", async () => {
  const hooks: (typeof HOOK)[] = [];
  const calls = open(hooks, {
    "POST /api/documents/webhooks": () => {
      hooks.push(HOOK);
      return Response.json({ ...HOOK, secret: "whsec_x" }, { status: 201 });
    },
  });
  expect(await screen.findByTestId("no-webhooks")).toBeTruthy();
  await userEvent.click(screen.getByTestId("webhook-new"));
  await userEvent.click(screen.getByTestId("webhook-submit"));
  expect(screen.getByTestId("url-error").textContent).toContain("Enter the address");
  await userEvent.type(screen.getByTestId("webhook-url"), HOOK.url);
  for (const { value } of EVENTS.slice(1)) await userEvent.click(screen.getByTestId(`event-${value}`));
  await userEvent.click(screen.getByTestId("webhook-submit"));
  expect((await screen.findByTestId<HTMLInputElement>("webhook-secret-value")).value).toBe("whsec_x");
  await userEvent.click(screen.getByTestId("webhook-secret-kept"));
  expect(screen.queryByTestId("webhook-secret-value")).toBeNull();
  expect(await screen.findByTestId("webhook")).toBeTruthy();
  expect(calls.find(({ route }) => route.startsWith("POST"))?.body).toEqual({
    url: HOOK.url,
    events: ["document.created"],
    reach: "owned",
  });
});

it("says beside the field that an address is not public", async () => {
  open([], {
    "POST /api/documents/webhooks": () =>
      problem(400, "invalid-request", { errors: [{ field: "url", message: "Expected a public address." }] }),
  });
  await userEvent.click(await screen.findByTestId("webhook-new"));
  await userEvent.type(screen.getByTestId("webhook-url"), "https://127.0.0.1/");
  await userEvent.click(screen.getByTestId("webhook-submit"));
  expect((await screen.findByTestId("url-error")).textContent).toContain("Expected a public address.");
});

it("pauses and resumes", async () => {
  const hook = { ...HOOK };
  const calls = open([hook], {
    "PATCH /api/documents/webhooks/w1": (body) => {
      hook.enabled = (body as { enabled: boolean }).enabled;
      hook.disable_reason = hook.enabled ? null : "by-owner";
      return Response.json(hook);
    },
  });
  await choose("webhook-toggle");
  expect((await screen.findByTestId("webhook-paused")).textContent).toContain("Paused by you.");
  await choose("webhook-toggle");
  await waitFor(() => expect(screen.queryByTestId("webhook-paused")).toBeNull());
  expect(calls.filter(({ route }) => route.startsWith("PATCH")).map(({ body }) => body)).toEqual([
    { enabled: false },
    { enabled: true },
  ]);
});

it("shows what was delivered, as text, and sends it again", async () => {
  const calls = open([HOOK], {
    "POST /api/documents/webhooks/w1/deliveries/d1/redeliver": () =>
      Response.json({ ...DELIVERY, state: "pending" }, { status: 202 }),
  });
  await userEvent.click(await screen.findByTestId("webhook-log"));
  const row = await screen.findByTestId("delivery");
  expect(row.textContent).toContain("Answered 500 after 12 ms · 11 attempts");
  expect(row.textContent).toContain("<b>Oops</b>");
  await userEvent.click(within(row).getByTestId("delivery-again"));
  await waitFor(() => expect(calls.some(({ route }) => route.endsWith("/redeliver"))).toBe(true));
});

it("deletes only after asking", async () => {
  const calls = open([HOOK], { "DELETE /api/documents/webhooks/w1": done });
  await choose("webhook-delete");
  expect(calls.some(({ route }) => route.startsWith("DELETE"))).toBe(false);
  await userEvent.click(screen.getByTestId("confirm"));
  await waitFor(() => expect(calls.some(({ route }) => route.startsWith("DELETE"))).toBe(true));
});

it("makes another secret only after asking, and shows it once", async () => {
  open([HOOK], {
    "POST /api/documents/webhooks/w1/secret": () =>
      Response.json({ secret: "whsec_y", old_valid_until: "2026-01-02T00:00:00Z" }),
  });
  await choose("webhook-rotate");
  await userEvent.click(screen.getByTestId("confirm"));
  expect((await screen.findByTestId<HTMLInputElement>("webhook-secret-value")).value).toBe("whsec_y");
});

it("knows what is no address, and puts outcomes into words", () => {
  expect(addressFault("example.org")).toMatch(/whole address/);
  expect(addressFault("https://example.org/x")).toBeNull();
  const tried = { state: "pending", attempts: 1, status: null, latency_ms: null, error: "refused" } as const;
  expect(outcome(tried)).toBe("refused · one attempt");
  expect(outcome({ ...tried, attempts: 0 })).toBe("Not tried yet");
});

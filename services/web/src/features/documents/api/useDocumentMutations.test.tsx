// @vitest-environment jsdom
import "@/test/dom";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { session } from "@/features/auth/session";
import { flatten, type Pages } from "../model/pages";
import { documentKeys } from "./keys";
import { useDeleteDocument, useRenameDocument } from "./useDocumentMutations";

const document = {
  id: "d1",
  title: "Before",
  role: "owner",
  owner: { id: "u1", name: "Ada", color: "#0f766e" },
  created_at: "2026-01-01T00:00:00Z",
  edited_at: "2026-01-01T00:00:00Z",
  member_count: 1,
  team_count: 0,
  favourite: false,
  opened_at: null,
  trashed_at: null,
} as const;

let client: QueryClient;
let respond: (response: Response) => void;

const titles = () => flatten(client.getQueryData<Pages>(documentKeys.list)).map(({ title }) => title);
const wrapper = ({ children }: { children: ReactNode }) => (
  <QueryClientProvider client={client}>{children}</QueryClientProvider>
);

beforeEach(async () => {
  const signedIn = { access_token: "t", expires_in_s: 900, user: { id: "u1", email: "a@example.org" } };
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json(signedIn)));
  await session.signIn({ email: "a@example.org", password: "x" });
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => (respond = resolve)));
  client = new QueryClient({ defaultOptions: { mutations: { networkMode: "always" } } });
  client.setQueryData<Pages>(documentKeys.list, {
    pages: [{ items: [document], next_cursor: null }],
    pageParams: [null],
  });
  client.setQueryData(documentKeys.one("d1"), document);
});

afterEach(() => vi.unstubAllGlobals());

it("shows a new title at once and takes it back when the server refuses", async () => {
  const { result } = renderHook(() => useRenameDocument(), { wrapper });
  const renamed = result.current.mutateAsync({ id: "d1", title: "After" }).catch((error: unknown) => error);
  await waitFor(() => expect(titles()).toEqual(["After"]));
  expect(client.getQueryData(documentKeys.one("d1"))).toMatchObject({ title: "After" });
  respond(Response.json({ detail: "No." }, { status: 403 }));
  expect(await renamed).toMatchObject({ status: 403 });
  expect(titles()).toEqual(["Before"]);
  expect(client.getQueryData(documentKeys.one("d1"))).toMatchObject({ title: "Before" });
});

it("removes a document at once, and for good when the server agrees", async () => {
  const { result } = renderHook(() => useDeleteDocument(), { wrapper });
  const deleted = result.current.mutateAsync("d1");
  await waitFor(() => expect(titles()).toEqual([]));
  respond(new Response(null, { status: 204 }));
  await deleted;
  expect(titles()).toEqual([]);
  expect(client.getQueryData(documentKeys.one("d1"))).toBeUndefined();
});

it("brings a document back that could not be deleted", async () => {
  const { result } = renderHook(() => useDeleteDocument(), { wrapper });
  const deleted = result.current.mutateAsync("d1").catch((error: unknown) => error);
  await waitFor(() => expect(titles()).toEqual([]));
  respond(new Response("<html>", { status: 502 }));
  await deleted;
  expect(titles()).toEqual(["Before"]);
});

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";
import { useSession } from "@/features/auth/hooks/useSession";
import { session } from "@/features/auth/session";
import { TooltipProvider } from "@/shared/ui/Tooltip";

export const ADA = {
  id: "u1",
  name: "Ada Lovelace",
  email: "ada@example.org",
  color: "#0f766e",
  avatar_url: null,
};

type Answer = (body: unknown, url: URL) => Response;
export type Routes = Readonly<Record<string, Answer>>;

export interface Call {
  readonly route: string;
  readonly body: unknown;
}

/** Answers requests by "METHOD /path", and keeps what was asked. Anything else is not found. */
export function serve(routes: Routes): readonly Call[] {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit = {}) => {
    const url = new URL(path, "http://localhost");
    const route = `${init.method ?? "GET"} ${url.pathname}`;
    const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : (init.body ?? null);
    calls.push({ route, body });
    return Promise.resolve(routes[route]?.(body, url) ?? problem(404, "not-found"));
  });
  return calls;
}

export function problem(status: number, slug: string, more: object = {}): Response {
  return Response.json({ type: `https://collab.dev/problems/${slug}`, title: slug, ...more }, { status });
}

export const done = () => new Response(null, { status: 204 });

export function signInAsAda(): void {
  session.adopt({ access_token: "t", expires_in_s: 900, user: { id: ADA.id, email: ADA.email } });
}

/** As the application's routes do it: what is for members goes with the session. */
export function ForMembers({ children }: { readonly children: ReactNode }) {
  return useSession().status === "signed-in" ? children : null;
}

/** Renders as the application does, with a cache of its own. jsdom knows no modal dialogs. */
export function show(page: ReactNode) {
  HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
    this.open = false;
  };
  const client = new QueryClient({
    defaultOptions: {
      queries: { networkMode: "always", retry: false },
      mutations: { networkMode: "always" },
    },
  });
  return render(
    <QueryClientProvider client={client}>
      <TooltipProvider>{page}</TooltipProvider>
    </QueryClientProvider>,
  );
}

// @vitest-environment jsdom
import "@/test/dom";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, it } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { documentKeys } from "@/features/documents/api/keys";
import { notificationKeys } from "@/features/notifications/api/useNotifications";
import { Store } from "@/shared/lib/store";
import { signInAsAda } from "@/test/app";
import type { CollaborationSession } from "../collaboration/CollaborationSession";
import { useFreshDocument } from "./useFreshDocument";

it("asks again for what the server says is new, and for nothing else", () => {
  signInAsAda();
  let tell: (topic: string) => void = () => undefined;
  const session = {
    state: new Store({ writable: true, ended: null }),
    awareness: new Awareness(new Y.Doc()),
    onNews: (listener: (topic: string) => void) => {
      tell = listener;
      return () => undefined;
    },
  } as unknown as CollaborationSession;
  const client = new QueryClient();
  const keys = [documentKeys.one("d1"), documentKeys.comments("d1"), notificationKeys.count];
  for (const key of keys) client.setQueryData(key, "known");
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  renderHook(() => useFreshDocument(session, "d1"), { wrapper });
  const stale = () => keys.map((key) => client.getQueryState(key)?.isInvalidated);
  tell("attachments");
  expect(stale()).toEqual([false, false, false]);
  tell("title");
  expect(stale()).toEqual([true, false, false]);
  tell("comments");
  expect(stale()).toEqual([true, true, true]);
});

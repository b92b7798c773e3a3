import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import { useCurrentUser } from "@/features/auth/hooks/useSession";
import { documentKeys } from "@/features/documents/api/keys";
import { notificationKeys } from "@/features/notifications/api/useNotifications";
import type { CollaborationSession } from "../collaboration/CollaborationSession";
import { useRenameHint } from "./usePeers";

/** Asks the server again when the title, the comments or one's role may have changed, or the document is gone. */
export function useFreshDocument(session: CollaborationSession, id: string): void {
  const { writable, ended: reason } = useSyncExternalStore(session.state.subscribe, session.state.get);
  const ended = reason !== null;
  const client = useQueryClient();
  const user = useCurrentUser();
  const refresh = useCallback(
    () => void client.invalidateQueries({ queryKey: documentKeys.one(id) }),
    [client, id],
  );
  useRenameHint(session.awareness, refresh);
  const known = useRef({ writable, user: user.id });
  useEffect(() => {
    if (known.current.writable !== null && known.current.writable !== writable) refresh();
    known.current = { writable, user: user.id };
  }, [writable, user.id, refresh]);
  useEffect(() => {
    if (ended) void client.invalidateQueries({ queryKey: documentKeys.list });
  }, [ended, client]);
  useEffect(
    () =>
      session.onNews((topic) => {
        if (topic === "title") refresh();
        if (topic === "versions") void client.invalidateQueries({ queryKey: documentKeys.versions(id) });
        if (topic !== "comments") return;
        void client.invalidateQueries({ queryKey: documentKeys.comments(id) });
        void client.invalidateQueries({ queryKey: notificationKeys.all });
      }),
    [session, client, id, refresh],
  );
}

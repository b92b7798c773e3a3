import { useEffect, useRef, useState } from "react";
import type { CollaborationSession } from "@/features/editor/collaboration/CollaborationSession";
import { acquireBy, release } from "@/features/editor/collaboration/registry";
import { collaborationUrl } from "@/features/editor/model/collaborationUrl";
import { type OpenedLink, openLink } from "../api/openLink";

interface Way {
  readonly token: string;
  readonly password: string | null;
  readonly userId: string | null;
  readonly opened: OpenedLink;
  /** Each renewal of the ticket tells the title as it is then. */
  readonly onOpened: (opened: OpenedLink) => void;
}

/**
 * The session of a document that a link opens; null until the first effect has run. Its tickets come from the link: one
 * that is revoked, or has another password now, ends the session. Nothing is kept on the device, which may be anyone's.
 */
export function useLinkedSession(way: Way): CollaborationSession | null {
  const { token, password, userId } = way;
  const latest = useRef(way);
  useEffect(() => {
    latest.current = way;
  });
  const [session, setSession] = useState<CollaborationSession | null>(null);
  useEffect(() => {
    const { opened } = latest.current;
    // The ticket that came with opening the link is for the first connection.
    let first: OpenedLink | null = opened;
    const acquired = acquireBy(`${userId ?? ""}/link/${token}`, () => ({
      documentId: opened.document.id,
      url: collaborationUrl(location, opened.document.id),
      fetchTicket: async (_documentId, signal) => {
        const ticket = first ?? (await openLink(token, password, signal));
        if (first === null) latest.current.onOpened(ticket);
        first = null;
        return ticket;
      },
      localCopy: null,
    }));
    setSession(acquired);
    return () => {
      setSession(null);
      release(acquired);
    };
  }, [token, password, userId]);
  return session;
}

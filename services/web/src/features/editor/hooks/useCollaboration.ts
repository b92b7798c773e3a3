import { useEffect, useState } from "react";
import type { CollaborationSession } from "../collaboration/CollaborationSession";
import { acquire, release } from "../collaboration/registry";

/** The session of the document shown; null until the first effect has run. */
export function useCollaboration(documentId: string, userId: string): CollaborationSession | null {
  const [session, setSession] = useState<CollaborationSession | null>(null);
  useEffect(() => {
    const acquired = acquire(documentId, userId);
    setSession(acquired);
    return () => {
      setSession(null);
      release(acquired);
    };
  }, [documentId, userId]);
  return session;
}

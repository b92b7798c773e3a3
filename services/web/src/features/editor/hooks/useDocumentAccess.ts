import { createContext, useContext, useMemo } from "react";
import { useSession } from "@/features/auth/hooks/useSession";
import { authorized } from "@/features/auth/session";

/** How somebody reaches what lies beside a document's text: its comments and its files. */
export interface DocumentAccess {
  /** Who they are there; empty for nobody. */
  readonly me: string;
  /** What the addresses of a document's routes begin with. */
  readonly base: (documentId: string) => string;
  readonly call: typeof authorized;
  /** Only members may know who else can see the document. */
  readonly mayMention: boolean;
}

const memberBase = (documentId: string) => `/api/documents/${encodeURIComponent(documentId)}`;

/** Set for whoever came by a share link; members have none. */
export const LinkedAccess = createContext<DocumentAccess | null>(null);

export function useDocumentAccess(): DocumentAccess {
  const linked = useContext(LinkedAccess);
  const auth = useSession();
  const me = auth.status === "signed-in" ? auth.user.id : "";
  return useMemo(() => linked ?? { me, base: memberBase, call: authorized, mayMention: true }, [linked, me]);
}

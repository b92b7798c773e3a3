import { useCallback, useEffect, useState } from "react";
import { useSession } from "@/features/auth/hooks/useSession";
import { ApiError, explain, retryHint } from "@/shared/api/errors";
import { type OpenedLink, openLink, ownDocument } from "../api/openLink";

export type LinkState =
  | { readonly step: "opening" }
  | { readonly step: "password"; readonly error: string | null }
  | { readonly step: "gone" }
  | { readonly step: "failed"; readonly message: string }
  /** One's own role is as strong: the document's own page has more to offer. */
  | { readonly step: "member"; readonly documentId: string }
  | { readonly step: "open"; readonly opened: OpenedLink; readonly password: string | null };

/** What an attempt to come in leads to when it fails. */
export function afterFailure(error: unknown): LinkState {
  if (error instanceof ApiError) {
    const { slug } = error.problem;
    if (slug === "link-password-needed") return { step: "password", error: null };
    if (slug === "link-password-wrong") return { step: "password", error: "That is not the password." };
    if (error.status === 429) {
      return { step: "password", error: `Too many wrong passwords. ${retryHint(error)}` };
    }
    if (error.status === 404 || error.status === 400) return { step: "gone" };
  }
  return { step: "failed", message: explain(error, "open the document") };
}

/** Comes in by a link, as far as that goes without asking. */
export function useLink(token: string) {
  const auth = useSession();
  const userId = auth.status === "signed-in" ? auth.user.id : null;
  const [state, setState] = useState<LinkState>({ step: "opening" });
  const [busy, setBusy] = useState(false);

  const open = useCallback(
    async (password: string | null, signal?: AbortSignal) => {
      setBusy(true);
      try {
        const opened = await openLink(token, password, signal);
        const own = userId === null ? null : await ownDocument(opened.document.id, signal);
        if (signal?.aborted) return;
        // The answer has the stronger of the link's role and one's own.
        if (own?.role === opened.role) setState({ step: "member", documentId: own.id });
        else setState({ step: "open", opened, password });
      } catch (error) {
        if (!signal?.aborted) setState(afterFailure(error));
      } finally {
        if (!signal?.aborted) setBusy(false);
      }
    },
    [token, userId],
  );

  // Again when somebody signs in or out: what the link gives is added to what one has.
  useEffect(() => {
    const controller = new AbortController();
    setState({ step: "opening" });
    void open(null, controller.signal);
    return () => controller.abort();
  }, [open]);

  return { state, busy, userId, open: (password: string | null) => void open(password) };
}

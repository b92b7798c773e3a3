import { useCallback, useEffect, useRef, useState } from "react";
import { useSession } from "@/features/auth/hooks/useSession";
import { ApiError, explain, retryHint } from "@/shared/api/errors";
import { type OpenedLink, openLink } from "../api/openLink";

const REOPEN_INTERVAL_MS = 5_000;

export type LinkState =
  | { readonly step: "opening" }
  | { readonly step: "password"; readonly error: string | null }
  | { readonly step: "gone" }
  | { readonly step: "failed"; readonly message: string }
  /** One's own role is as strong: the document's own page has more to offer. */
  | { readonly step: "member"; readonly documentId: string }
  | { readonly step: "open"; readonly opened: OpenedLink; readonly password: string | null };

/** What an attempt to come in leads to when it fails; `wasIn`: with the same password one was in before. */
export function afterFailure(error: unknown, wasIn = false): LinkState {
  if (error instanceof ApiError) {
    const { slug } = error.problem;
    if (slug === "link-password-needed") return { step: "password", error: null };
    if (slug === "link-password-wrong") {
      return {
        step: "password",
        error: wasIn ? "The link has another password now." : "That is not the password.",
      };
    }
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
  const reopenedAt = useRef(0);
  const reopening = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** What let one in last. */
  const password = useRef<string | null>(null);

  const open = useCallback(
    async (tried: string | null, signal?: AbortSignal, wasIn = false) => {
      setBusy(true);
      try {
        const opened = await openLink(token, tried, signal);
        if (signal?.aborted) return;
        // Whoever gains nothing by the link is given no pass.
        if (userId !== null && opened.pass === null) {
          setState({ step: "member", documentId: opened.document.id });
        } else setState({ step: "open", opened, password: tried });
        password.current = tried;
      } catch (error) {
        if (!signal?.aborted) setState(afterFailure(error, wasIn));
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

  const again = useCallback(() => {
    // Refused and let in in turns, the server would be asked without end.
    const waitMs = Math.max(0, reopenedAt.current + REOPEN_INTERVAL_MS - Date.now());
    reopenedAt.current = Date.now() + waitMs;
    clearTimeout(reopening.current);
    reopening.current = setTimeout(() => void open(password.current, undefined, true), waitMs);
  }, [open]);
  useEffect(() => () => clearTimeout(reopening.current), []);

  return { state, busy, userId, open: (tried: string | null) => void open(tried), again };
}

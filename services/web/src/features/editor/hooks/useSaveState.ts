import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { CollaborationSession } from "../collaboration/CollaborationSession";
import { holdMs, type SaveState, saveState } from "../model/saveState";

function subscribeToNetwork(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}

/** The state of the edits right now; `shown` is the same without flicker. */
export function useSaveState(session: CollaborationSession): {
  readonly now: SaveState;
  readonly shown: SaveState;
} {
  const snapshot = useSyncExternalStore(session.state.subscribe, session.state.get);
  const browserOnline = useSyncExternalStore(subscribeToNetwork, () => navigator.onLine);
  const now = useMemo(() => saveState({ ...snapshot, browserOnline }), [snapshot, browserOnline]);
  return { now, shown: useHeld(now) };
}

function useHeld(now: SaveState): SaveState {
  const [shown, setShown] = useState(now);
  const hold = holdMs(shown, now);
  useEffect(() => {
    if (hold === 0) return;
    const timer = setTimeout(() => setShown(now), hold);
    return () => clearTimeout(timer);
  }, [hold, now]);
  // Set while rendering, as React advises for state that follows a value: no frame shows the old one.
  if (hold === 0 && shown !== now) setShown(now);
  return hold === 0 ? now : shown;
}

/** Asks before the page is closed while edits are unconfirmed. */
export function useUnsavedWarning(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [unsaved]);
}

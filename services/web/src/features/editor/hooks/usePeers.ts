import { useEffect, useState } from "react";
import type { Awareness } from "y-protocols/awareness";
import { latestRename, type Peer, peersOf, samePeers } from "../model/peers";

/** The other people in the document. */
export function usePeers(awareness: Awareness, userId: string): readonly Peer[] {
  const [peers, setPeers] = useState<readonly Peer[]>([]);
  useEffect(() => {
    const read = () => {
      const next = peersOf(awareness.getStates(), { clientId: awareness.clientID, userId });
      // Every move of a caret comes by here; only who is there matters.
      setPeers((before) => (samePeers(before, next) ? before : next));
    };
    read();
    awareness.on("change", read);
    return () => awareness.off("change", read);
  }, [awareness, userId]);
  return peers;
}

/** Calls `onRenamed` when someone else says that they renamed the document. */
export function useRenameHint(awareness: Awareness, onRenamed: () => void): void {
  useEffect(() => {
    let known = latestRename(awareness.getStates());
    const read = () => {
      const latest = latestRename(awareness.getStates());
      if (latest > known) onRenamed();
      known = Math.max(known, latest);
    };
    awareness.on("change", read);
    return () => awareness.off("change", read);
  }, [awareness, onRenamed]);
}

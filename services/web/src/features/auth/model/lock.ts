import { NetworkError } from "@/shared/api/errors";

/** Longer than the deadline of the request made under it: whoever holds the lock has let go by then. */
const WAIT_MS = 20_000;

export type RunExclusive = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs `work` while no other tab of this site does. Raises NetworkError when the turn does not come. */
export function exclusiveAcrossTabs(name: string, locks: LockManager | undefined): RunExclusive {
  // Web Locks exist in secure contexts only; on plain http over a LAN each tab is on its own.
  if (!locks) return (work) => work();
  return async (work) => {
    const deadline = AbortSignal.timeout(WAIT_MS);
    let started = false;
    try {
      return await locks.request(name, { signal: deadline }, () => {
        started = true;
        return work();
      });
    } catch (error) {
      if (started || !deadline.aborted) throw error;
      throw new NetworkError("Another tab is taking too long to refresh the session", { cause: error });
    }
  };
}

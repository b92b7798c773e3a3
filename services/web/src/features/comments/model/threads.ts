import type { Range } from "@/features/editor/model/anchors";
import type { Thread } from "../api/useThreads";

export interface PlacedThread {
  readonly thread: Thread;
  /** Null when the passage is gone. */
  readonly range: Range | null;
}

/** Threads in the order of their passages; those whose passage is gone come last, in the order they were begun. */
export function sortThreads(placed: readonly PlacedThread[]): PlacedThread[] {
  const key = ({ range }: PlacedThread) => range?.from ?? Number.POSITIVE_INFINITY;
  return placed.toSorted((a, b) => {
    const [one, other] = [key(a), key(b)];
    return one === other ? a.thread.created_at.localeCompare(b.thread.created_at) : one - other;
  });
}

import { QueryClient } from "@tanstack/react-query";
import { ApiError, isTransient } from "./errors";

const MAX_RETRIES = 3;
const MAX_DELAY_MS = 8_000;

/** Exponential from 500 ms, half of it random so that tabs do not return in step; the server's own wish goes first. */
export function retryDelayMs(attempt: number, error: unknown, random = Math.random()): number {
  const wished = error instanceof ApiError ? error.problem.retryAfterS : null;
  if (wished !== null) return Math.min(wished * 1000, 30_000);
  const full = Math.min(500 * 2 ** attempt, MAX_DELAY_MS);
  return full / 2 + (full / 2) * random;
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The browser's idea of being online says nothing about a server on this machine or network.
        networkMode: "always",
        staleTime: 15_000,
        retry: (failures, error) => failures < MAX_RETRIES && isTransient(error),
        retryDelay: (attempt, error) => retryDelayMs(attempt, error),
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}

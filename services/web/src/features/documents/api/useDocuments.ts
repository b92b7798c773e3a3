import { useInfiniteQuery } from "@tanstack/react-query";
import { authorized } from "@/features/auth/session";
import { DocumentPage } from "@/shared/api/types";
import type { Pages } from "../model/pages";
import { documentKeys } from "./keys";

const PAGE_SIZE = 50;

/** Own and shared documents, last edited first, a page at a time. */
export function useDocuments() {
  return useInfiniteQuery<DocumentPage, Error, Pages, readonly string[], string | null>({
    queryKey: documentKeys.list,
    queryFn: ({ pageParam, signal }) => {
      const search = new URLSearchParams({ limit: String(PAGE_SIZE) });
      if (pageParam !== null) search.set("cursor", pageParam);
      return authorized(`/api/documents?${search}`, DocumentPage, { signal });
    },
    initialPageParam: null,
    getNextPageParam: (page) => page.next_cursor,
    // What is shared with someone should appear without a reload; several pages would cost as many requests.
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) <= 1 ? 30_000 : false),
    refetchOnMount: "always",
    refetchOnWindowFocus: true,
  });
}

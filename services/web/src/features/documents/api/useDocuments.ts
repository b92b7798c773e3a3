import { useInfiniteQuery } from "@tanstack/react-query";
import { authorized } from "@/features/auth/session";
import { DocumentPage } from "@/shared/api/types";
import type { Pages } from "../model/pages";
import type { Shelf } from "../model/shelves";
import { documentKeys } from "./keys";

const PAGE_SIZE = 50;

/** Where documents are listed: a shelf, or one of the person's own folders. */
export type Place = { readonly shelf: Shelf } | { readonly folder: string };

/** The documents of a place, a page at a time: ordered by the last edit, or by when they came there. */
export function useDocuments(place: Place) {
  return useInfiniteQuery<DocumentPage, Error, Pages, readonly string[], string | null>({
    queryKey: "shelf" in place ? documentKeys.listOf(place.shelf) : documentKeys.listIn(place.folder),
    queryFn: ({ pageParam, signal }) => {
      const where = "shelf" in place ? { filter: place.shelf } : { folder: place.folder };
      const search = new URLSearchParams({ limit: String(PAGE_SIZE), ...where });
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

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";
import { Document } from "@/shared/api/types";
import { documentKeys } from "./keys";

const Hit = v.object({ document: Document, title_html: v.string(), snippet_html: v.string() });
export type Hit = v.InferOutput<typeof Hit>;

const HitPage = v.object({ items: v.array(Hit), next_cursor: v.nullable(v.string()) });

/** Documents found by their title or text, the best first; nothing is asked for an empty query. */
export function useSearch(query: string) {
  return useInfiniteQuery({
    queryKey: documentKeys.search(query),
    queryFn: ({ pageParam, signal }) => {
      const search = new URLSearchParams({ q: query });
      if (pageParam !== null) search.set("cursor", pageParam);
      return authorized(`/api/documents/search?${search}`, HitPage, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled: query !== "",
    placeholderData: keepPreviousData,
    retry: 1,
  });
}

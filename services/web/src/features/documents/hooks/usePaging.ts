import { useEffect, useRef } from "react";
import type { useDocuments } from "../api/useDocuments";

/** Enough for thousands of documents, and an end to a server that never stops sending pages. */
const MAX_PAGES = 100;

type Paged = Pick<
  ReturnType<typeof useDocuments>,
  "data" | "hasNextPage" | "isFetching" | "isFetchNextPageError" | "fetchNextPage"
>;

function canFetch({ data, hasNextPage, isFetching, isFetchNextPageError }: Paged): boolean {
  return hasNextPage && !isFetching && !isFetchNextPageError && (data?.pages.length ?? 0) < MAX_PAGES;
}

/** Fetches the next page when the returned ref's element comes near the window. */
export function useNextPageOnScroll(paged: Paged) {
  const ref = useRef<HTMLDivElement>(null);
  const ready = canFetch(paged);
  const { fetchNextPage } = paged;
  useEffect(() => {
    const element = ref.current;
    if (!(ready && element)) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) void fetchNextPage();
      },
      { rootMargin: "600px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [ready, fetchNextPage]);
  return ref;
}

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { authorized } from "@/features/auth/session";
import { Document } from "@/shared/api/types";
import { flatten, type Pages } from "../model/pages";
import { documentKeys } from "./keys";

/** One document's title, role and owner; at once when the list knew it, and then from the server. */
export function useDocument(id: string) {
  const client = useQueryClient();
  return useQuery({
    queryKey: documentKeys.one(id),
    queryFn: ({ signal }) => authorized(`/api/documents/${encodeURIComponent(id)}`, Document, { signal }),
    placeholderData: () =>
      client
        .getQueriesData<Pages>({ queryKey: documentKeys.list })
        .flatMap(([, pages]) => flatten(pages))
        .find((document) => document.id === id && document.trashed_at === null),
  });
}

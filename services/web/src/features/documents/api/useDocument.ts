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
      flatten(client.getQueryData<Pages>(documentKeys.list)).find((document) => document.id === id),
  });
}

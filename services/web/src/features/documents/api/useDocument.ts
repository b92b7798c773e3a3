import { useQuery } from "@tanstack/react-query";
import { authorized } from "@/features/auth/session";
import { Document } from "@/shared/api/types";
import { useKnownDocument } from "../hooks/useKnownDocument";
import { documentKeys } from "./keys";

/** One document's title, role and owner; at once when the list knew it, and then from the server. */
export function useDocument(id: string) {
  const known = useKnownDocument();
  return useQuery({
    queryKey: documentKeys.one(id),
    queryFn: ({ signal }) => authorized(`/api/documents/${encodeURIComponent(id)}`, Document, { signal }),
    placeholderData: () => known(id),
  });
}

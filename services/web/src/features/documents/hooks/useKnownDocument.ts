import { useQueryClient } from "@tanstack/react-query";
import type { Document } from "@/shared/api/types";
import { documentKeys } from "../api/keys";
import { flatten, type Pages } from "../model/pages";

/** Finds a document that is in one of the lists fetched so far, outside the trash. */
export function useKnownDocument(): (id: string) => Document | undefined {
  const client = useQueryClient();
  return (id) =>
    client
      .getQueriesData<Pages>({ queryKey: documentKeys.list })
      .flatMap(([, pages]) => flatten(pages))
      .find((document) => document.id === id && document.trashed_at === null);
}

import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { authorized } from "@/features/auth/session";
import { Document } from "@/shared/api/types";
import { type Pages, withDocument, withoutDocument, withTitle } from "../model/pages";
import { UNTITLED } from "../model/title";
import { documentKeys } from "./keys";

function address(id: string): string {
  return `/api/documents/${encodeURIComponent(id)}`;
}

export function useCreateDocument() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => authorized("/api/documents", Document, { method: "POST", body: { title: UNTITLED } }),
    onSuccess: (document) => {
      client.setQueryData(documentKeys.one(document.id), document);
      client.setQueryData<Pages>(documentKeys.list, (pages) => pages && withDocument(pages, document));
    },
  });
}

/** Shows a change of the list before the server confirms it; the answer undoes it if it has to be. */
async function changeList(client: QueryClient, change: (pages: Pages) => Pages): Promise<() => void> {
  await client.cancelQueries({ queryKey: documentKeys.list });
  const before = client.getQueryData<Pages>(documentKeys.list);
  client.setQueryData<Pages>(documentKeys.list, (pages) => pages && change(pages));
  return () => client.setQueryData(documentKeys.list, before);
}

export function useRenameDocument() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, title }: { id: string; title: string }) =>
      authorized(address(id), Document, { method: "PATCH", body: { title } }),
    onMutate: async ({ id, title }) => {
      const undoList = await changeList(client, (pages) => withTitle(pages, id, title));
      await client.cancelQueries({ queryKey: documentKeys.one(id) });
      const before = client.getQueryData<Document>(documentKeys.one(id));
      client.setQueryData<Document>(documentKeys.one(id), (document) => document && { ...document, title });
      return () => {
        undoList();
        client.setQueryData(documentKeys.one(id), before);
      };
    },
    onError: (_error, _input, undo) => undo?.(),
    onSuccess: (document) => client.setQueryData(documentKeys.one(document.id), document),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.list }),
  });
}

export function useDeleteDocument() {
  return useRemoval((id) => authorized(address(id), null, { method: "DELETE" }));
}

/** Gives up one's own role in a document someone else owns. */
export function useLeaveDocument(userId: string) {
  return useRemoval((id) => authorized(`${address(id)}/members/${userId}`, null, { method: "DELETE" }));
}

function useRemoval(remove: (id: string) => Promise<void>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: remove,
    onMutate: (id) => changeList(client, (pages) => withoutDocument(pages, id)),
    onError: (_error, _id, undo) => undo?.(),
    onSuccess: (_nothing, id) => {
      client.removeQueries({ queryKey: documentKeys.one(id) });
      client.removeQueries({ queryKey: documentKeys.members(id) });
    },
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.list }),
  });
}

import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { authorized } from "@/features/auth/session";
import { Document } from "@/shared/api/types";
import { type Pages, withChange, withDocument, withoutDocument, withTitle } from "../model/pages";
import { UNTITLED } from "../model/title";
import { documentKeys } from "./keys";

function address(id: string): string {
  return `/api/documents/${encodeURIComponent(id)}`;
}

export function useCreateDocument() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (folder: string | null) =>
      authorized("/api/documents", Document, { method: "POST", body: { title: UNTITLED, folder } }),
    onSuccess: (document) => {
      putIntoLists(client, document);
    },
  });
}

/** Shows a document that was just made, wherever one's own documents are listed. */
export function putIntoLists(client: QueryClient, document: Document): void {
  client.setQueryData(documentKeys.one(document.id), document);
  const lists = [documentKeys.listOf("all"), documentKeys.listOf("mine")];
  for (const key of document.folder ? [...lists, documentKeys.listIn(document.folder)] : lists) {
    client.setQueryData<Pages>(key, (pages) => pages && withDocument(pages, document));
  }
}

/** Shows a change of the lists before the server confirms it; the answer undoes it if it has to be. */
async function changeList(client: QueryClient, change: (pages: Pages) => Pages): Promise<() => void> {
  const lists = { queryKey: documentKeys.list };
  await client.cancelQueries(lists);
  const before = client.getQueriesData<Pages>(lists);
  client.setQueriesData<Pages>(lists, (pages) => pages && change(pages));
  return () => {
    for (const [key, pages] of before) client.setQueryData(key, pages);
  };
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

/** Moves a document to the trash, out of everybody's sight. */
export function useDeleteDocument() {
  return useRemoval((id) => authorized(address(id), null, { method: "DELETE" }));
}

/** Deletes a document that is in the trash for good. */
export function useDeleteForever() {
  return useRemoval((id) => authorized(`${address(id)}/forever`, null, { method: "DELETE" }));
}

/** Takes a document out of the trash. */
export function useRestoreDocument() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => authorized(`${address(id)}/restore`, Document, { method: "POST" }),
    onSuccess: (document) => {
      client.setQueryData<Pages>(
        documentKeys.listOf("trash"),
        (pages) => pages && withoutDocument(pages, document.id),
      );
      client.setQueryData(documentKeys.one(document.id), document);
    },
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.list }),
  });
}

/** Makes a document a favourite, or one no longer. */
export function useSetFavourite() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, favourite }: { id: string; favourite: boolean }) =>
      authorized(`${address(id)}/favourite`, null, { method: favourite ? "PUT" : "DELETE" }),
    onMutate: async ({ id, favourite }) => {
      const undoList = await changeList(client, (pages) => withChange(pages, id, { favourite }));
      const before = client.getQueryData<Document>(documentKeys.one(id));
      client.setQueryData<Document>(documentKeys.one(id), (known) => known && { ...known, favourite });
      return () => {
        undoList();
        client.setQueryData(documentKeys.one(id), before);
      };
    },
    onError: (_error, _input, undo) => undo?.(),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.listOf("favourites") }),
  });
}

/** Files a document into one of the person's own folders, or with `null` into none. */
export function usePlaceDocument() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, folder }: { id: string; folder: string | null }) =>
      authorized(`${address(id)}/folder`, null, { method: "PUT", body: { folder } }),
    onMutate: async ({ id, folder }) => {
      const undoList = await changeList(client, (pages) => withChange(pages, id, { folder }));
      // A document is in one folder: whichever folder's list has it loses it.
      const inFolders = client.getQueriesData<Pages>({ queryKey: ["documents", "list", "folder"] });
      for (const [key, pages] of inFolders) {
        if (pages && key.at(-1) !== folder) client.setQueryData(key, withoutDocument(pages, id));
      }
      const before = client.getQueryData<Document>(documentKeys.one(id));
      client.setQueryData<Document>(documentKeys.one(id), (known) => known && { ...known, folder });
      return () => {
        undoList();
        client.setQueryData(documentKeys.one(id), before);
      };
    },
    onError: (_error, _input, undo) => undo?.(),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.list }),
  });
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

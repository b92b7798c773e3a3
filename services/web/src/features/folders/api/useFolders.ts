import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";
import { documentKeys } from "@/features/documents/api/keys";
import { type Folder, withoutFolder } from "../model/tree";

const FolderShape = v.object({ id: v.string(), name: v.string(), parent: v.nullable(v.string()) });
const FolderPage = v.object({ items: v.array(FolderShape) });

function address(id: string): string {
  return `/api/documents/folders/${encodeURIComponent(id)}`;
}

/** All of one's own folders: a person has at most as many as the server puts on a page. */
export function useFolders() {
  return useQuery<readonly Folder[]>({
    queryKey: documentKeys.folders,
    queryFn: async ({ signal }) => (await authorized("/api/documents/folders", FolderPage, { signal })).items,
    staleTime: 60_000,
  });
}

type Change = (folders: readonly Folder[]) => readonly Folder[];

/** Shows a change before the server confirms it; the answer undoes it if it has to be. */
async function changeFolders(client: QueryClient, change: Change): Promise<() => void> {
  await client.cancelQueries({ queryKey: documentKeys.folders });
  const before = client.getQueryData<readonly Folder[]>(documentKeys.folders);
  client.setQueryData<readonly Folder[]>(documentKeys.folders, (folders) => folders && change(folders));
  return () => client.setQueryData(documentKeys.folders, before);
}

export function useCreateFolder() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; parent: string | null }) =>
      authorized("/api/documents/folders", FolderShape, { method: "POST", body }),
    onSuccess: (folder) =>
      client.setQueryData<readonly Folder[]>(
        documentKeys.folders,
        (folders) => folders && [...folders.filter(({ id }) => id !== folder.id), folder],
      ),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.folders }),
  });
}

/** Renames a folder, or moves it into another. */
export function useChangeFolder() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }: { id: string; name?: string; parent?: string | null }) =>
      authorized(address(id), FolderShape, { method: "PATCH", body }),
    onMutate: ({ id, ...change }) =>
      changeFolders(client, (folders) =>
        folders.map((folder) => (folder.id === id ? { ...folder, ...change } : folder)),
      ),
    onError: (_error, _input, undo) => undo?.(),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.folders }),
  });
}

/** Deletes a folder; what is in it moves to where it was. */
export function useDeleteFolder() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => authorized(address(id), null, { method: "DELETE" }),
    onMutate: (id) => changeFolders(client, (folders) => withoutFolder(folders, id)),
    onError: (_error, _id, undo) => undo?.(),
    onSettled: async (_nothing, error, id) => {
      if (error === null) client.removeQueries({ queryKey: documentKeys.listIn(id) });
      await client.invalidateQueries({ queryKey: documentKeys.folders });
      await client.invalidateQueries({ queryKey: documentKeys.list });
    },
  });
}

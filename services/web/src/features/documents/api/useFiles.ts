import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized, authorizedFile } from "@/features/auth/session";
import { Document } from "@/shared/api/types";
import { documentKeys } from "./keys";
import { putIntoLists } from "./useDocumentMutations";

/** Files are converted while the request waits. */
const CONVERSION_DEADLINE_MS = 90_000;

const Imported = v.object({ ...Document.entries, warnings: v.optional(v.array(v.string()), []) });

/** Makes a document of a file. */
export function useImport() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ file, folder }: { file: File; folder: string | null }) =>
      authorized(`/api/documents/import?${importQuery(file.name, folder)}`, Imported, {
        method: "POST",
        // Systems disagree about the types of files: the ending of the name says what it is.
        body: file.slice(0, file.size, "application/octet-stream"),
        deadlineMs: CONVERSION_DEADLINE_MS,
      }),
    onSuccess: ({ warnings: _, ...document }) => putIntoLists(client, document),
  });
}

function importQuery(filename: string, folder: string | null): URLSearchParams {
  return new URLSearchParams(folder === null ? { filename } : { filename, folder });
}

/** A document as a file. Raises ApiError, NetworkError or SessionEndedError. */
export function exportDocument(id: string, format: string) {
  return authorizedFile(`/api/documents/${encodeURIComponent(id)}/export?format=${format}`, {
    deadlineMs: CONVERSION_DEADLINE_MS,
  });
}

const Template = v.object({
  id: v.string(),
  name: v.string(),
  kind: v.picklist(["built-in", "own"]),
});
export type Template = v.InferOutput<typeof Template>;

export function useTemplates() {
  return useQuery({
    queryKey: documentKeys.templates,
    queryFn: async ({ signal }) =>
      (
        await authorized("/api/documents/templates?limit=100", v.object({ items: v.array(Template) }), {
          signal,
        })
      ).items,
  });
}

/** A document that begins with a template. */
export function useCreateFromTemplate() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ template, folder }: { template: string; folder: string | null }) =>
      authorized(`/api/documents/templates/${encodeURIComponent(template)}/documents`, Document, {
        method: "POST",
        body: { folder },
        deadlineMs: CONVERSION_DEADLINE_MS,
      }),
    onSuccess: (document) => putIntoLists(client, document),
  });
}

/** Keeps what a document holds now as a template of one's own. */
export function useCreateTemplate() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; document: string }) =>
      authorized("/api/documents/templates", Template, { method: "POST", body }),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.templates }),
  });
}

export function useDeleteTemplate() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      authorized(`/api/documents/templates/${encodeURIComponent(id)}`, null, { method: "DELETE" }),
    onSettled: () => client.invalidateQueries({ queryKey: documentKeys.templates }),
  });
}

import * as v from "valibot";
import type { DocumentAccess } from "@/features/editor/hooks/useDocumentAccess";
import { ApiError, NetworkError } from "@/shared/api/errors";
import { attachmentName, typeOf } from "../model/kinds";

const Upload = v.object({
  id: v.string(),
  upload: v.object({ url: v.string(), method: v.string(), headers: v.record(v.string(), v.string()) }),
});

const Attachment = v.object({ id: v.string(), name: v.string(), type: v.string(), size: v.number() });
export type Attachment = v.InferOutput<typeof Attachment>;

const Download = v.object({ url: v.string(), expires_at: v.string() });
export type Download = v.InferOutput<typeof Download>;

/** A transfer that does not move for this long is given up. */
const STALL_MS = 30_000;
/** The server copies and checks what was uploaded. */
const COMPLETE_DEADLINE_MS = 60_000;

interface UploadOptions {
  readonly signal: AbortSignal;
  /** From 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/**
 * Attaches a file to a document: announced, sent to the object storage, and completed.
 * Raises what `access.call` raises; an abort by the caller's own signal is passed on.
 */
export async function uploadAttachment(
  access: DocumentAccess,
  documentId: string,
  file: File,
  { signal, onProgress }: UploadOptions,
): Promise<Attachment> {
  const base = `${access.base(documentId)}/attachments`;
  const type = typeOf(file.name, file.type) ?? file.type;
  const body = { name: attachmentName(file.name), size: file.size, type };
  const { id, upload } = await access.call(base, Upload, { method: "POST", body, signal });
  await send(upload, file, { signal, onProgress });
  return await access.call(`${base}/${id}/complete`, Attachment, {
    method: "POST",
    signal,
    deadlineMs: COMPLETE_DEADLINE_MS,
  });
}

/** Where an attachment can be fetched from, for about a minute. */
export function attachmentUrl(
  access: DocumentAccess,
  documentId: string,
  attachment: string,
  signal?: AbortSignal,
): Promise<Download> {
  const path = `${access.base(documentId)}/attachments/${encodeURIComponent(attachment)}/url`;
  return access.call(path, Download, { signal });
}

/** Not `fetch`, which does not tell how far it is. */
function send(
  { url, method, headers }: v.InferOutput<typeof Upload>["upload"],
  file: File,
  { signal, onProgress }: UploadOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stalled: ReturnType<typeof setTimeout> | undefined;
    const watch = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALL_MS);
    };
    const cancel = () => request.abort();
    const settle = (error: Error | null) => {
      clearTimeout(stalled);
      signal.removeEventListener("abort", cancel);
      if (error === null) resolve();
      else reject(error);
    };
    if (signal.aborted) {
      reject(new DOMException("Cancelled", "AbortError"));
      return;
    }
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => {
      watch();
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => settle(refusalOf(request.status)));
    request.addEventListener("error", () => settle(new NetworkError("The file could not be sent")));
    request.addEventListener("abort", () =>
      settle(
        signal.aborted
          ? new DOMException("Cancelled", "AbortError")
          : new NetworkError("The file could not be sent"),
      ),
    );
    signal.addEventListener("abort", cancel);
    watch();
    request.send(file);
  });
}

function refusalOf(status: number): Error | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 500) return new NetworkError(`The object storage answered ${status}`);
  const slug = status === 413 ? "body-too-large" : "upload-refused";
  const title = "The file was not taken";
  return new ApiError({ status, slug, title, detail: "", fields: [], requestId: null, retryAfterS: null });
}

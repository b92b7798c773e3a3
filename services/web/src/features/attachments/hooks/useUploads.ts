import type { Editor } from "@tiptap/core";
import { useCallback, useEffect, useRef, useState } from "react";
import { useDocumentAccess } from "@/features/editor/hooks/useDocumentAccess";
import { placeOf, positionOf } from "@/features/editor/model/anchors";
import { type Attachment, uploadAttachment } from "../api/attachments";
import { insertBlock } from "../model/insert";
import { isPicture, refusalOf } from "../model/kinds";
import { uploadError } from "../model/uploadError";

export interface Upload {
  readonly id: number;
  readonly file: File;
  /** From 0 to 1; null while it waits for its turn. */
  readonly progress: number | null;
  readonly error: string | null;
  /** Whether the same may work later. */
  readonly retryable: boolean;
}

interface Job {
  readonly id: number;
  readonly file: File;
  readonly abort: AbortController;
}

let lastId = 0;

/**
 * Attaches files one after another and puts each into the text where it was dropped, wherever that has moved meanwhile.
 * Until it is there only this person knows of it.
 */
export function useUploads(editor: Editor, documentId: string) {
  const access = useDocumentAccess();
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const jobs = useRef(new Map<number, Job>());
  const latestAccess = useRef(access);
  useEffect(() => {
    latestAccess.current = access;
  });

  const update = useCallback((id: number, change: Partial<Upload>) => {
    setUploads((before) => before.map((each) => (each.id === id ? { ...each, ...change } : each)));
  }, []);
  const forget = useCallback((id: number) => {
    jobs.current.delete(id);
    setUploads((before) => before.filter((each) => each.id !== id));
  }, []);

  const run = useCallback(
    async ({ id, file, abort }: Job, place: string | null): Promise<string | null> => {
      update(id, { progress: 0, error: null });
      try {
        const options = {
          signal: abort.signal,
          onProgress: (progress: number) => update(id, { progress }),
        };
        const measures = await measure(file);
        const made = await uploadAttachment(latestAccess.current, documentId, file, options);
        if (abort.signal.aborted || editor.isDestroyed) return place;
        forget(id);
        return put(editor, made, measures, place);
      } catch (error) {
        if (abort.signal.aborted) forget(id);
        else update(id, { error: uploadError(error), progress: null, retryable: true });
        return place;
      }
    },
    [editor, documentId, update, forget],
  );

  const add = useCallback(
    (files: readonly File[], position: number) => {
      const place = placeOf(editor.state, position);
      const queue: Job[] = [];
      const shown: Upload[] = [];
      for (const file of files) {
        lastId += 1;
        const error = refusalOf(file);
        shown.push({ id: lastId, file, progress: null, error, retryable: false });
        if (error === null) queue.push({ id: lastId, file, abort: new AbortController() });
      }
      for (const job of queue) jobs.current.set(job.id, job);
      setUploads((before) => [...before, ...shown]);
      void (async () => {
        let next = place;
        for (const job of queue) {
          if (!job.abort.signal.aborted) next = await run(job, next);
        }
      })();
    },
    [editor, run],
  );

  const cancel = useCallback(
    (id: number) => {
      jobs.current.get(id)?.abort.abort();
      forget(id);
    },
    [forget],
  );
  const retry = useCallback(
    (upload: Upload) => {
      const job = { id: upload.id, file: upload.file, abort: new AbortController() };
      jobs.current.set(job.id, job);
      void run(job, placeOf(editor.state, editor.state.selection.to));
    },
    [editor, run],
  );

  useEffect(() => {
    const running = jobs.current;
    return () => {
      for (const { abort } of running.values()) abort.abort();
      running.clear();
    };
  }, []);

  return { uploads, add, cancel, retry };
}

/** Returns the place after it, where the next one goes. */
function put(
  editor: Editor,
  made: Attachment,
  measures: Measures | null,
  place: string | null,
): string | null {
  const { state } = editor;
  const position = (place === null ? null : positionOf(state, place)) ?? state.selection.to;
  const block =
    measures !== null && isPicture(made.type)
      ? state.schema.nodes.image?.create({ attachment: made.id, alt: null, ...measures })
      : state.schema.nodes.file?.create({
          attachment: made.id,
          name: made.name,
          size: made.size,
          type: made.type,
        });
  if (!block) return place;
  const { transaction, after } = insertBlock(state, position, block);
  editor.view.dispatch(transaction.scrollIntoView());
  return placeOf(editor.state, after);
}

interface Measures {
  readonly width: number;
  readonly height: number;
}

/** Of a picture that this browser can show; null for any other file. */
async function measure(file: File): Promise<Measures | null> {
  if (!isPicture(file.type)) return null;
  try {
    const { width, height } = await createImageBitmap(file);
    return { width, height };
  } catch {
    return null;
  }
}

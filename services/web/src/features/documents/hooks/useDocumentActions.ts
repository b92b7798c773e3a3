import { useLocation } from "wouter";
import { useCurrentUser } from "@/features/auth/hooks/useSession";
import type { Document } from "@/shared/api/types";
import { copyText } from "@/shared/lib/clipboard";
import { paths } from "@/shared/lib/paths";
import { deleteLocalCopy } from "@/shared/offline/localCopies";
import { forgetUnsaved } from "@/shared/offline/unsaved";
import { reportFailure } from "@/shared/ui/reportFailure";
import { toast } from "@/shared/ui/toastStore";
import {
  useCreateDocument,
  useDeleteDocument,
  useDeleteForever,
  useLeaveDocument,
  usePlaceDocument,
  useRenameDocument,
  useRestoreDocument,
  useSetFavourite,
} from "../api/useDocumentMutations";
import { cleanTitle, shownTitle } from "../model/title";

/** What a person can do to documents from a list, a menu or the editor, with the message each outcome deserves. */
export function useDocumentActions() {
  const user = useCurrentUser();
  const [, navigate] = useLocation();
  const creation = useCreateDocument();
  const renaming = useRenameDocument();
  const deletion = useDeleteDocument();
  const leaving = useLeaveDocument(user.id);
  const restoring = useRestoreDocument();
  const erasing = useDeleteForever();
  const starring = useSetFavourite();
  const placing = usePlaceDocument();

  const forgetLocally = (id: string) => {
    forgetUnsaved({ storage: localStorage, userId: user.id, documentId: id });
    deleteLocalCopy(user.id, id);
  };

  // Awaited rather than given callbacks: what asked for the change (a row, a page) may be gone when the answer comes.
  const attempt = async <T>(doing: string, work: Promise<T>, done: (value: T) => void) => {
    try {
      done(await work);
    } catch (error) {
      reportFailure(error, doing);
    }
  };

  const restore = (document: Document) => {
    const name = `“${shownTitle(document.title)}”`;
    void attempt(`restore ${name}`, restoring.mutateAsync(document.id), () =>
      toast.info(`${name} is back, with everybody it is shared with.`),
    );
  };

  return {
    creating: creation.isPending,
    create: (folder: string | null = null) => {
      if (creation.isPending) return;
      void attempt("create a document", creation.mutateAsync(folder), ({ id }) =>
        navigate(paths.document(id), { state: { created: true } }),
      );
    },
    rename: (document: Document, typed: string, onSaved: () => void = () => undefined) => {
      const title = cleanTitle(typed);
      if (title === document.title) return;
      void attempt("rename the document", renaming.mutateAsync({ id: document.id, title }), onSaved);
    },
    remove: (document: Document) => {
      const name = `“${shownTitle(document.title)}”`;
      void attempt(`delete ${name}`, deletion.mutateAsync(document.id), () =>
        // What this device keeps of it stays as long as the document can come back.
        toast.info(`${name} is deleted: it is in the trash now.`, {
          label: "Undo",
          run: () => restore(document),
        }),
      );
    },
    restore,
    removeForever: (document: Document) => {
      const name = `“${shownTitle(document.title)}”`;
      void attempt(`delete ${name}`, erasing.mutateAsync(document.id), () => {
        forgetLocally(document.id);
        toast.info(`${name} is deleted for good.`);
      });
    },
    setFavourite: (document: Document, favourite: boolean) =>
      void attempt(
        favourite ? "make it a favourite" : "take it out of the favourites",
        starring.mutateAsync({ id: document.id, favourite }),
        () => undefined,
      ),
    /** `name` is the folder's; with `null` the document is in none any more. */
    place: (document: Document, folder: string | null, name: string) => {
      if ((document.folder ?? null) === folder) return;
      void attempt(
        `move “${shownTitle(document.title)}”`,
        placing.mutateAsync({ id: document.id, folder }),
        () =>
          toast.info(
            folder === null
              ? `“${shownTitle(document.title)}” is in no folder any more.`
              : `“${shownTitle(document.title)}” is in “${name}” now.`,
          ),
      );
    },
    leave: (document: Document) => {
      const name = `“${shownTitle(document.title)}”`;
      void attempt(`leave ${name}`, leaving.mutateAsync(document.id), () => {
        forgetLocally(document.id);
        toast.info(`You left ${name}.`);
      });
    },
    copyLink: async (document: Document) => {
      const copied = await copyText(new URL(paths.document(document.id), location.origin).href);
      if (copied) toast.info("Link copied. It opens for people the document is shared with.");
      else toast.error("The browser did not allow copying.");
    },
  };
}

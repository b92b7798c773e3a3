import { type DragEvent, useState } from "react";
import { useDocumentActions } from "@/features/documents/hooks/useDocumentActions";
import { useKnownDocument } from "@/features/documents/hooks/useKnownDocument";
import { toast } from "@/shared/ui/toastStore";
import { useFolders } from "../api/useFolders";
import { canDrop, type Dragged, droppedOf } from "../model/dragging";
import { REFUSALS, refusalOf } from "../model/tree";
import { useFolderActions } from "./useFolderActions";

/** Where something can be dropped; `null` is no folder. */
export interface Target {
  readonly id: string | null;
  readonly name: string;
}

export type PutInto = (dragged: Dragged, target: Target) => void;

/** Files a document, or moves a folder, into where it was dropped. */
export function usePutInto(): PutInto {
  const { data: folders = [] } = useFolders();
  const { place } = useDocumentActions();
  const { move } = useFolderActions();
  const documentOf = useKnownDocument();
  return (dragged, target) => {
    if (dragged.kind === "document") {
      const document = documentOf(dragged.id);
      if (document) place(document, target.id, target.name);
      return;
    }
    const folder = folders.find(({ id }) => id === dragged.id);
    if (!folder || folder.id === target.id) return;
    const refusal = refusalOf(folders, folder.id, target.id);
    if (refusal === null) move(folder, target.id);
    else toast.error(REFUSALS[refusal]);
  };
}

/** What makes an element a place to drop something on. */
export function useDropTarget(target: Target, putInto: PutInto) {
  const [over, setOver] = useState(false);
  return {
    over,
    handlers: {
      onDragOver: (event: DragEvent) => {
        if (!canDrop(event.dataTransfer)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "move";
        setOver(true);
      },
      onDragLeave: () => setOver(false),
      onDrop: (event: DragEvent) => {
        event.preventDefault();
        setOver(false);
        const dragged = droppedOf(event.dataTransfer);
        if (dragged) putInto(dragged, target);
      },
    },
  };
}

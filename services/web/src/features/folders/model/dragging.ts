/** Types of what is dragged: a browser tells others only these while it is on its way. */
const DOCUMENT = "application/x-collab-document";
const FOLDER = "application/x-collab-folder";

export type Dragged =
  | { readonly kind: "document"; readonly id: string }
  | { readonly kind: "folder"; readonly id: string };

export function startDrag(transfer: DataTransfer, dragged: Dragged): void {
  transfer.setData(dragged.kind === "document" ? DOCUMENT : FOLDER, dragged.id);
  // A link inside would be offered as an address, which other windows copy.
  transfer.effectAllowed = "move";
}

export function canDrop(transfer: DataTransfer): boolean {
  return transfer.types.includes(DOCUMENT) || transfer.types.includes(FOLDER);
}

export function droppedOf(transfer: DataTransfer): Dragged | null {
  const document = transfer.getData(DOCUMENT);
  if (document !== "") return { kind: "document", id: document };
  const folder = transfer.getData(FOLDER);
  return folder === "" ? null : { kind: "folder", id: folder };
}

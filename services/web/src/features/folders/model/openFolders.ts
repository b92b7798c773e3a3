import { Store } from "@/shared/lib/store";

const KEY = "collab:open-folders";
/** More than anybody opens: ids of folders that are gone go with the oldest. */
const MAX_KEPT = 200;

/** Which folders of the tree are open, on this device. */
export const openFolders = new Store<ReadonlySet<string>>(read());

function read(): ReadonlySet<string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return new Set(Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : []);
  } catch {
    // No storage, or something else in it: everything is closed.
    return new Set();
  }
}

export function setFoldersOpen(ids: readonly string[], open: boolean): void {
  const next = new Set(openFolders.get());
  for (const id of ids) {
    next.delete(id);
    if (open) next.add(id);
  }
  const kept = [...next].slice(-MAX_KEPT);
  openFolders.set(new Set(kept));
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // It is remembered until the page is left.
  }
}

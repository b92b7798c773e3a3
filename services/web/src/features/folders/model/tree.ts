export interface Folder {
  readonly id: string;
  readonly name: string;
  readonly parent: string | null;
}

export interface FolderNode {
  readonly folder: Folder;
  /** 1 for a folder that is in no other. */
  readonly depth: number;
  readonly children: readonly FolderNode[];
}

/** As the server says. */
export const MAX_DEPTH = 8;
export const MAX_NAME_LENGTH = 200;

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** The folders inside each other, by name. One whose parent is not known stands at the top. */
export function treeOf(folders: readonly Folder[]): FolderNode[] {
  const known = new Set(folders.map(({ id }) => id));
  const inside = new Map<string | null, Folder[]>();
  for (const folder of folders) {
    const parent = folder.parent !== null && known.has(folder.parent) ? folder.parent : null;
    inside.set(parent, [...(inside.get(parent) ?? []), folder]);
  }
  const nodesIn = (parent: string | null, depth: number): FolderNode[] =>
    (inside.get(parent) ?? [])
      .toSorted((a, b) => byName.compare(a.name, b.name))
      .map((folder) => ({ folder, depth, children: nodesIn(folder.id, depth + 1) }));
  return nodesIn(null, 1);
}

/** All nodes in the order in which they are shown, those in a folder right behind it. */
export function flattenTree(nodes: readonly FolderNode[]): FolderNode[] {
  return nodes.flatMap((node) => [node, ...flattenTree(node.children)]);
}

/** The way to a folder, from the top, itself at the end; empty for one that is not there. */
export function wayTo(folders: readonly Folder[], id: string | null): Folder[] {
  const byId = new Map(folders.map((folder) => [folder.id, folder]));
  const way: Folder[] = [];
  for (let at = id; at !== null && way.length <= MAX_DEPTH; ) {
    const folder = byId.get(at);
    if (!folder) break;
    way.unshift(folder);
    at = folder.parent;
  }
  return way;
}

export type Refusal = "cycle" | "too-deep";

export const REFUSALS: Readonly<Record<Refusal, string>> = {
  cycle: "A folder cannot be inside itself.",
  "too-deep": `At most ${MAX_DEPTH} folders can be inside each other.`,
};

/** Why a folder (or with `null` a new one) cannot be put into `parent`; null when it can. */
export function refusalOf(
  folders: readonly Folder[],
  id: string | null,
  parent: string | null,
): Refusal | null {
  const above = wayTo(folders, parent);
  if (id !== null && above.some((folder) => folder.id === id)) return "cycle";
  return above.length + heightOf(folders, id) > MAX_DEPTH ? "too-deep" : null;
}

/** How many levels a folder and what is in it take. */
function heightOf(folders: readonly Folder[], id: string | null): number {
  if (id === null) return 1;
  const all = flattenTree(treeOf(folders));
  const own = all.find(({ folder }) => folder.id === id);
  if (!own) return 1;
  return Math.max(...flattenTree([own]).map(({ depth }) => depth)) - own.depth + 1;
}

/** The folders when one is deleted: what was in it moves to where it was. */
export function withoutFolder(folders: readonly Folder[], id: string): Folder[] {
  const gone = folders.find((folder) => folder.id === id);
  return folders
    .filter((folder) => folder.id !== id)
    .map((folder) => (gone && folder.parent === id ? { ...folder, parent: gone.parent } : folder));
}

/** What is stored for what was typed: one line, without space around it; empty when nothing was. */
export function cleanName(typed: string): string {
  return typed.replace(/\s+/g, " ").trim().slice(0, MAX_NAME_LENGTH);
}

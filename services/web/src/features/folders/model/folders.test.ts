import { describe, expect, it } from "vitest";
import { canDrop, droppedOf, startDrag } from "./dragging";
import {
  cleanName,
  type Folder,
  flattenTree,
  MAX_DEPTH,
  MAX_NAME_LENGTH,
  refusalOf,
  treeOf,
  wayTo,
  withoutFolder,
} from "./tree";

function folder(id: string, parent: string | null = null, name = id): Folder {
  return { id, name, parent };
}

/** Folders inside each other, the outermost first. */
function chain(length: number): Folder[] {
  return Array.from({ length }, (_, at) => folder(`f${at + 1}`, at === 0 ? null : `f${at}`));
}

const ids = (folders: readonly Folder[]) => folders.map(({ id }) => id).join(" ");

describe("the tree", () => {
  it("is by name, numbers as numbers, whatever the order in which folders come", () => {
    const nodes = treeOf([
      folder("c", "a", "Inside"),
      folder("b", null, "Archive 10"),
      folder("a", null, "archive 2"),
      folder("d", "c", "Deeper"),
    ]);
    const shown = flattenTree(nodes).map(({ folder: { name }, depth }) => `${depth} ${name}`);
    expect(shown).toEqual(["1 archive 2", "2 Inside", "3 Deeper", "1 Archive 10"]);
  });

  it("shows a folder at the top whose parent is not there", () => {
    expect(treeOf([folder("a", "gone")]).map(({ folder: { id } }) => id)).toEqual(["a"]);
  });

  it("knows the way to a folder, and none to what is not there", () => {
    const folders = [folder("a"), folder("b", "a"), folder("c", "b")];
    expect(ids(wayTo(folders, "c"))).toBe("a b c");
    expect(wayTo(folders, "x")).toEqual([]);
    expect(wayTo(folders, null)).toEqual([]);
  });

  it("comes to an end where folders are in a circle", () => {
    const circle = [folder("a", "b"), folder("b", "a")];
    expect(treeOf(circle)).toEqual([]);
    expect(wayTo(circle, "a").length).toBeLessThanOrEqual(MAX_DEPTH + 1);
  });
});

describe("moving", () => {
  it("refuses a folder inside itself or what is in it", () => {
    const folders = [folder("a"), folder("b", "a"), folder("c")];
    expect(refusalOf(folders, "a", "a")).toBe("cycle");
    expect(refusalOf(folders, "a", "b")).toBe("cycle");
    expect(refusalOf(folders, "b", "c")).toBeNull();
    expect(refusalOf(folders, "b", null)).toBeNull();
  });

  it("counts what is in a folder", () => {
    const folders = [...chain(MAX_DEPTH - 1), folder("x"), folder("y", "x")];
    const deepest = `f${MAX_DEPTH - 1}`;
    expect(refusalOf(folders, "y", deepest)).toBeNull();
    expect(refusalOf(folders, "x", deepest)).toBe("too-deep");
    expect(refusalOf(folders, null, deepest)).toBeNull();
    expect(refusalOf(chain(MAX_DEPTH), null, `f${MAX_DEPTH}`)).toBe("too-deep");
  });
});

it("keeps what is in a folder that is deleted, where it was", () => {
  const folders = [folder("a"), folder("b", "a"), folder("c", "b")];
  expect(withoutFolder(folders, "b")).toEqual([folder("a"), folder("c", "a")]);
  expect(withoutFolder(folders, "a")).toEqual([folder("b", null), folder("c", "b")]);
});

it("stores names as one line of bounded length", () => {
  expect(cleanName("  Two \n words ")).toBe("Two words");
  expect(cleanName(" ")).toBe("");
  expect(cleanName("x".repeat(999))).toHaveLength(MAX_NAME_LENGTH);
});

it("drags documents and folders, and takes nothing else", () => {
  const data = new Map<string, string>();
  const transfer = {
    setData: (type: string, value: string) => data.set(type, value),
    getData: (type: string) => data.get(type) ?? "",
    get types() {
      return [...data.keys()];
    },
  } as unknown as DataTransfer;
  data.set("text/plain", "words");
  expect(canDrop(transfer)).toBe(false);
  expect(droppedOf(transfer)).toBeNull();
  startDrag(transfer, { kind: "document", id: "d1" });
  expect(canDrop(transfer)).toBe(true);
  expect(droppedOf(transfer)).toEqual({ kind: "document", id: "d1" });
});

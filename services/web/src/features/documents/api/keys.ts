import type { Shelf } from "../model/shelves";

export const documentKeys = {
  all: ["documents"],
  /** What all lists begin with: a change of a document concerns each that has it. */
  list: ["documents", "list"],
  listOf: (shelf: Shelf) => ["documents", "list", shelf],
  listIn: (folder: string) => ["documents", "list", "folder", folder],
  folders: ["documents", "folders"],
  search: (query: string) => ["documents", "search", query],
  templates: ["documents", "templates"],
  one: (id: string) => ["documents", "one", id],
  members: (id: string) => ["documents", "members", id],
  links: (id: string) => ["documents", "links", id],
  comments: (id: string) => ["documents", "comments", id],
  versions: (id: string) => ["documents", "versions", id],
} as const;

/** Where documents are looked for; the names are the server's filters. */
export const SHELVES = ["all", "mine", "shared", "favourites", "recent", "trash"] as const;
export type Shelf = (typeof SHELVES)[number];

/** The shelf that an address names; all documents where it names none. */
export function shelfOf(name: string | null): Shelf {
  return SHELVES.find((shelf) => shelf === name) ?? "all";
}

/** Whether a list is one of the days on which something was done to its documents, and when that was. */
export const DAY_OF: Readonly<Record<Shelf, "edited_at" | "opened_at" | null>> = {
  all: "edited_at",
  mine: "edited_at",
  shared: "edited_at",
  recent: "opened_at",
  favourites: null,
  trash: null,
};

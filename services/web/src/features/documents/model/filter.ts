import type { Document } from "@/shared/api/types";
import { type DateGroup, dateGroup } from "@/shared/lib/time";

/** Lower case without accents: "Résumé" is found by "resume". */
export function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}+/gu, "")
    .toLocaleLowerCase();
}

/** Documents whose title matches: every word of the query somewhere in it, in any order. */
export function matchTitles(documents: readonly Document[], query: string): Document[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  return documents.filter((document) => {
    const title = fold(document.title);
    return words.every((word) => title.includes(word));
  });
}

export interface Group {
  readonly name: DateGroup;
  readonly documents: Document[];
}

/** Documents under the headings of a list sorted by `day`. */
export function groupByDate(
  documents: readonly Document[],
  now: Date,
  day: "edited_at" | "opened_at" = "edited_at",
): Group[] {
  const groups = new Map<DateGroup, Document[]>();
  for (const document of documents) {
    const name = dateGroup(document[day] ?? document.edited_at, now);
    groups.set(name, [...(groups.get(name) ?? []), document]);
  }
  return [...groups].map(([name, grouped]) => ({ name, documents: grouped }));
}

import type { Document } from "@/shared/api/types";
import { type DateGroup, dateGroup } from "@/shared/lib/time";

export type Ownership = "all" | "owned" | "shared";

export interface Filter {
  readonly ownership: Ownership;
  readonly query: string;
}

/** Lower case without accents: "Résumé" is found by "resume". */
export function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}+/gu, "")
    .toLocaleLowerCase();
}

/** Documents that match: every word of the query somewhere in the title, in any order. */
export function filterDocuments(documents: readonly Document[], { ownership, query }: Filter): Document[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  return documents.filter((document) => {
    if (ownership !== "all" && (document.role === "owner") !== (ownership === "owned")) return false;
    const title = fold(document.title);
    return words.every((word) => title.includes(word));
  });
}

export interface Group {
  readonly name: DateGroup;
  readonly documents: Document[];
}

/** Documents under the headings of a list sorted by last edit. */
export function groupByDate(documents: readonly Document[], now: Date): Group[] {
  const groups = new Map<DateGroup, Document[]>();
  for (const document of documents) {
    const name = dateGroup(document.edited_at, now);
    groups.set(name, [...(groups.get(name) ?? []), document]);
  }
  return [...groups].map(([name, grouped]) => ({ name, documents: grouped }));
}

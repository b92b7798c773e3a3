import type { InfiniteData } from "@tanstack/react-query";
import type { Document, DocumentPage } from "@/shared/api/types";

/** The list as it is cached: the pages fetched so far. */
export type Pages = InfiniteData<DocumentPage, string | null>;

/** All documents in order. One that moved up between two fetches is on two pages and shown once. */
export function flatten(pages: Pages | undefined): Document[] {
  const byId = new Map<string, Document>();
  for (const page of pages?.pages ?? []) {
    for (const document of page.items) if (!byId.has(document.id)) byId.set(document.id, document);
  }
  return [...byId.values()];
}

export function withDocument(pages: Pages, document: Document): Pages {
  const without = withoutDocument(pages, document.id);
  const [first, ...rest] = without.pages;
  if (!first) return pages;
  return { ...without, pages: [{ ...first, items: [document, ...first.items] }, ...rest] };
}

export function withoutDocument(pages: Pages, id: string): Pages {
  return mapItems(pages, (items) => items.filter((item) => item.id !== id));
}

export function withTitle(pages: Pages, id: string, title: string): Pages {
  return withChange(pages, id, { title });
}

export function withChange(pages: Pages, id: string, change: Partial<Document>): Pages {
  return mapItems(pages, (items) => items.map((item) => (item.id === id ? { ...item, ...change } : item)));
}

function mapItems(pages: Pages, change: (items: Document[]) => Document[]): Pages {
  return { ...pages, pages: pages.pages.map((page) => ({ ...page, items: change(page.items) })) };
}

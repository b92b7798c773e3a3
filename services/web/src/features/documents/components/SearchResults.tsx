import { FileSearch, FileText } from "lucide-react";
import { Link } from "wouter";
import { explain } from "@/shared/api/errors";
import type { Document } from "@/shared/api/types";
import { useDebounced } from "@/shared/hooks/useDebounced";
import { paths } from "@/shared/lib/paths";
import { relativeTime } from "@/shared/lib/time";
import { Button } from "@/shared/ui/Button";
import { StatePage } from "@/shared/ui/StatePage";
import { type Hit, useSearch } from "../api/useSearch";
import { matchTitles } from "../model/filter";
import { shownTitle } from "../model/title";
import { Marked } from "./Marked";

/** Typing is not answered letter by letter. */
const QUIET_MS = 200;

interface SearchResultsProps {
  readonly query: string;
  /** Documents that are here already: their titles are searched at once, and when the server cannot be asked. */
  readonly known: readonly Document[];
  readonly now: Date;
  readonly onClear: () => void;
}

export function SearchResults({ query, known, now, onClear }: SearchResultsProps) {
  const asked = useDebounced(query.trim(), QUIET_MS);
  const search = useSearch(asked);
  const settled = asked === query.trim() && !search.isPlaceholderData && !search.isPending;
  // While somebody types, what was found for the letters before would stand beside what is found now.
  const hits = settled && search.data ? search.data.pages.flatMap((page) => page.items) : [];
  const hit = new Set(hits.map(({ document }) => document.id));
  const byTitle = matchTitles(known, query).filter(({ id }) => !hit.has(id));
  const count = hits.length + byTitle.length;

  return (
    <>
      <p className="documents__count" role="status" data-testid="found">
        {settled || count > 0 ? `${count}${search.hasNextPage ? " or more" : ""} found` : "Searching…"}
      </p>
      {search.isError && (
        <div className="notice notice--warning" role="alert">
          <span>
            Only titles of documents on this page are searched. {explain(search.error, "search texts")}
          </span>
        </div>
      )}
      {count > 0 && (
        <ul className="document-list documents__group">
          {hits.map((found) => (
            <FoundRow key={found.document.id} hit={found} now={now} />
          ))}
          {byTitle.map((document) => (
            <FoundRow key={document.id} hit={{ document, title_html: "", snippet_html: "" }} now={now} />
          ))}
        </ul>
      )}
      {count === 0 && settled && (
        <StatePage
          nested
          testId="nothing-found"
          icon={<FileSearch size={28} />}
          title="Nothing found"
          actions={<Button onClick={onClear}>Clear search</Button>}
        >
          <p>No title and no text here matches “{query.trim()}”.</p>
        </StatePage>
      )}
      {settled && search.hasNextPage && (
        <div className="documents__more">
          <Button busy={search.isFetchingNextPage} onClick={() => void search.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}

function FoundRow({ hit: { document, title_html, snippet_html }, now }: { hit: Hit; now: Date }) {
  return (
    <li className="document-row" data-testid="document-row" data-document={document.id}>
      <span className="document-row__icon" aria-hidden="true">
        <FileText size={18} />
      </span>
      <div className="document-row__main">
        <Link className="document-row__title" href={paths.document(document.id)} data-testid="document-title">
          {title_html === "" ? shownTitle(document.title) : <Marked html={title_html} />}
        </Link>
        {snippet_html !== "" && (
          <p className="document-row__snippet" data-testid="snippet">
            <Marked html={snippet_html} />
          </p>
        )}
        <p className="document-row__meta">
          {document.role !== "owner" && <span className="document-row__owner">{document.owner.name}</span>}
          <time dateTime={document.edited_at}>Edited {relativeTime(document.edited_at, now)}</time>
        </p>
      </div>
    </li>
  );
}

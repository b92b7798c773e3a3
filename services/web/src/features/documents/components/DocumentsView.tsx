import { CloudOff, FilePlus2, FolderHeart, Plus, Star, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { explain } from "@/shared/api/errors";
import type { Document } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { StatePage } from "@/shared/ui/StatePage";
import { type Place, useDocuments } from "../api/useDocuments";
import { useDocumentActions } from "../hooks/useDocumentActions";
import { useNextPageOnScroll } from "../hooks/usePaging";
import { groupByDate } from "../model/filter";
import { flatten } from "../model/pages";
import { DAY_OF, type Shelf } from "../model/shelves";
import { DocumentList, DocumentListSkeleton, PlainList } from "./DocumentList";
import { SearchResults } from "./SearchResults";
import { TrashRow } from "./TrashRow";

interface PagedDocumentsProps {
  readonly place: Place;
  readonly query: string;
  readonly now: Date;
  readonly onClearQuery: () => void;
  /** What stands where there is no document. */
  readonly empty: ReactNode;
  readonly list: (documents: readonly Document[]) => ReactNode;
  /** What stands for a failure that trying again does not mend; null for any other. */
  readonly failure?: (error: Error | null) => ReactNode;
}

/** The documents of a place as they come, page by page; what the search finds instead while there is a query. */
export function PagedDocuments({
  place,
  query,
  now,
  onClearQuery,
  empty,
  list,
  failure,
}: PagedDocumentsProps) {
  const documents = useDocuments(place);
  const sentinel = useNextPageOnScroll(documents);
  const all = flatten(documents.data);

  if (query.trim() !== "") {
    const known = "shelf" in place && place.shelf === "trash" ? [] : all;
    return <SearchResults query={query} known={known} now={now} onClear={onClearQuery} />;
  }
  if (documents.isPending) return <DocumentListSkeleton />;
  if (documents.data === undefined) {
    return (
      failure?.(documents.error) ?? (
        <StatePage
          nested
          testId="documents-error"
          icon={<CloudOff size={28} />}
          title="Your documents did not load"
          actions={
            <Button variant="primary" busy={documents.isFetching} onClick={() => void documents.refetch()}>
              Try again
            </Button>
          }
        >
          <p>{explain(documents.error, "load them")}</p>
        </StatePage>
      )
    );
  }
  if (all.length === 0 && !documents.hasNextPage) return empty;
  return (
    <>
      {list(all)}
      <div ref={sentinel} className="documents__more">
        {documents.isFetchingNextPage && <span className="spinner" role="img" aria-label="Loading more" />}
        {documents.isFetchNextPageError && (
          <Button onClick={() => void documents.fetchNextPage()}>Loading stopped. Try again</Button>
        )}
      </div>
    </>
  );
}

interface DocumentsViewProps {
  readonly shelf: Shelf;
  readonly query: string;
  readonly now: Date;
  readonly onClearQuery: () => void;
}

export function DocumentsView({ shelf, now, ...search }: DocumentsViewProps) {
  return (
    <PagedDocuments
      place={{ shelf }}
      now={now}
      empty={<EmptyShelf shelf={shelf} />}
      list={(documents) => (
        <>
          {shelf === "trash" && (
            <p className="documents__note">Only you see these. After some time they are deleted for good.</p>
          )}
          <ShelfList shelf={shelf} documents={documents} now={now} />
        </>
      )}
      {...search}
    />
  );
}

interface ShelfListProps {
  readonly shelf: Shelf;
  readonly documents: readonly Document[];
  readonly now: Date;
}

function ShelfList({ shelf, documents, now }: ShelfListProps) {
  if (shelf === "trash") {
    return (
      <ul className="document-list documents__group">
        {documents.map((document) => (
          <TrashRow key={document.id} document={document} now={now} />
        ))}
      </ul>
    );
  }
  const day = DAY_OF[shelf];
  if (day === null) return <PlainList documents={documents} now={now} />;
  return <DocumentList groups={groupByDate(documents, now, day)} now={now} />;
}

function FirstDocument() {
  const { create, creating } = useDocumentActions();
  return (
    <StatePage
      nested
      testId="empty-state"
      icon={<FilePlus2 size={28} />}
      title="Write your first document"
      actions={
        <Button variant="primary" busy={creating} onClick={() => create()} data-testid="first-document">
          {!creating && <Plus size={17} aria-hidden="true" />}
          Create a document
        </Button>
      }
    >
      <p>Start alone or invite others by e-mail: everyone types at the same time, and every word is kept.</p>
      <p className="field__hint">
        Tip: press <kbd className="key">C</kbd> anywhere on this page.
      </p>
    </StatePage>
  );
}

const EMPTY = {
  mine: "Documents you create appear here.",
  shared: "When someone shares a document with you, it appears here.",
  favourites: "The star beside a document puts it here.",
  recent: "Documents you open appear here.",
  trash: "Documents you delete stay here for a while, and can be restored.",
} as const;

function EmptyShelf({ shelf }: { readonly shelf: Shelf }) {
  if (shelf === "all") return <FirstDocument />;
  const Icon = {
    mine: FolderHeart,
    shared: FolderHeart,
    recent: FolderHeart,
    favourites: Star,
    trash: Trash2,
  }[shelf];
  return (
    <StatePage
      nested
      testId="nothing-found"
      icon={<Icon size={28} />}
      title={shelf === "trash" ? "The trash is empty" : "Nothing here yet"}
    >
      <p>{EMPTY[shelf]}</p>
    </StatePage>
  );
}

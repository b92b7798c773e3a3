import { CloudOff, FilePlus2, FolderHeart, Plus, Search, Star, Trash2, X } from "lucide-react";
import { useRef, useState } from "react";
import { useSearchParams } from "wouter";
import { NotificationsBell } from "@/features/notifications/components/NotificationsBell";
import { useProfile } from "@/features/profile/api/useProfile";
import { AccountMenu } from "@/features/profile/components/AccountMenu";
import { explain } from "@/shared/api/errors";
import type { Document } from "@/shared/api/types";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { useHotkey } from "@/shared/hooks/useHotkey";
import { useNow } from "@/shared/hooks/useNow";
import { greeting } from "@/shared/lib/time";
import { Button } from "@/shared/ui/Button";
import { IconButton } from "@/shared/ui/IconButton";
import { Wordmark } from "@/shared/ui/Logo";
import { StatePage } from "@/shared/ui/StatePage";
import { useDocuments } from "../api/useDocuments";
import { useDocumentActions } from "../hooks/useDocumentActions";
import { useNextPageOnScroll } from "../hooks/usePaging";
import { groupByDate } from "../model/filter";
import { flatten } from "../model/pages";
import { DAY_OF, type Shelf, shelfOf } from "../model/shelves";
import { DocumentList, DocumentListSkeleton, PlainList } from "./DocumentList";
import { NewMenu } from "./NewMenu";
import { SearchResults } from "./SearchResults";
import { ShelfNav } from "./ShelfNav";
import { TrashRow } from "./TrashRow";
import "./documents.css";

export default function DocumentsPage() {
  useDocumentTitle("Documents");
  const { profile } = useProfile();
  const { create, creating } = useDocumentActions();
  const [search] = useSearchParams();
  const shelf = shelfOf(search.get("show"));
  const [query, setQuery] = useState("");
  const searchRef = useRef<HTMLInputElement>(null);
  useHotkey((event) => event.key === "c" || (event.altKey && event.code === "KeyN"), create);
  useHotkey(
    (event) => event.key === "/",
    () => searchRef.current?.focus(),
  );
  const now = useNow();

  return (
    <>
      <a className="skip-link" href="#documents">
        Skip to documents
      </a>
      <header className="topbar">
        <span className="wordmark">
          <Wordmark />
        </span>
        <search className="topbar__search">
          <Search size={17} aria-hidden="true" />
          <input
            ref={searchRef}
            type="search"
            placeholder="Search titles and texts"
            aria-label="Search documents"
            aria-keyshortcuts="/"
            maxLength={200}
            data-testid="search"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape") setQuery("");
            }}
          />
          {query === "" ? (
            <kbd>/</kbd>
          ) : (
            <IconButton plain label="Clear search" onClick={() => setQuery("")}>
              <X size={16} aria-hidden="true" />
            </IconButton>
          )}
        </search>
        <div className="topbar__end">
          <Button
            variant="primary"
            busy={creating}
            onClick={create}
            aria-keyshortcuts="c Alt+n"
            data-testid="new-document"
          >
            {!creating && <Plus size={17} aria-hidden="true" />}
            <span>New document</span>
          </Button>
          <NewMenu />
          <NotificationsBell />
          <AccountMenu />
        </div>
      </header>
      <div className="library">
        <ShelfNav shelf={shelf} onGo={() => setQuery("")} />
        <main className="documents" id="documents">
          <h1 className="documents__greeting">
            {shelf === "all" ? `${greeting(now)}, ${profile.name.split(" ")[0]}` : TITLES[shelf]}
          </h1>
          <DocumentsView
            key={shelf}
            shelf={shelf}
            query={query}
            now={now}
            onClearQuery={() => setQuery("")}
          />
        </main>
      </div>
    </>
  );
}

const TITLES: Readonly<Record<Shelf, string>> = {
  all: "Documents",
  mine: "Mine",
  shared: "Shared with me",
  favourites: "Favourites",
  recent: "Recent",
  trash: "Trash",
};

interface DocumentsViewProps {
  readonly shelf: Shelf;
  readonly query: string;
  readonly now: Date;
  readonly onClearQuery: () => void;
}

function DocumentsView({ shelf, query, now, onClearQuery }: DocumentsViewProps) {
  const documents = useDocuments(shelf);
  const sentinel = useNextPageOnScroll(documents);
  const all = flatten(documents.data);

  if (query.trim() !== "") {
    const known = shelf === "trash" ? [] : all;
    return <SearchResults query={query} known={known} now={now} onClear={onClearQuery} />;
  }
  if (documents.isPending) return <DocumentListSkeleton />;
  if (documents.data === undefined) {
    return (
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
    );
  }
  if (all.length === 0 && !documents.hasNextPage) return <EmptyShelf shelf={shelf} />;
  return (
    <>
      {shelf === "trash" && (
        <p className="documents__note">Only you see these. After some time they are deleted for good.</p>
      )}
      <ShelfList shelf={shelf} documents={all} now={now} />
      <div ref={sentinel} className="documents__more">
        {documents.isFetchingNextPage && <span className="spinner" role="img" aria-label="Loading more" />}
        {documents.isFetchNextPageError && (
          <Button onClick={() => void documents.fetchNextPage()}>Loading stopped. Try again</Button>
        )}
      </div>
    </>
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
        <Button variant="primary" busy={creating} onClick={create} data-testid="first-document">
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

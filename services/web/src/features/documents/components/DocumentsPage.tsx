import { CloudOff, FilePlus2, FileSearch, FolderHeart, Plus, Search, X } from "lucide-react";
import { useRef, useState } from "react";
import { useProfile } from "@/features/profile/api/useProfile";
import { AccountMenu } from "@/features/profile/components/AccountMenu";
import { explain } from "@/shared/api/errors";
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
import { useAllPagesWhile, useNextPageOnScroll } from "../hooks/usePaging";
import { filterDocuments, groupByDate, type Ownership } from "../model/filter";
import { flatten } from "../model/pages";
import { DocumentList, DocumentListSkeleton } from "./DocumentList";
import "./documents.css";

const OWNERSHIPS: readonly { readonly value: Ownership; readonly label: string }[] = [
  { value: "all", label: "All" },
  { value: "owned", label: "Owned by me" },
  { value: "shared", label: "Shared with me" },
];

export default function DocumentsPage() {
  useDocumentTitle("Documents");
  const { profile } = useProfile();
  const { create, creating } = useDocumentActions();
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
            placeholder="Search by title"
            aria-label="Search documents by title"
            aria-keyshortcuts="/"
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
          <AccountMenu />
        </div>
      </header>
      <main className="documents" id="documents">
        <h1 className="documents__greeting">
          {greeting(now)}, {profile.name.split(" ")[0]}
        </h1>
        <DocumentsView query={query} now={now} onClearQuery={() => setQuery("")} />
      </main>
    </>
  );
}

interface DocumentsViewProps {
  readonly query: string;
  readonly now: Date;
  readonly onClearQuery: () => void;
}

function DocumentsView({ query, now, onClearQuery }: DocumentsViewProps) {
  const documents = useDocuments();
  const [ownership, setOwnership] = useState<Ownership>("all");
  const narrowed = query.trim() !== "" || ownership !== "all";
  // A filter over some of the documents would deny that the others exist.
  useAllPagesWhile(narrowed, documents);
  const sentinel = useNextPageOnScroll(documents);

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

  const all = flatten(documents.data);
  if (all.length === 0 && !documents.hasNextPage) return <FirstDocument />;
  const shown = filterDocuments(all, { ownership, query });
  return (
    <>
      <div className="documents__bar">
        <fieldset className="segments">
          <legend className="visually-hidden">Show</legend>
          {OWNERSHIPS.map(({ value, label }) => (
            <label key={value} className="segments__item">
              <input
                type="radio"
                name="ownership"
                value={value}
                checked={ownership === value}
                onChange={() => setOwnership(value)}
                data-testid={`filter-${value}`}
              />
              {label}
            </label>
          ))}
        </fieldset>
        <p className="documents__count" role="status">
          {narrowed && `${shown.length} found`}
        </p>
      </div>
      {shown.length > 0 && <DocumentList groups={groupByDate(shown, now)} now={now} />}
      {shown.length === 0 && !documents.isFetchingNextPage && (
        <NothingFound query={query} ownership={ownership} onClearQuery={onClearQuery} />
      )}
      <div ref={sentinel} className="documents__more">
        {documents.isFetchingNextPage && <span className="spinner" role="img" aria-label="Loading more" />}
        {documents.isFetchNextPageError && (
          <Button onClick={() => void documents.fetchNextPage()}>Loading stopped. Try again</Button>
        )}
      </div>
    </>
  );
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

interface NothingFoundProps {
  readonly query: string;
  readonly ownership: Ownership;
  readonly onClearQuery: () => void;
}

function NothingFound({ query, ownership, onClearQuery }: NothingFoundProps) {
  if (query.trim() !== "") {
    return (
      <StatePage
        nested
        testId="nothing-found"
        icon={<FileSearch size={28} />}
        title="No title matches"
        actions={<Button onClick={onClearQuery}>Clear search</Button>}
      >
        <p>Nothing here is called “{query.trim()}”.</p>
      </StatePage>
    );
  }
  return (
    <StatePage nested testId="nothing-found" icon={<FolderHeart size={28} />} title="Nothing here yet">
      <p>
        {ownership === "shared"
          ? "When someone shares a document with you, it appears here."
          : "Documents you create appear here."}
      </p>
    </StatePage>
  );
}

import { UsersRound } from "lucide-react";
import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import { useFolders } from "@/features/folders/api/useFolders";
import { FolderHead } from "@/features/folders/components/FolderHead";
import { FolderTree } from "@/features/folders/components/FolderTree";
import { useProfile } from "@/features/profile/api/useProfile";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { useNow } from "@/shared/hooks/useNow";
import { paths } from "@/shared/lib/paths";
import { greeting } from "@/shared/lib/time";
import { type Shelf, shelfOf } from "../model/shelves";
import { DocumentsView } from "./DocumentsView";
import { FolderView, NoSuchFolder } from "./FolderView";
import { LibraryBar } from "./LibraryBar";
import { ShelfNav } from "./ShelfNav";
import "./documents.css";

interface DocumentsPageProps {
  /** The folder that the address names; without one, a shelf. */
  readonly folder?: string;
}

export default function DocumentsPage({ folder }: DocumentsPageProps) {
  const [search] = useSearchParams();
  const shelf = folder === undefined ? shelfOf(search.get("show")) : null;
  const [query, setQuery] = useState("");
  const clear = () => setQuery("");
  return (
    <>
      <a className="skip-link" href="#documents">
        Skip to documents
      </a>
      <LibraryBar folder={folder ?? null} query={query} onQuery={setQuery} />
      <div className="library">
        <div className="library__side">
          <ShelfNav shelf={shelf} onGo={clear} />
          <FolderTree current={folder ?? null} onGo={clear} />
          <Link className="shelves__link library__teams" href={paths.teams} data-testid="teams-link">
            <UsersRound size={17} aria-hidden="true" />
            Teams
          </Link>
        </div>
        <main className="documents" id="documents">
          {folder !== undefined && <FolderPage key={folder} id={folder} query={query} onClearQuery={clear} />}
          {shelf !== null && <ShelfPage key={shelf} shelf={shelf} query={query} onClearQuery={clear} />}
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

interface SearchProps {
  readonly query: string;
  readonly onClearQuery: () => void;
}

function ShelfPage({ shelf, ...search }: SearchProps & { readonly shelf: Shelf }) {
  const { profile } = useProfile();
  const now = useNow();
  useDocumentTitle(TITLES[shelf]);
  return (
    <>
      <h1 className="documents__greeting">
        {shelf === "all" ? `${greeting(now)}, ${profile.name.split(" ")[0]}` : TITLES[shelf]}
      </h1>
      <DocumentsView shelf={shelf} now={now} {...search} />
    </>
  );
}

function FolderPage({ id, ...search }: SearchProps & { readonly id: string }) {
  const folders = useFolders();
  const now = useNow();
  const folder = folders.data?.find((each) => each.id === id);
  useDocumentTitle(folder?.name ?? "Folder");
  // One that was made in another tab is not here yet: it is fetched before it is called missing.
  if (folders.data !== undefined && !folder && !folders.isFetching) return <NoSuchFolder />;
  return (
    <>
      {folder ? <FolderHead folder={folder} /> : <h1 className="documents__greeting">Folder</h1>}
      <FolderView id={id} now={now} {...search} />
    </>
  );
}

import { Plus, Search, X } from "lucide-react";
import { useRef } from "react";
import { Link } from "wouter";
import { NotificationsBell } from "@/features/notifications/components/NotificationsBell";
import { AccountMenu } from "@/features/profile/components/AccountMenu";
import { useHotkey } from "@/shared/hooks/useHotkey";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { IconButton } from "@/shared/ui/IconButton";
import { Wordmark } from "@/shared/ui/Logo";
import { useDocumentActions } from "../hooks/useDocumentActions";
import { NewMenu } from "./NewMenu";

interface LibraryBarProps {
  /** Where new documents are filed. */
  readonly folder: string | null;
  readonly query: string;
  readonly onQuery: (query: string) => void;
}

/** What is at the top of every list: searching, beginning something new, and oneself. */
export function LibraryBar({ folder, query, onQuery }: LibraryBarProps) {
  const { create, creating } = useDocumentActions();
  const searchRef = useRef<HTMLInputElement>(null);
  useHotkey(
    (event) => event.key === "c" || (event.altKey && event.code === "KeyN"),
    () => create(folder),
  );
  useHotkey(
    (event) => event.key === "/",
    () => searchRef.current?.focus(),
  );
  return (
    <header className="topbar">
      <Link className="wordmark" href={paths.documents} onClick={() => onQuery("")}>
        <Wordmark />
      </Link>
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
          onChange={(event) => onQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") onQuery("");
          }}
        />
        {query === "" ? (
          <kbd>/</kbd>
        ) : (
          <IconButton plain label="Clear search" onClick={() => onQuery("")}>
            <X size={16} aria-hidden="true" />
          </IconButton>
        )}
      </search>
      <div className="topbar__end">
        <Button
          variant="primary"
          busy={creating}
          onClick={() => create(folder)}
          // On a phone only the sign is shown.
          aria-label="New document"
          aria-keyshortcuts="c Alt+n"
          data-testid="new-document"
        >
          {!creating && <Plus size={17} aria-hidden="true" />}
          <span>New document</span>
        </Button>
        <NewMenu folder={folder} />
        <NotificationsBell />
        <AccountMenu />
      </div>
    </header>
  );
}

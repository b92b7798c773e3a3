import { Link } from "wouter";
import { explain } from "@/shared/api/errors";
import { useNow } from "@/shared/hooks/useNow";
import { paths } from "@/shared/lib/paths";
import { relativeTime } from "@/shared/lib/time";
import { Button } from "@/shared/ui/Button";
import { usePerson, useVersions, type Version } from "../api/useVersions";

interface VersionListProps {
  readonly documentId: string;
  readonly selected: string | null;
  readonly canWrite: boolean;
}

/** The versions of a document, newest first. */
export function VersionList({ documentId, selected, canWrite }: VersionListProps) {
  const query = useVersions(documentId);
  const now = useNow();
  const versions = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <nav className="history__list" aria-label="Versions" data-testid="versions">
      {query.isPending && (
        <div role="status" aria-label="Loading versions">
          <span className="skeleton skeleton-line w-70" />
          <span className="skeleton skeleton-line w-70" />
        </div>
      )}
      {query.isError && query.data === undefined && (
        <div className="notice notice--danger" role="alert">
          <span>{explain(query.error, "load the versions")}</span>
          <Button size="small" onClick={() => void query.refetch()}>
            Try again
          </Button>
        </div>
      )}
      {query.isSuccess && versions.length === 0 && (
        <p className="field__hint" data-testid="no-versions">
          No versions yet.{" "}
          {canWrite
            ? "Save one before a larger change: you can look at it, compare it and go back to it later."
            : "Whoever may edit the document can save some."}
        </p>
      )}
      {versions.length > 0 && (
        <ol className="history__versions">
          {versions.map((version) => (
            <li key={version.id}>
              <Link
                className="history__version"
                href={`${paths.history(documentId)}?${new URLSearchParams({ version: version.id })}`}
                aria-current={version.id === selected ? "page" : undefined}
                data-testid="version"
              >
                <span className="history__name">{version.name}</span>
                <VersionNote version={version} now={now} />
              </Link>
            </li>
          ))}
        </ol>
      )}
      {query.hasNextPage && (
        <Button size="small" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show more
        </Button>
      )}
    </nav>
  );
}

/** By whom it was saved, and when. */
export function VersionNote({ version, now }: { readonly version: Version; readonly now: Date }) {
  const person = usePerson(version.created_by);
  return (
    <span className="history__note">
      {person.data?.name ?? (person.isPending ? "…" : "Someone")},{" "}
      <time dateTime={version.created_at} title={new Date(version.created_at).toLocaleString("en-GB")}>
        {relativeTime(version.created_at, now)}
      </time>
    </span>
  );
}

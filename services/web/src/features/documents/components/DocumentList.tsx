import { useCurrentUser } from "@/features/auth/hooks/useSession";
import type { Document } from "@/shared/api/types";
import { unsavedDocuments } from "@/shared/offline/unsaved";
import type { Group } from "../model/filter";
import { DocumentRow } from "./DocumentRow";

interface DocumentListProps {
  readonly groups: readonly Group[];
  readonly now: Date;
}

export function DocumentList({ groups, now }: DocumentListProps) {
  const user = useCurrentUser();
  const unsaved = new Set(unsavedDocuments(localStorage, user.id));
  return groups.map(({ name, documents }) => (
    <section key={name} className="documents__group" aria-label={name}>
      <h2 className="documents__heading">{name}</h2>
      <ul className="document-list">
        {documents.map((document) => (
          <DocumentRow key={document.id} document={document} now={now} unsaved={unsaved.has(document.id)} />
        ))}
      </ul>
    </section>
  ));
}

interface PlainListProps {
  readonly documents: readonly Document[];
  readonly now: Date;
  readonly withFolder?: boolean;
}

/** A list whose order is not one of days. */
export function PlainList({ documents, now, withFolder = true }: PlainListProps) {
  const user = useCurrentUser();
  const unsaved = new Set(unsavedDocuments(localStorage, user.id));
  return (
    <ul className="document-list documents__group">
      {documents.map((document) => (
        <DocumentRow
          key={document.id}
          document={document}
          now={now}
          unsaved={unsaved.has(document.id)}
          withFolder={withFolder}
        />
      ))}
    </ul>
  );
}

const PLACEHOLDERS = ["w-62", "w-44", "w-70", "w-38", "w-54", "w-48"] as const;

export function DocumentListSkeleton() {
  return (
    <div role="status" aria-label="Loading documents" data-testid="skeleton">
      <ul className="document-list documents__group" aria-hidden="true">
        {PLACEHOLDERS.map((width) => (
          <li key={width} className="document-row">
            <span className="skeleton document-row__icon--skeleton" />
            <span className="document-row__main">
              <span className={`skeleton skeleton-line ${width}`} />
              <span className="skeleton skeleton-line skeleton-line--thin w-22" />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

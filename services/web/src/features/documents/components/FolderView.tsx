import { FolderOpen, FolderX, Plus } from "lucide-react";
import { Link } from "wouter";
import { Subfolders } from "@/features/folders/components/FolderHead";
import { ApiError } from "@/shared/api/errors";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { StatePage } from "@/shared/ui/StatePage";
import { useDocumentActions } from "../hooks/useDocumentActions";
import { PlainList } from "./DocumentList";
import { PagedDocuments } from "./DocumentsView";

interface FolderViewProps {
  readonly id: string;
  readonly query: string;
  readonly now: Date;
  readonly onClearQuery: () => void;
}

/** What is in a folder: its folders, then its documents. */
export function FolderView({ id, now, ...search }: FolderViewProps) {
  return (
    <>
      {search.query.trim() === "" && <Subfolders of={id} />}
      <PagedDocuments
        place={{ folder: id }}
        now={now}
        empty={<EmptyFolder id={id} />}
        list={(documents) => <PlainList documents={documents} now={now} withFolder={false} />}
        failure={(error) => (error instanceof ApiError && error.status === 404 ? <NoSuchFolder /> : null)}
        {...search}
      />
    </>
  );
}

function EmptyFolder({ id }: { readonly id: string }) {
  const { create, creating } = useDocumentActions();
  return (
    <StatePage
      nested
      testId="empty-folder"
      icon={<FolderOpen size={28} />}
      title="No documents in this folder"
      actions={
        <Button busy={creating} onClick={() => create(id)}>
          {!creating && <Plus size={17} aria-hidden="true" />}
          Create one here
        </Button>
      }
    >
      <p>Drag documents from a list onto the folder, or choose “Move to…” in their menu.</p>
    </StatePage>
  );
}

export function NoSuchFolder() {
  return (
    <StatePage
      testId="no-folder"
      icon={<FolderX size={28} />}
      title="There is no such folder"
      actions={
        <Link className="button button--primary" href={paths.documents}>
          All documents
        </Link>
      }
    >
      <p>
        It may have been deleted. Folders belong to one person: nobody else’s address leads anywhere here.
      </p>
    </StatePage>
  );
}

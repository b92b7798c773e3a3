import { CloudOff, FileQuestion } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";
import { Link } from "wouter";
import { useCurrentUser } from "@/features/auth/hooks/useSession";
import { useDocument } from "@/features/documents/api/useDocument";
import { shownTitle } from "@/features/documents/model/title";
import { ApiError } from "@/shared/api/errors";
import type { Document } from "@/shared/api/types";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { StatePage } from "@/shared/ui/StatePage";
import type { CollaborationSession } from "../collaboration/CollaborationSession";
import { useCollaboration } from "../hooks/useCollaboration";
import { EditorSkeleton } from "./EditorSkeleton";
import { MemberWorkspace } from "./MemberWorkspace";
import "./editor.css";
import "./text.css";

export default function EditorPage({ id }: { readonly id: string }) {
  const user = useCurrentUser();
  const session = useCollaboration(id, user.id);
  const document = useDocument(id);
  useDocumentTitle(document.data ? shownTitle(document.data.title) : "Document");

  const missing = document.error instanceof ApiError && [400, 404].includes(document.error.status);
  // What is open stays open: a document that disappears while it is written in must not take its text along.
  if (missing && !document.data) return <NotFound />;
  if (!session) return <EditorSkeleton />;
  return (
    <OpenDocument
      key={id}
      session={session}
      document={document.data}
      failed={document.isError}
      onRetry={() => void document.refetch()}
    />
  );
}

interface OpenDocumentProps {
  readonly session: CollaborationSession;
  readonly document: Document | undefined;
  readonly failed: boolean;
  readonly onRetry: () => void;
}

function OpenDocument({ session, document, failed, onRetry }: OpenDocumentProps) {
  const { opened, ended, failures } = useSyncExternalStore(session.state.subscribe, session.state.get);

  useEffect(() => {
    // The connection works again, so the rest should too.
    if (opened && failed) onRetry();
  }, [opened, failed, onRetry]);

  if (opened && document) return <MemberWorkspace session={session} document={document} />;
  if (ended !== null) return <NotFound />;
  if (failures >= 3 || (failed && !document)) {
    return (
      <StatePage
        testId="unreachable"
        icon={<CloudOff size={28} />}
        title="The document cannot be opened right now"
        actions={
          <>
            <Button
              variant="primary"
              onClick={() => {
                onRetry();
                session.retryNow();
              }}
            >
              Try again
            </Button>
            <Link className="button" href={paths.documents}>
              All documents
            </Link>
          </>
        }
      >
        <p>The server does not answer. We keep trying; edits kept on this device are safe.</p>
      </StatePage>
    );
  }
  return <EditorSkeleton />;
}

function NotFound() {
  return (
    <StatePage
      testId="not-found"
      icon={<FileQuestion size={28} />}
      title="There is no document here for you"
      actions={
        <Link className="button button--primary" href={paths.documents}>
          All documents
        </Link>
      }
    >
      <p>
        It was deleted, it was never shared with you, or the link is incomplete. Its owner can share it with
        you.
      </p>
    </StatePage>
  );
}

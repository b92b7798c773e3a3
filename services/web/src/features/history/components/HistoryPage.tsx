import { ArrowLeft, FileQuestion, History, Save } from "lucide-react";
import { useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { useDocument } from "@/features/documents/api/useDocument";
import { shownTitle } from "@/features/documents/model/title";
import { AccountMenu } from "@/features/profile/components/AccountMenu";
import { ApiError, explain } from "@/shared/api/errors";
import { canWrite, type Document } from "@/shared/api/types";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { cx } from "@/shared/lib/cx";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { StatePage } from "@/shared/ui/StatePage";
import { toast } from "@/shared/ui/toastStore";
import { useVersionActions } from "../api/useVersions";
import { NameDialog } from "./NameDialog";
import { VersionList } from "./VersionList";
import { VersionView } from "./VersionView";
import "./history.css";

/** The versions of a document, and one of them with what changed since. */
export default function HistoryPage({ id }: { readonly id: string }) {
  const document = useDocument(id);
  useDocumentTitle(document.data ? `Versions of ${shownTitle(document.data.title)}` : "Versions");
  const missing = document.error instanceof ApiError && [400, 404].includes(document.error.status);
  if (missing) {
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
        <p>It was deleted, it was never shared with you, or the link is incomplete.</p>
      </StatePage>
    );
  }
  return (
    <>
      <a className="skip-link" href="#versions">
        Skip to the versions
      </a>
      <header className="history-top">
        <Link
          className="button button--quiet button--small"
          href={paths.document(id)}
          data-testid="to-document"
        >
          <ArrowLeft size={17} aria-hidden="true" />
          Back to the document
        </Link>
        <AccountMenu />
      </header>
      {document.isError && !document.data && (
        <div className="notice notice--danger" role="alert">
          <span>{explain(document.error, "open the document")}</span>
          <Button size="small" onClick={() => void document.refetch()}>
            Try again
          </Button>
        </div>
      )}
      {document.data && <Versions document={document.data} />}
    </>
  );
}

function Versions({ document }: { readonly document: Document }) {
  const [search] = useSearchParams();
  const [, navigate] = useLocation();
  const selected = search.get("version");
  const actions = useVersionActions(document.id);
  const [saving, setSaving] = useState(false);
  const writer = canWrite(document.role);
  return (
    <main className={cx("history", selected !== null && "history--open")} id="versions">
      <div className="history__side">
        <div className="history__intro">
          <h1 className="history__heading">Version history</h1>
          <p className="field__hint">{shownTitle(document.title)}</p>
        </div>
        {writer && (
          <Button size="small" onClick={() => setSaving(true)} data-testid="version-save">
            <Save size={16} aria-hidden="true" />
            Save a version
          </Button>
        )}
        <VersionList documentId={document.id} selected={selected} canWrite={writer} />
      </div>
      <section className="history__main">
        {selected !== null ? (
          <VersionView documentId={document.id} versionId={selected} role={document.role} />
        ) : (
          <StatePage nested icon={<History size={28} />} title="Choose a version">
            <p>You see its text, and what has changed since.</p>
          </StatePage>
        )}
      </section>
      {saving && (
        <NameDialog
          title="Save a version"
          action="Save"
          hint="The text as it is now. You can look at it, compare it and go back to it later."
          name=""
          doing="save the version"
          onName={async (name) => {
            const made = await actions.save.mutateAsync(name);
            toast.info(`“${made.name}” is saved.`);
            navigate(`${paths.history(document.id)}?${new URLSearchParams({ version: made.id })}`);
          }}
          onClose={() => setSaving(false)}
        />
      )}
    </main>
  );
}

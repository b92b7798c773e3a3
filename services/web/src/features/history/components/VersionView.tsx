import { ArrowLeft, FileQuestion, Pencil, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { ApiError, explain } from "@/shared/api/errors";
import { canWrite, type Role } from "@/shared/api/types";
import { useNow } from "@/shared/hooks/useNow";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { IconButton } from "@/shared/ui/IconButton";
import { reportFailure } from "@/shared/ui/reportFailure";
import { StatePage } from "@/shared/ui/StatePage";
import { toast } from "@/shared/ui/toastStore";
import { useDifference, useVersion, useVersionActions, type Version } from "../api/useVersions";
import { summary } from "../model/difference";
import { Changes } from "./Changes";
import { NameDialog } from "./NameDialog";
import { VersionNote } from "./VersionList";

interface VersionViewProps {
  readonly documentId: string;
  readonly versionId: string;
  readonly role: Role;
}

/** One version: its text with what changed since, and what can be done with it. */
export function VersionView({ documentId, versionId, role }: VersionViewProps) {
  const version = useVersion(documentId, versionId);
  const gone = version.error instanceof ApiError && [400, 404].includes(version.error.status);
  return (
    <>
      <Link className="button button--quiet button--small history__all" href={paths.history(documentId)}>
        <ArrowLeft size={17} aria-hidden="true" />
        All versions
      </Link>
      {gone && (
        <StatePage
          nested
          testId="no-such-version"
          icon={<FileQuestion size={28} />}
          title="There is no such version"
        >
          <p>It was deleted, or the address is incomplete.</p>
        </StatePage>
      )}
      {version.isError && !gone && (
        <div className="notice notice--danger" role="alert">
          <span>{explain(version.error, "load the version")}</span>
          <Button size="small" onClick={() => void version.refetch()}>
            Try again
          </Button>
        </div>
      )}
      {version.data && !gone && (
        <OpenVersion key={versionId} documentId={documentId} version={version.data} role={role} />
      )}
    </>
  );
}

interface OpenVersionProps {
  readonly documentId: string;
  readonly version: Version;
  readonly role: Role;
}

function OpenVersion({ documentId, version, role }: OpenVersionProps) {
  const now = useNow();
  return (
    <article className="history__view" aria-label={version.name}>
      <div className="history__head">
        <div className="history__names">
          <h2 className="history__title">{version.name}</h2>
          <p>
            <VersionNote version={version} now={now} />
          </p>
        </div>
        {canWrite(role) && <VersionActions documentId={documentId} version={version} role={role} />}
      </div>
      <Since documentId={documentId} version={version} />
    </article>
  );
}

function VersionActions({ documentId, version, role }: OpenVersionProps) {
  const actions = useVersionActions(documentId);
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState<"restore" | "rename" | "delete" | null>(null);
  const stopAsking = () => setAsking(null);

  const goBack = async (id: string) => {
    try {
      await actions.restore.mutateAsync(id);
      toast.info("The text is again what it was before.");
    } catch (error) {
      reportFailure(error, "undo the restoring");
    }
  };
  const restore = async () => {
    try {
      const { before } = await actions.restore.mutateAsync(version.id);
      if (before === null) {
        toast.info("The text is that of the version already.");
        return;
      }
      navigate(paths.document(documentId));
      toast.info(`“${version.name}” is restored.`, { label: "Undo", run: () => void goBack(before.id) });
    } catch (error) {
      reportFailure(error, "restore the version");
    }
  };
  const remove = async () => {
    try {
      await actions.remove.mutateAsync(version.id);
      toast.info(`“${version.name}” is deleted.`);
      navigate(paths.history(documentId));
    } catch (error) {
      reportFailure(error, "delete the version");
    }
  };

  return (
    <div className="history__actions">
      <IconButton label="Rename" data-testid="version-rename" onClick={() => setAsking("rename")}>
        <Pencil size={17} aria-hidden="true" />
      </IconButton>
      {role === "owner" && (
        <IconButton label="Delete" data-testid="version-delete" onClick={() => setAsking("delete")}>
          <Trash2 size={17} aria-hidden="true" />
        </IconButton>
      )}
      <Button
        variant="primary"
        size="small"
        busy={actions.restore.isPending}
        data-testid="version-restore"
        onClick={() => setAsking("restore")}
      >
        <RotateCcw size={16} aria-hidden="true" />
        Restore
      </Button>
      {asking === "restore" && (
        <ConfirmDialog
          title={`Restore “${version.name}”?`}
          action="Restore"
          onClose={stopAsking}
          onConfirm={() => void restore()}
        >
          <p>
            The text becomes what it was in this version, for everybody. What it is now is kept as a version,
            so you can go back.
          </p>
        </ConfirmDialog>
      )}
      {asking === "delete" && (
        <ConfirmDialog
          danger
          title={`Delete “${version.name}”?`}
          action="Delete"
          onClose={stopAsking}
          onConfirm={() => void remove()}
        >
          <p>The version is deleted for good. The document stays as it is.</p>
        </ConfirmDialog>
      )}
      {asking === "rename" && (
        <NameDialog
          title="Rename the version"
          action="Rename"
          name={version.name}
          doing="rename the version"
          onName={(name) => actions.rename.mutateAsync({ id: version.id, name })}
          onClose={stopAsking}
        />
      )}
    </div>
  );
}

function Since({ documentId, version }: { readonly documentId: string; readonly version: Version }) {
  const [brief, setBrief] = useState(false);
  const query = useDifference(documentId, version.id, brief);
  return (
    <>
      <div className="history__since">
        <p className="history__summary" role="status" data-testid="version-summary">
          {query.data ? summary(query.data) : query.isPending ? "Comparing with the text as it is now…" : ""}
        </p>
        {query.data && !query.data.same && (
          <>
            <p className="history__legend">
              <ins className="run run--inserted">written since</ins>
              <del className="run run--deleted">removed since</del>
              <span className="run run--changed">formatted otherwise</span>
            </p>
            <Button
              size="small"
              aria-pressed={brief}
              onClick={() => setBrief(!brief)}
              data-testid="only-changes"
            >
              Only changes
            </Button>
          </>
        )}
      </div>
      {query.isPending && (
        <div aria-hidden="true">
          <span className="skeleton skeleton-line w-70" />
          <span className="skeleton skeleton-line w-70" />
        </div>
      )}
      {query.isError && query.data === undefined && (
        <div className="notice notice--danger" role="alert" data-testid="no-difference">
          <span>
            {query.error instanceof ApiError && query.error.problem.slug === "too-large-to-compare"
              ? "The document is too large to show what changed. The version can be restored all the same."
              : explain(query.error, "compare the version")}
          </span>
          <Button size="small" onClick={() => void query.refetch()}>
            Try again
          </Button>
        </div>
      )}
      {query.data && <Changes blocks={query.data.blocks} />}
    </>
  );
}

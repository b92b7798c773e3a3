import { Link2 } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { useCurrentUser } from "@/features/auth/hooks/useSession";
import { RemoveDialog } from "@/features/documents/components/RemoveDialog";
import { useDocumentActions } from "@/features/documents/hooks/useDocumentActions";
import { shownTitle } from "@/features/documents/model/title";
import { explain } from "@/shared/api/errors";
import type { Document, Member } from "@/shared/api/types";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { useMembers } from "../api/useMembers";
import { sortMembers } from "../model/members";
import { AddTeam } from "./AddTeam";
import { InviteForm } from "./InviteForm";
import { LinksSection } from "./LinksSection";
import { MemberRow } from "./MemberRow";
import { TeamRow } from "./TeamRow";
import "./sharing.css";

interface ShareDialogProps {
  readonly document: Document;
  readonly onClose: () => void;
}

export function ShareDialog({ document, onClose }: ShareDialogProps) {
  const isOwner = document.role === "owner";
  const { copyLink } = useDocumentActions();
  const title = shownTitle(document.title);
  return (
    <Dialog
      title={isOwner ? `Share “${title}”` : `People in “${title}”`}
      onClose={onClose}
      testId="share-dialog"
    >
      {isOwner ? (
        <InviteForm documentId={document.id} />
      ) : (
        <p className="field__hint">Only {document.owner.name}, the owner, can change who has access.</p>
      )}
      <section aria-labelledby="people-with-access">
        <h3 className="sharing__heading" id="people-with-access">
          People with access
        </h3>
        <People document={document} />
      </section>
      {isOwner && <LinksSection documentId={document.id} />}
      <div className="sharing__footer">
        <Button size="small" onClick={() => void copyLink(document)} data-testid="share-copy-link">
          <Link2 size={16} aria-hidden="true" />
          Copy link
        </Button>
        <Button size="small" variant="primary" onClick={onClose} data-testid="share-done">
          Done
        </Button>
      </div>
    </Dialog>
  );
}

function People({ document }: { readonly document: Document }) {
  const user = useCurrentUser();
  const members = useMembers(document.id);
  const actions = useDocumentActions();
  const [, navigate] = useLocation();
  const [leaving, setLeaving] = useState(false);
  if (members.data !== undefined) {
    return (
      <>
        <ul className="member-list">
          {sortMembers(members.data.items).map((member: Member) => (
            <MemberRow
              key={member.user.id}
              documentId={document.id}
              member={member}
              isSelf={member.user.id === user.id}
              editable={document.role === "owner" && member.role !== "owner"}
              onLeave={
                member.user.id === user.id && member.role !== "owner" ? () => setLeaving(true) : undefined
              }
            />
          ))}
          {members.data.teams.map((share) => (
            <TeamRow
              key={share.team.id}
              documentId={document.id}
              share={share}
              editable={document.role === "owner"}
            />
          ))}
        </ul>
        {leaving && (
          <RemoveDialog
            document={document}
            onClose={() => setLeaving(false)}
            onConfirm={() => {
              actions.leave(document);
              navigate(paths.documents);
            }}
          />
        )}
        {document.role === "owner" && <AddTeam documentId={document.id} shared={members.data.teams} />}
      </>
    );
  }
  if (members.isPending) {
    return (
      <div className="member-row" role="status" aria-label="Loading people">
        <span className="skeleton avatar avatar--large" />
        <span className="skeleton skeleton-line w-44" />
      </div>
    );
  }
  return (
    <div className="notice notice--danger" role="alert">
      <span>{explain(members.error, "load who has access")}</span>
      <Button size="small" onClick={() => void members.refetch()}>
        Try again
      </Button>
    </div>
  );
}

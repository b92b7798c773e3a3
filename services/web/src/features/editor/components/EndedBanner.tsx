import type { Editor } from "@tiptap/core";
import { CircleAlert } from "lucide-react";
import { Link } from "wouter";
import { copyText } from "@/shared/lib/clipboard";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { toast } from "@/shared/ui/toastStore";
import type { CollaborationSession } from "../collaboration/CollaborationSession";
import type { EndReason } from "../model/connection";

/** Besides the ends of a session: whoever wrote may only read now, and their last edits came too late. */
export type BannerReason = EndReason | "demoted";

const MESSAGES: Readonly<Record<BannerReason, string>> = {
  demoted: "You can only read this document now, and your last edits came too late to be saved.",
  deleted: "This document was deleted. What you see is the last version this page had.",
  removed: "Your access to this document was removed. What you see is the last version this page had.",
  unavailable:
    "This document was deleted or is no longer shared with you. What you see is the last version this page had.",
  replaced:
    "This document was restored from an earlier state. What you see is the version before. Copy what you need, then reload.",
  "too-large":
    "Your last change is too large for the server, so editing has stopped. Copy what you need, then reload without it.",
  malformed:
    "The server refused your last change, so editing has stopped. Copy what you need, then reload without it.",
  "session-ended": "Your session has ended. Sign in again to continue.",
};

interface EndedBannerProps {
  readonly session: CollaborationSession;
  readonly reason: BannerReason;
  readonly unsynced: number;
  readonly editor: Editor;
}

/** Why nothing can be written any more, and how to take along what is on the screen. */
export function EndedBanner({ session, reason, unsynced, editor }: EndedBannerProps) {
  const refused = reason === "too-large" || reason === "malformed" || reason === "demoted";
  const copy = async () => {
    const copied = await copyText(editor.getText({ blockSeparator: "\n\n" }));
    if (copied) toast.info("The text is copied.");
    else toast.error("The browser did not allow copying.");
  };
  return (
    <div className="ended" role="alert" data-testid="ended-banner" data-reason={reason}>
      <CircleAlert size={18} aria-hidden="true" />
      <p>
        {MESSAGES[reason]}
        {unsynced > 0 && !refused && " Your last edits were not saved."}
      </p>
      <div className="ended__actions">
        <Button size="small" onClick={() => void copy()} data-testid="copy-text">
          Copy the text
        </Button>
        {refused || reason === "replaced" ? (
          <Button
            size="small"
            variant={refused ? "danger" : "primary"}
            onClick={() => void session.discard().then(() => location.reload())}
            data-testid="discard"
          >
            {refused ? "Discard unsaved edits and reload" : "Reload"}
          </Button>
        ) : (
          <Link className="button button--small" href={paths.documents}>
            All documents
          </Link>
        )}
      </div>
    </div>
  );
}

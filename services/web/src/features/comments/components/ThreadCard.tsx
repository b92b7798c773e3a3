import { Check, MoreHorizontal, Pencil, RotateCcw, Trash2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useDocumentAccess } from "@/features/editor/hooks/useDocumentAccess";
import { ApiError } from "@/shared/api/errors";
import type { Role } from "@/shared/api/types";
import { cx } from "@/shared/lib/cx";
import { relativeTime } from "@/shared/lib/time";
import { Avatar } from "@/shared/ui/Avatar";
import { Button } from "@/shared/ui/Button";
import { IconButton } from "@/shared/ui/IconButton";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { reportFailure } from "@/shared/ui/reportFailure";
import { toast } from "@/shared/ui/toastStore";
import { type Comment, type Thread, useCommentActions, useReplies, type Written } from "../api/useThreads";
import { CommentField } from "./CommentField";

interface ThreadCardProps {
  readonly documentId: string;
  readonly role: Role;
  readonly thread: Thread;
  /** Whether its passage is still in the text. */
  readonly placed: boolean;
  readonly active: boolean;
  readonly now: Date;
  readonly onChoose: () => void;
}

/** Says why a comment did not go out; whoever is mentioned has to see the document. */
export function reportComment(error: unknown, doing: string): void {
  const mention = error instanceof ApiError && error.problem.fields.some(({ field }) => field === "mentions");
  if (mention) toast.error("Somebody you mention cannot see this document. Share it with them first.");
  else reportFailure(error, doing);
}

export function ThreadCard({ documentId, role, thread, placed, active, now, onChoose }: ThreadCardProps) {
  const actions = useCommentActions(documentId);
  const [wholeWanted, setWholeWanted] = useState(false);
  const replies = useReplies(documentId, thread.id, wholeWanted);
  const comments = replies.data?.pages.flatMap((page) => page.items) ?? thread.comments;
  const hidden = thread.comment_count - comments.length;
  const resolved = thread.resolved_at !== null;
  const mayWrite = role !== "viewer";
  const ref = useRef<HTMLElement>(null);

  useEffect(() => {
    if (active) ref.current?.scrollIntoView({ block: "nearest" });
  }, [active]);

  const reply = async (written: Written) => {
    try {
      await actions.reply.mutateAsync({ thread: thread.id, ...written });
      return true;
    } catch (error) {
      reportComment(error, "reply");
      return false;
    }
  };

  return (
    <article
      ref={ref}
      className={cx("thread", active && "thread--active")}
      aria-label={`Comments on “${thread.anchor.quote}”`}
      data-testid="thread"
      data-thread-id={thread.id}
    >
      <div className="thread__head">
        <button type="button" className="thread__quote" onClick={onChoose} data-testid="thread-quote">
          {thread.anchor.quote || "A passage"}
        </button>
        {mayWrite && (
          <IconButton
            label={resolved ? "Reopen" : "Resolve"}
            disabled={actions.resolve.isPending}
            data-testid={resolved ? "reopen" : "resolve"}
            onClick={() =>
              actions.resolve.mutate(
                { thread: thread.id, resolved: !resolved },
                { onError: (error) => reportFailure(error, resolved ? "reopen it" : "resolve it") },
              )
            }
          >
            {resolved ? <RotateCcw size={16} aria-hidden="true" /> : <Check size={17} aria-hidden="true" />}
          </IconButton>
        )}
      </div>
      {!placed && <p className="field__hint">The passage is not in the text any more.</p>}
      <ul className="thread__comments">
        {comments.map((comment) => (
          <CommentItem
            key={comment.id}
            documentId={documentId}
            comment={comment}
            owner={role === "owner"}
            mayWrite={mayWrite}
            now={now}
          />
        ))}
      </ul>
      {hidden > 0 && (
        <Button
          size="small"
          variant="quiet"
          busy={replies.isFetching}
          onClick={() => (wholeWanted ? void replies.fetchNextPage() : setWholeWanted(true))}
        >
          {hidden === 1 ? "One more comment" : `${hidden} more comments`}
        </Button>
      )}
      {thread.resolved_by !== null && <p className="field__hint">Resolved by {thread.resolved_by.name}</p>}
      {mayWrite && !resolved && (
        <CommentField
          documentId={documentId}
          label="Reply"
          action="Reply"
          busy={actions.reply.isPending}
          testId="reply"
          onSend={reply}
        />
      )}
    </article>
  );
}

interface CommentItemProps {
  readonly documentId: string;
  readonly comment: Comment;
  /** The document's owner may delete anybody's comment. */
  readonly owner: boolean;
  readonly mayWrite: boolean;
  readonly now: Date;
}

function CommentItem({ documentId, comment, owner, mayWrite, now }: CommentItemProps) {
  const { me } = useDocumentAccess();
  const actions = useCommentActions(documentId);
  const [editing, setEditing] = useState(false);
  const own = comment.author.id === me;
  const { name } = comment.author;

  const edit = async ({ body }: Written) => {
    try {
      await actions.edit.mutateAsync({ id: comment.id, body });
      setEditing(false);
      return true;
    } catch (error) {
      reportComment(error, "change the comment");
      return false;
    }
  };

  return (
    <li className="comment" data-testid="comment" data-author={name}>
      <Avatar person={comment.author} size="small" />
      <div className="comment__main">
        <p className="comment__head">
          <span>
            <strong>{name}</strong>
            {comment.author.is_guest && <span className="comment__guest">Guest</span>}
          </span>
          <time className="field__hint" dateTime={comment.created_at}>
            {relativeTime(comment.created_at, now)}
            {comment.edited_at !== null && ", edited"}
          </time>
        </p>
        {editing ? (
          <CommentField
            documentId={documentId}
            label="Your comment"
            action="Save"
            initial={comment.body}
            busy={actions.edit.isPending}
            focusOnMount
            testId="edit-comment"
            onSend={edit}
            onCancel={() => setEditing(false)}
          />
        ) : (
          <p className={comment.deleted ? "comment__body field__hint" : "comment__body"}>
            {comment.deleted ? "Deleted" : comment.body}
          </p>
        )}
      </div>
      {mayWrite && !comment.deleted && !editing && (own || owner) && (
        <Menu
          label={`Actions for the comment of ${name}`}
          trigger={
            <button
              type="button"
              className="icon-button comment__menu"
              aria-label={`Actions for the comment of ${name}`}
              data-testid="comment-menu"
            >
              <MoreHorizontal size={16} aria-hidden="true" />
            </button>
          }
        >
          {own && (
            <MenuItem icon={<Pencil size={16} aria-hidden="true" />} onSelect={() => setEditing(true)}>
              Edit
            </MenuItem>
          )}
          <MenuItem
            danger
            icon={<Trash2 size={16} aria-hidden="true" />}
            testId="comment-delete"
            onSelect={() =>
              void actions.remove
                .mutateAsync(comment.id)
                .catch((error: unknown) => reportFailure(error, "delete the comment"))
            }
          >
            Delete
          </MenuItem>
        </Menu>
      )}
    </li>
  );
}

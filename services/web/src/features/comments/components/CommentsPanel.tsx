import type { Editor } from "@tiptap/core";
import { MessageSquarePlus, X } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { type Anchor, anchorOf, rangeOf } from "@/features/editor/model/anchors";
import { explain } from "@/shared/api/errors";
import type { Document } from "@/shared/api/types";
import { useNow } from "@/shared/hooks/useNow";
import { Button } from "@/shared/ui/Button";
import { IconButton } from "@/shared/ui/IconButton";
import { Select } from "@/shared/ui/Select";
import { type ThreadState, useCommentActions, useThreads, type Written } from "../api/useThreads";
import { usePlacedThreads } from "../hooks/usePlacedThreads";
import { useSelectedText } from "../hooks/useSelectedText";
import { CommentField } from "./CommentField";
import { reportComment, ThreadCard } from "./ThreadCard";
import "./comments.css";

const STATES = [
  { value: "open", label: "Open" },
  { value: "resolved", label: "Resolved" },
] as const satisfies readonly { value: ThreadState; label: string }[];

interface CommentsPanelProps {
  readonly editor: Editor;
  readonly document: Pick<Document, "id" | "role">;
  /** Said above the comments, to who is not simply a member. */
  readonly note?: ReactNode;
  /** The thread that a notification led to. */
  readonly focusedThread: string | null;
  /** Rises each time a comment on the selection is asked for from elsewhere. */
  readonly wished: number;
  readonly onClose: () => void;
}

/** What people say about passages of the text, beside it. */
export function CommentsPanel(props: CommentsPanelProps) {
  const { editor, document, note, focusedThread, wished, onClose } = props;
  const [state, setState] = useState<ThreadState>("open");
  const query = useThreads(document.id, state);
  const [active, setActive] = useState(focusedThread);
  const threads = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const placed = usePlacedThreads(editor, threads, active, setActive);
  const now = useNow();
  const missing =
    focusedThread !== null && query.isSuccess && !threads.some(({ id }) => id === focusedThread);

  useEffect(() => {
    // It may be settled already.
    if (missing) setState("resolved");
  }, [missing]);

  const choose = (id: string) => {
    setActive(id);
    const range = placed.find(({ thread }) => thread.id === id)?.range;
    if (!range) return;
    const { node } = editor.view.domAtPos(range.from);
    const element = node instanceof Element ? node : node.parentElement;
    element?.scrollIntoView({ block: "center", behavior: "smooth" });
  };

  return (
    <aside className="comments" aria-label="Comments" data-testid="comments-panel">
      <div className="comments__head">
        <h2 className="comments__title">Comments</h2>
        <Select quiet label="Which comments" value={state} options={STATES} onChange={setState} />
        <IconButton label="Close comments" onClick={onClose} data-testid="comments-close">
          <X size={17} aria-hidden="true" />
        </IconButton>
      </div>
      {note}
      {document.role !== "viewer" && (
        <NewThread editor={editor} document={document} wished={wished} onBegun={setActive} />
      )}
      {query.isPending && (
        <div role="status" aria-label="Loading comments">
          <span className="skeleton skeleton-line w-70" />
        </div>
      )}
      {query.isError && query.data === undefined && (
        <div className="notice notice--danger" role="alert">
          <span>{explain(query.error, "load the comments")}</span>
          <Button size="small" onClick={() => void query.refetch()}>
            Try again
          </Button>
        </div>
      )}
      {query.isSuccess && threads.length === 0 && (
        <p className="field__hint" data-testid="no-comments">
          {state === "open" ? "No open comments." : "Nothing was resolved yet."}
        </p>
      )}
      {placed.map(({ thread, range }) => (
        <ThreadCard
          key={thread.id}
          documentId={document.id}
          role={document.role}
          thread={thread}
          placed={range !== null}
          active={thread.id === active}
          now={now}
          onChoose={() => choose(thread.id)}
        />
      ))}
      {query.hasNextPage && (
        <Button size="small" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show more
        </Button>
      )}
    </aside>
  );
}

interface NewThreadProps {
  readonly editor: Editor;
  readonly document: Pick<Document, "id" | "role">;
  readonly wished: number;
  readonly onBegun: (thread: string) => void;
}

/** Begins a thread about what is selected. */
function NewThread({ editor, document, wished, onBegun }: NewThreadProps) {
  const actions = useCommentActions(document.id);
  const selected = useSelectedText(editor);
  // Fixed when writing begins: the passage, wherever it moves meanwhile.
  const [anchor, setAnchor] = useState<Anchor | null>(null);
  useEffect(() => {
    if (wished > 0) setAnchor((before) => before ?? anchorOf(editor.state, editor.state.selection));
  }, [wished, editor]);

  const begin = async (written: Written) => {
    if (anchor === null) return false;
    try {
      const made = await actions.begin.mutateAsync({ anchor, ...written });
      setAnchor(null);
      onBegun(made.id);
      return true;
    } catch (error) {
      reportComment(error, "comment");
      return false;
    }
  };

  if (anchor === null) {
    return (
      <div>
        <Button
          size="small"
          disabled={!selected}
          // The text keeps its selection.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => setAnchor(anchorOf(editor.state, editor.state.selection))}
          data-testid="comment-new"
        >
          <MessageSquarePlus size={16} aria-hidden="true" />
          Comment on the selection
        </Button>
        {!selected && <p className="field__hint comments__hint">Select a passage of the text first.</p>}
      </div>
    );
  }
  return (
    <div className="thread thread--active">
      <p className="thread__quote">{anchor.quote}</p>
      {rangeOf(editor.state, anchor) === null && <p className="field__hint">The passage is gone.</p>}
      <CommentField
        documentId={document.id}
        label="Comment, @ mentions people"
        action="Comment"
        busy={actions.begin.isPending}
        focusOnMount
        testId="new-comment"
        onSend={begin}
        onCancel={() => setAnchor(null)}
      />
    </div>
  );
}

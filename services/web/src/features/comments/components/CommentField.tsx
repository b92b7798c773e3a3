import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { fold } from "@/features/documents/model/filter";
import { useDocumentAccess } from "@/features/editor/hooks/useDocumentAccess";
import { useMembers } from "@/features/sharing/api/useMembers";
import type { PublicProfile } from "@/shared/api/types";
import { useDebounced } from "@/shared/hooks/useDebounced";
import { Avatar } from "@/shared/ui/Avatar";
import { Button } from "@/shared/ui/Button";
import { usePeopleSearch, type Written } from "../api/useThreads";
import { insertMention, type Mentioned, mentionQuery, stillMentioned } from "../model/mentions";

/** As the server allows. */
const MAX_CHARS = 4000;
const MAX_SUGGESTIONS = 6;
const QUIET_MS = 200;

interface CommentFieldProps {
  readonly documentId: string;
  readonly label: string;
  readonly action: string;
  readonly initial?: string;
  readonly busy: boolean;
  readonly focusOnMount?: boolean;
  readonly testId: string;
  readonly onSend: (written: Written) => Promise<boolean>;
  readonly onCancel?: () => void;
}

/** A comment being written. A `@` and the beginning of a name offer people to mention. */
export function CommentField(props: CommentFieldProps) {
  const {
    documentId,
    label,
    action,
    initial = "",
    busy,
    focusOnMount = false,
    testId,
    onSend,
    onCancel,
  } = props;
  const [text, setText] = useState(initial);
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState<readonly Mentioned[]>([]);
  const [dismissed, setDismissed] = useState<number | null>(null);
  const [index, setIndex] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);
  const listId = useId();
  const query = mentionQuery(text, caret);
  const asking = query !== null && query.at !== dismissed;
  const people = useSuggestions(documentId, asking ? query.text : null);
  const offered = asking && people.length > 0;
  const at = Math.min(index, Math.max(0, people.length - 1));

  useEffect(() => {
    if (focusOnMount) field.current?.focus();
  }, [focusOnMount]);

  const mention = (person: PublicProfile) => {
    if (query === null) return;
    const next = insertMention(text, query, person.name);
    setText(next.text);
    setCaret(next.caret);
    setChosen([...chosen, person]);
    setIndex(0);
    // The field shows the new text in the next frame only; the caret before that would go to its end.
    requestAnimationFrame(() => field.current?.setSelectionRange(next.caret, next.caret));
  };

  const send = async () => {
    if (busy || text.trim() === "") return;
    const sent = await onSend({ body: text.trim(), mentions: stillMentioned(text, chosen) });
    if (!sent) return;
    setText("");
    setChosen([]);
  };

  const onSuggestionKey = (event: KeyboardEvent): boolean => {
    if (!offered) return false;
    const person = people[at];
    if (event.key === "ArrowDown") setIndex((at + 1) % people.length);
    else if (event.key === "ArrowUp") setIndex((at - 1 + people.length) % people.length);
    else if ((event.key === "Enter" || event.key === "Tab") && person) mention(person);
    else if (event.key === "Escape") setDismissed(query.at);
    else return false;
    return true;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (onSuggestionKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void send();
    } else if (event.key === "Escape" && onCancel) {
      event.preventDefault();
      onCancel();
    }
  };

  return (
    <form
      className="comment-field"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        ref={field}
        className="input comment-field__text"
        aria-label={label}
        placeholder={label}
        rows={2}
        maxLength={MAX_CHARS}
        value={text}
        aria-autocomplete="list"
        aria-controls={offered ? listId : undefined}
        aria-activedescendant={offered ? `${listId}-${at}` : undefined}
        data-testid={testId}
        onChange={(event) => {
          setText(event.target.value);
          setCaret(event.target.selectionStart);
          setDismissed(null);
        }}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
        onKeyDown={onKeyDown}
      />
      {offered && (
        <div id={listId} role="listbox" aria-label="People to mention" className="comment-field__people">
          {people.map((person, position) => (
            <button
              key={person.id}
              id={`${listId}-${position}`}
              type="button"
              role="option"
              aria-selected={position === at}
              tabIndex={-1}
              className="comment-field__person"
              data-testid="mention-option"
              // The field keeps the focus.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => mention(person)}
            >
              <Avatar person={person} size="small" />
              {person.name}
            </button>
          ))}
        </div>
      )}
      {(text !== "" || onCancel) && (
        <div className="comment-field__actions">
          {onCancel && (
            <Button size="small" variant="quiet" onClick={onCancel}>
              Cancel
            </Button>
          )}
          <Button
            size="small"
            type="submit"
            variant="primary"
            busy={busy}
            disabled={text.trim() === ""}
            data-testid={`${testId}-send`}
          >
            {action}
          </Button>
        </div>
      )}
    </form>
  );
}

/** Whom a name may mean: people of the document first, since only who can see it can be mentioned. */
function useSuggestions(documentId: string, typed: string | null): readonly PublicProfile[] {
  const { me, mayMention } = useDocumentAccess();
  const members = useMembers(documentId, mayMention);
  const found = usePeopleSearch(useDebounced(mayMention ? typed : null, QUIET_MS));
  if (typed === null || !mayMention) return [];
  const start = fold(typed);
  const inside = (members.data?.items ?? [])
    .map((member) => member.user)
    .filter(
      ({ name }) =>
        fold(name)
          .split(/\s+/)
          .some((word) => word.startsWith(start)) || fold(name).startsWith(start),
    );
  const known = new Set([me, ...inside.map(({ id }) => id)]);
  const outside = typed === "" ? [] : (found.data ?? []).filter(({ id }) => !known.has(id));
  return [...inside.filter(({ id }) => id !== me), ...outside].slice(0, MAX_SUGGESTIONS);
}

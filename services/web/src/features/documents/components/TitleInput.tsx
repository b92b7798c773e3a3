import { useEffect, useRef, useState } from "react";
import { MAX_TITLE_LENGTH } from "../model/title";

interface TitleInputProps {
  readonly className: string;
  readonly value: string;
  readonly focusOnMount?: boolean;
  readonly readOnly?: boolean;
  readonly testId?: string;
  readonly onCommit: (typed: string) => void;
  readonly onCancel?: () => void;
  /** After Enter, once the field has let go of the focus. */
  readonly onEnter?: () => void;
}

/** A title edited in place: Enter or leaving the field keeps what was typed, Escape does not. */
export function TitleInput({
  className,
  value,
  focusOnMount = false,
  readOnly = false,
  testId = "title-input",
  onCommit,
  onCancel,
  onEnter,
}: TitleInputProps) {
  const ref = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState<string | null>(null);
  const cancelled = useRef(false);

  useEffect(() => {
    if (focusOnMount) ref.current?.select();
  }, [focusOnMount]);

  return (
    <input
      ref={ref}
      className={className}
      aria-label="Title"
      data-testid={testId}
      value={draft ?? value}
      maxLength={MAX_TITLE_LENGTH}
      readOnly={readOnly}
      onChange={(event) => setDraft(event.target.value)}
      onKeyDown={(event) => {
        // Enter also ends a composition in an input method; that is not the end of the title.
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Escape") cancelled.current = true;
        if (event.key !== "Escape" && event.key !== "Enter") return;
        event.preventDefault();
        event.currentTarget.blur();
        if (event.key === "Enter") onEnter?.();
      }}
      onBlur={() => {
        const keep = draft !== null && !cancelled.current;
        cancelled.current = false;
        setDraft(null);
        if (keep) onCommit(draft);
        else onCancel?.();
      }}
    />
  );
}

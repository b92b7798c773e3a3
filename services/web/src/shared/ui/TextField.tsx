import { CircleAlert } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "../lib/cx";

interface TextFieldProps extends ComponentProps<"input"> {
  readonly label: string;
  readonly error?: string | undefined;
  readonly hint?: string;
  /** A button inside the field's right edge. */
  readonly action?: ReactNode;
}

export function TextField({ label, error, hint, action, className, ...input }: TextFieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const noted = error !== undefined || hint !== undefined;
  return (
    <div className={cx("field", className)}>
      <label className="field__label" htmlFor={id}>
        {label}
      </label>
      <div className="field__control">
        <input
          {...input}
          id={id}
          className={cx("input", action !== undefined && "input--with-action")}
          aria-invalid={error !== undefined}
          aria-describedby={noted ? noteId : undefined}
        />
        {action !== undefined && <div className="field__action">{action}</div>}
      </div>
      {error !== undefined ? (
        <p className="field__error" id={noteId} role="alert" data-testid={`${input.name ?? "field"}-error`}>
          <CircleAlert size={14} aria-hidden="true" />
          {error}
        </p>
      ) : (
        hint !== undefined && (
          <p className="field__hint" id={noteId}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}

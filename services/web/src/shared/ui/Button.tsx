import type { ComponentProps } from "react";
import { cx } from "../lib/cx";

interface ButtonProps extends ComponentProps<"button"> {
  readonly variant?: "plain" | "primary" | "danger" | "quiet";
  readonly size?: "normal" | "small" | "wide";
  /** Shows that the click is being worked on; the button stays focusable but does nothing. */
  readonly busy?: boolean;
}

export function Button({
  variant = "plain",
  size = "normal",
  busy = false,
  type = "button",
  className,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={busy ? "button" : type}
      className={cx(
        "button",
        variant !== "plain" && `button--${variant}`,
        size !== "normal" && `button--${size}`,
        className,
      )}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      onClick={busy ? undefined : onClick}
    >
      {busy && <span className="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}

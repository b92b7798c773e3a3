import type { ComponentProps } from "react";
import { cx } from "../lib/cx";
import { Tooltip } from "./Tooltip";

interface IconButtonProps extends ComponentProps<"button"> {
  readonly label: string;
  readonly keys?: string;
  /** Tooltips sit below modal dialogs; there the browser's own title does. */
  readonly plain?: boolean;
}

/** A button that is only an icon: its name is spoken and shown on hover. */
export function IconButton({ label, keys, plain = false, className, ...rest }: IconButtonProps) {
  const button = (
    <button
      type="button"
      {...rest}
      className={cx("icon-button", className)}
      aria-label={label}
      title={plain ? label : undefined}
    />
  );
  if (plain) return button;
  return (
    <Tooltip label={label} {...(keys === undefined ? {} : { keys })}>
      {button}
    </Tooltip>
  );
}

import { X } from "lucide-react";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { cx } from "../lib/cx";
import { IconButton } from "./IconButton";
import { dismissToast, toasts } from "./toastStore";

export function Toasts() {
  const shown = useSyncExternalStore(toasts.subscribe, toasts.get);
  const ref = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const region = ref.current;
    // Shown anew for each message: only the latest of the browser's top layer lies above an open dialog.
    if (region?.matches(":popover-open")) region.hidePopover();
    if (shown.length > 0) region?.showPopover();
  }, [shown]);

  return (
    <div
      ref={ref}
      className="toasts"
      popover="manual"
      role="log"
      aria-live="polite"
      aria-relevant="additions"
    >
      {shown.map(({ id, tone, message, action }) => (
        <div key={id} className={cx("toast", tone === "error" && "toast--error")} data-testid="toast">
          <span>{message}</span>
          {action && (
            <button
              type="button"
              className="toast__action"
              onClick={() => {
                dismissToast(id);
                action.run();
              }}
            >
              {action.label}
            </button>
          )}
          <IconButton plain label="Dismiss" onClick={() => dismissToast(id)}>
            <X size={16} aria-hidden="true" />
          </IconButton>
        </div>
      ))}
    </div>
  );
}

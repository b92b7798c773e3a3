import { useRef } from "react";

/**
 * Where the focus goes after a dialog that was opened from a menu: its item, which had the focus, is gone by then. Put
 * `ref` on the menu's button.
 */
export function useReturnFocus() {
  const ref = useRef<HTMLButtonElement>(null);
  return {
    ref,
    // In the next frame: until then the page behind the dialog takes no focus.
    returnFocus: () => requestAnimationFrame(() => ref.current?.focus()),
  };
}

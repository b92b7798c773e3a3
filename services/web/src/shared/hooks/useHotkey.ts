import { useEffect, useRef } from "react";

/** Whether keys typed here are text rather than commands. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Runs `handler` for key presses that `matches`; keys without modifiers are left alone while someone types. */
export function useHotkey(matches: (event: KeyboardEvent) => boolean, handler: () => void): void {
  const latest = useRef({ matches, handler });
  useEffect(() => {
    latest.current = { matches, handler };
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.repeat || document.querySelector("dialog[open]")) return;
      const plain = !(event.ctrlKey || event.metaKey || event.altKey);
      if (plain && isTyping(event.target)) return;
      if (!latest.current.matches(event)) return;
      event.preventDefault();
      latest.current.handler();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}

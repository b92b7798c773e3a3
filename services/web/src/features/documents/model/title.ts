export const UNTITLED = "Untitled document";

export const MAX_TITLE_LENGTH = 200;

/** What is stored for what was typed: one line, without space around it, never empty. */
export function cleanTitle(typed: string): string {
  return typed.replace(/\s+/g, " ").trim().slice(0, MAX_TITLE_LENGTH) || UNTITLED;
}

/** What is shown for what is stored. */
export function shownTitle(title: string): string {
  return title.trim() || UNTITLED;
}

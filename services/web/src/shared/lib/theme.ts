import { Store } from "./store";

/** Keep in step with public/theme.js, which applies the choice before the first paint. */
const KEY = "collab:theme";
/** What the account said last: only a change of it changes this device. */
const FOLLOWED_KEY = "collab:theme-of-account";

export type Theme = "system" | "light" | "dark";

export function storedTheme(): Theme {
  const value = read(KEY);
  return value === "light" || value === "dark" ? value : "system";
}

/** The theme that is shown. */
export const theme = new Store<Theme>(storedTheme());

export function applyTheme(chosen: Theme): void {
  const { dataset } = document.documentElement;
  if (chosen === "system") delete dataset.theme;
  else dataset.theme = chosen;
  write(KEY, chosen === "system" ? null : chosen);
  theme.set(chosen);
}

/**
 * Takes over what the account says when that is news. An account that never chose says "system", which must not undo
 * what was chosen on this device before accounts could keep it.
 */
export function followTheme(saved: Theme): void {
  const followed = read(FOLLOWED_KEY) ?? "system";
  if (saved === followed) return;
  write(FOLLOWED_KEY, saved);
  applyTheme(saved);
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Without storage the choice lasts until the page is closed.
  }
}

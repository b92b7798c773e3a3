/** Whoever comes by a link without an account: the name they go by, and what they are recognised by. */
export interface Guest {
  readonly key: string;
  readonly name: string;
}

/** As the server allows. */
export const MAX_GUEST_NAME = 60;

const STORED = "collab:guest";
const KEY_BYTES = 32;
const KEY = /^[A-Za-z0-9_-]{43}$/;

let remembered: Guest | null = null;

/** Of this tab alone: the device may be anyone's. */
export function guest(): Guest {
  if (remembered === null) {
    remembered = read() ?? { key: newKey(), name: "" };
    keep(remembered);
  }
  return remembered;
}

export function nameGuest(name: string): void {
  remembered = { ...guest(), name: name.trim() };
  keep(remembered);
}

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

function read(): Guest | null {
  try {
    const { key, name } = JSON.parse(sessionStorage.getItem(STORED) ?? "{}") as Record<string, unknown>;
    return typeof key === "string" && KEY.test(key) && typeof name === "string" ? { key, name } : null;
  } catch {
    return null;
  }
}

function keep(who: Guest): void {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(who));
  } catch {
    // Without storage they are somebody else after a reload.
  }
}

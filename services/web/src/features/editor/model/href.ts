const SAFE_SCHEME = /^(https?|mailto|tel):/i;
const ANY_SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const EMAIL = /^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/;

/** The address meant by what was typed: "example.org" is a page, "ada@example.org" a mailbox; null if it is none. */
export function normaliseHref(typed: string): string | null {
  const text = typed.trim();
  if (text === "" || /\s/.test(text)) return null;
  if (SAFE_SCHEME.test(text)) return text;
  // "localhost:8080" and "example.org:443/path" look like schemes; "javascript:" and its kin are never links.
  const hostWithPort = /^[\w.-]+:\d+(?=[/?#]|$)/.test(text);
  if (ANY_SCHEME.test(text) && !hostWithPort) return null;
  if (EMAIL.test(text)) return `mailto:${text}`;
  if (text.startsWith("/") || text.startsWith("#")) return text.startsWith("//") ? `https:${text}` : text;
  return hostWithPort || text.includes(".") ? `https://${text}` : null;
}

const DAY_MS = 24 * 60 * 60_000;

/** How long a link works; the values are what a `select` has, in days. */
export const LINK_LIVES = [
  { value: "", label: "Until it is revoked" },
  { value: "1", label: "One day" },
  { value: "7", label: "One week" },
  { value: "30", label: "30 days" },
] as const;

export type LinkLife = (typeof LINK_LIVES)[number]["value"];

/** When a link that is made now ends, with its zone as the server wants it; null for never. */
export function expiryOf(life: LinkLife, now: Date): string | null {
  return life === "" ? null : new Date(now.getTime() + Number(life) * DAY_MS).toISOString();
}

/** "works until 3 May 2026", as one reads it beside a link. */
export function lifeOf(expiresAt: string | null, now: Date, locale = "en-GB"): string {
  if (expiresAt === null) return "works until it is revoked";
  const end = new Date(expiresAt);
  if (end <= now) return "has expired";
  const soon = end.getTime() - now.getTime() < 2 * DAY_MS;
  return `works until ${end.toLocaleString(locale, soon ? { dateStyle: "medium", timeStyle: "short" } : { dateStyle: "medium" })}`;
}

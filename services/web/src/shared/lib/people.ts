/** Colours people are given; each carries white or near-black text at 4.5:1 or better (see `readableInk`). */
export const PEOPLE_COLORS = [
  "#0f766e",
  "#1d4ed8",
  "#7c3aed",
  "#be185d",
  "#b91c1c",
  "#b45309",
  "#4d7c0f",
  "#0e7490",
  "#6d28d9",
  "#475569",
] as const;

const HEX_COLOR = /^#[0-9a-f]{6}$/i;
const LIGHT_INK = "#ffffff";
const DARK_INK = "#1d1c1a";

export function isColor(value: unknown): value is string {
  return typeof value === "string" && HEX_COLOR.test(value);
}

/** A stable colour for someone whose profile is not known (yet). */
export function colorFor(id: string): string {
  let hash = 0;
  for (const char of id) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return PEOPLE_COLORS[hash % PEOPLE_COLORS.length] ?? PEOPLE_COLORS[0];
}

/** WCAG relative luminance, 0 (black) to 1 (white). */
function luminance(color: string): number {
  const channel = (offset: number) => {
    const value = Number.parseInt(color.slice(offset, offset + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

/** WCAG contrast ratio, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [darker, lighter] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** The text colour that reads better on a person's colour. */
export function readableInk(background: string): string {
  return contrast(background, LIGHT_INK) >= contrast(background, DARK_INK) ? LIGHT_INK : DARK_INK;
}

/** One or two letters for an avatar: "Ada Lovelace" → "AL", "ada" → "A", "Mia (guest)" → "M". */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(word));
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  const letters = picked.map((word) => Array.from(word ?? "")[0] ?? "").join("");
  return letters.toLocaleUpperCase() || "?";
}

/**
 * Whether this is the address of that person's picture. What says so may be another person's browser: nothing else may
 * become an address that is asked for.
 */
export function isAvatarOf(id: string, value: unknown): value is string {
  const prefix = `/api/users/${id}/avatar?v=`;
  return (
    typeof value === "string" && value.startsWith(prefix) && /^[0-9a-f]{64}$/.test(value.slice(prefix.length))
  );
}

/** Ids say nothing to a reader, and who and where stand in the entry itself. */
const LEFT_OUT: ReadonlySet<string> = new Set(["session", "token", "passkey", "kid"]);
const MAX_CHARS = 120;

/** What the log keeps besides who, where and when, in a line. */
export function detailText(detail: Readonly<Record<string, unknown>>): string {
  return Object.entries(detail)
    .filter(([name]) => !LEFT_OUT.has(name))
    .flatMap(([name, value]) => {
      const text = valueText(value);
      return text === null ? [] : [`${name.replace(/[_-]/g, " ")}: ${text}`];
    })
    .join(", ")
    .slice(0, MAX_CHARS);
}

function valueText(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(" ");
  return null;
}

export interface Mentioned {
  readonly id: string;
  readonly name: string;
}

export interface MentionQuery {
  /** What is typed after the sign. */
  readonly text: string;
  /** Where the sign stands. */
  readonly at: number;
}

const MAX_QUERY_CHARS = 40;

/** The name that is being typed before the caret, after a `@` at the start of a word; null when there is none. */
export function mentionQuery(text: string, caret: number): MentionQuery | null {
  const before = text.slice(0, caret);
  const at = before.lastIndexOf("@");
  if (at < 0 || (at > 0 && !/\s|\(/.test(before.charAt(at - 1)))) return null;
  const typed = before.slice(at + 1);
  if (typed.length > MAX_QUERY_CHARS || /\n/.test(typed) || /\s\S*\s/.test(typed)) return null;
  return { text: typed, at };
}

/** The text with a person in place of what was typed of their name, and where the caret is then. */
export function insertMention(
  text: string,
  { at, text: typed }: MentionQuery,
  name: string,
): { readonly text: string; readonly caret: number } {
  const inserted = `@${name} `;
  const rest = text.slice(at + 1 + typed.length).replace(/^ /, "");
  return { text: text.slice(0, at) + inserted + rest, caret: at + inserted.length };
}

/** The people chosen whose name still stands in the text. */
export function stillMentioned(text: string, chosen: readonly Mentioned[]): string[] {
  return [...new Set(chosen.filter(({ name }) => text.includes(`@${name}`)).map(({ id }) => id))];
}

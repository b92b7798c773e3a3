import { parseMarks } from "../model/marks";

/** What the search found, with the words that were looked for marked. */
export function Marked({ html }: { readonly html: string }) {
  let offset = 0;
  return parseMarks(html).map(({ text, marked }) => {
    offset += text.length;
    return marked ? <mark key={offset}>{text}</mark> : <span key={offset}>{text}</span>;
  });
}

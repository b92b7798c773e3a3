export interface TextStats {
  readonly words: number;
  readonly characters: number;
}

/** Words are runs of letters and digits; scripts without spaces are counted by the browser's own word breaks. */
export function textStats(text: string, segmenter: Intl.Segmenter): TextStats {
  let words = 0;
  for (const { isWordLike } of segmenter.segment(text)) if (isWordLike) words += 1;
  return { words, characters: Array.from(text.replace(/\n/g, "")).length };
}

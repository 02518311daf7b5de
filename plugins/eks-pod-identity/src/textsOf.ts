/** The words of each key, or their meanings, as messages of a translation. */
export function textsOf<Key extends string>(
  texts: Readonly<Record<Key, { word: string; meaning: string }>>,
  which: 'word' | 'meaning',
): Record<Key, string> {
  return Object.fromEntries(
    Object.keys(texts).map(key => [key, texts[key as Key][which]]),
  ) as Record<Key, string>;
}

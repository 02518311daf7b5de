/** Something that was read, or why it could not be: `L` says so in a sentence at least. */
export type Readable<
  T,
  L extends { sentence: string } = { sentence: string },
> = { known: true; value: T } | { known: false; lack: L };

/** Something that was read. */
export function known<T>(value: T): { known: true; value: T } {
  return { known: true, value };
}

/** Something that could not be read, with the reason in a sentence. */
export function unreadable(sentence: string): Readable<never> {
  return { known: false, lack: { sentence } };
}

/** A value that was read, or the reason why it could not be read; `L` holds at least a sentence. */
export type Readable<
  T,
  L extends { sentence: string } = { sentence: string },
> = { known: true; value: T } | { known: false; lack: L };

/** A value that was read. */
export function known<T>(value: T): { known: true; value: T } {
  return { known: true, value };
}

/** A value that could not be read, with the reason in a sentence. */
export function unreadable(sentence: string): Readable<never> {
  return { known: false, lack: { sentence } };
}

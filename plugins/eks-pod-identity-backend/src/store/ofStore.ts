const thrown = new WeakSet<object>();

function note(error: unknown): never {
  if (typeof error === 'object' && error !== null) thrown.add(error);
  throw error;
}

/** Notes what a call of the store throws. */
export function noting(call: () => unknown): unknown {
  try {
    const answer = call();
    return answer instanceof Promise ? answer.catch(note) : answer;
  } catch (error) {
    return note(error);
  }
}

/** Whether the store threw it: the codes of a database that is away are those of any socket. */
export const isOfStore = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && thrown.has(error);

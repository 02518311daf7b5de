const thrown = new WeakSet<object>();

function note(error: unknown): never {
  if (typeof error === 'object' && error !== null) thrown.add(error);
  throw error;
}

const isThenable = (answer: any): answer is PromiseLike<unknown> =>
  typeof answer?.then === 'function';

/** Notes what a call of the store throws. Knex answers with thenables that are no promises, as of a transaction. */
export function noting(call: () => unknown): unknown {
  try {
    const answer = call();
    return isThenable(answer) ? Promise.resolve(answer).catch(note) : answer;
  } catch (error) {
    return note(error);
  }
}

/** Whether the store threw it: the codes of a database that is away are those of any socket. */
export const isOfStore = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && thrown.has(error);

/**
 * Waits for all of the work. Of several failures it throws the first in the given order, whatever their timing; what
 * still runs then continues, and its outcome is dropped.
 */
export async function inOrder<T extends readonly unknown[]>(work: {
  [I in keyof T]: Promise<T[I]>;
}): Promise<T> {
  for (const one of work) one.catch(() => undefined);
  const results = [];
  for (const one of work) results.push(await one);
  return results as unknown as T;
}

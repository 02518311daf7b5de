/**
 * Asks every 10 ms until the answer is neither false nor undefined, and answers it.
 * @throws after a minute, so that a test which waits in vain ends its loop too
 */
export async function until<T>(
  ask: () => T | Promise<T>,
): Promise<Exclude<T, false | undefined>> {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) {
      return answer as Exclude<T, false | undefined>;
    }
    await new Promise(resolve => {
      setTimeout(resolve, 10);
    });
  }
  throw new Error(`It did not come within a minute: ${ask}`);
}

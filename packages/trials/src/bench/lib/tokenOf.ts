import { setTimeout as sleep } from 'node:timers/promises';

/** Tries something until it does not throw; what it throws after so many milliseconds is the end. */
export async function within<T>(
  ms: number,
  work: () => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(500);
    }
  }
}

/** A Backstage token of a user whom a header names, as soon as the catalog knows them. */
export function tokenOf(url: string, user: Record<string, string>) {
  const headers = { 'x-requested-with': 'XMLHttpRequest', ...user };
  return within(300_000, async () => {
    const answer = await fetch(url, { headers });
    const body = await answer.text();
    if (!answer.ok) throw new Error(body);
    return JSON.parse(body).backstageIdentity.token as string;
  });
}

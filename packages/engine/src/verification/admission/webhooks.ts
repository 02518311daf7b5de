import { type Blocker } from '../framework/blocker';
import { podWebhooks, withNames } from '../probe/webhookTrouble';
import type { Collecting } from '../framework/collecting';
import { valueOf } from '../framework/fact';
import type { PodWebhook } from '../framework/blocker';

/**
 * The webhooks that judge new pods of the namespace.
 *
 * @throws what the read threw: the right to list them is not among those that the portal needs
 */
async function readWebhooks(c: Collecting): Promise<PodWebhook[]> {
  const namespace = valueOf(await c.get('namespace'));
  const kubernetes = await c.read.kubernetes({ signal: c.signal });
  return podWebhooks(kubernetes, namespace?.labels ?? {}, c.signal);
}

/** None where they cannot be read. */
export const webhooksOf = (c: Collecting): Promise<PodWebhook[]> =>
  readWebhooks(c).catch(() => []);

/** Those that change pods. */
export const mutatingWebhooksOf = async (c: Collecting) =>
  (await webhooksOf(c)).filter(
    ({ kind }) => kind === 'mutatingwebhookconfiguration',
  );

/** A blocker of a webhook, with what its registration says. */
export const namedBlocker = (
  c: Collecting,
  blocker: Blocker,
): Promise<Blocker> => withNames(blocker, () => readWebhooks(c));

import type { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import type { Clock, ClusterConfig } from 'eks-pod-identity-engine';
import type { Store } from '../store';
import { type Staleness, staleOf } from './staleness';

interface ClusterNews {
  payload: Pick<
    NotificationSendOptions['payload'],
    'title' | 'description' | 'severity'
  >;
  /** It could not be sent: the next sweep has it again. */
  putBack(): Promise<unknown>;
}

/**
 * What administrators hear after a sweep of the cluster: once that it has not been read for longer than what was seen of it
 * counts, and once that it can be again. Of several replicas at once, one has it.
 */
export async function takeClusterNews(
  cluster: ClusterConfig,
  { clock, maxAgeMs, store }: { clock: Clock; maxAgeMs: number; store: Store },
): Promise<ClusterNews | undefined> {
  const now = clock.now();
  const state = await store.clusterStates.find(cluster.id);
  const unread = staleOf(state, { now, maxAgeMs, upSince: now });
  if (unread && now - unread.since <= maxAgeMs) return undefined;
  const key = `unread:${cluster.id}`;
  const add = () => store.settings.add(key, new Date(now).toISOString());
  const remove = () => store.settings.remove(key);
  const [take, putBack] = unread ? [add, remove] : [remove, add];
  return (await take())
    ? { payload: payloadOf(cluster, unread), putBack }
    : undefined;
}

function payloadOf(
  { id, title }: ClusterConfig,
  unread: Staleness | undefined,
): ClusterNews['payload'] {
  if (!unread) {
    return {
      title: `Can be read again: cluster ${title}`,
      description: `The last sweep of cluster ${id} read it whole. The statuses of its identities are up to date.`,
      severity: 'normal',
    };
  }
  const since = new Date(unread.since).toISOString();
  return {
    title: `Cannot be read: cluster ${title}`,
    description: `No sweep has read the whole of cluster ${id} since ${since}: the statuses of its identities are out of date. ${unread.reason}`,
    severity: 'high',
  };
}

import type { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import type {
  Clock,
  ClusterConfig,
  EngineConfig,
} from 'eks-pod-identity-engine';
import type { Store } from '../store';
import { UNREAD_KEY } from '../store/SettingStore';
import { type Staleness, staleOf } from './staleness';

interface ClusterNews {
  payload: Pick<
    NotificationSendOptions['payload'],
    'title' | 'description' | 'severity'
  >;
  /** It was sent, or may have been. */
  said(): Promise<unknown>;
  /** It was refused with this error: the next sweep has it again. */
  putBack(error: unknown): Promise<never>;
}

/**
 * What administrators hear after a sweep of the cluster: once that it was not read whole for longer than what was seen of it
 * counts, and once that it was again. Of several replicas at once, one has it; another takes what a process that ended has
 * left unsaid.
 */
export async function takeClusterNews(
  cluster: ClusterConfig,
  {
    clock,
    store,
    sweep,
  }: { clock: Clock; store: Store; sweep: EngineConfig['sweep'] },
): Promise<ClusterNews | undefined> {
  const now = clock.now();
  const { maxAgeMs, timeoutMs } = sweep;
  const state = await store.clusterStates.find(cluster.id);
  const unread = staleOf(state, { now, maxAgeMs, upSince: now });
  const isNews = unread
    ? now - unread.since > maxAgeMs
    : state.sweptAt !== undefined && !state.cursor;
  if (!isNews) return undefined;
  const { settings } = store;
  const key = `${UNREAD_KEY}${cluster.id}`;
  const is = unread ? 'unread' : 'read';
  const before = await settings.getOrSet(key, 'read');
  const [, claimedAt] = before.split(' ');
  const isClaimed = claimedAt && now - Number(claimedAt) <= timeoutMs;
  if (before === is || isClaimed) return undefined;
  const claim = `${is} ${now}`;
  if (!(await settings.replace(key, [before], claim))) return undefined;
  return {
    payload: payloadOf(cluster, unread),
    said: () => settings.replace(key, [claim], is),
    putBack: async error => {
      await settings.replace(key, [claim, is], before);
      throw error;
    },
  };
}

function payloadOf(
  { id, title }: ClusterConfig,
  unread: Staleness | undefined,
): ClusterNews['payload'] {
  if (!unread) {
    return {
      title: `Read whole again: cluster ${title}`,
      description: `The last sweep of cluster ${id} came to its end.`,
      severity: 'normal',
    };
  }
  const since = new Date(unread.since).toISOString();
  return {
    title: `Not read whole: cluster ${title}`,
    description: `The statuses of identities of cluster ${id} may be out of date since ${since}. ${unread.reason}`,
    severity: 'high',
  };
}

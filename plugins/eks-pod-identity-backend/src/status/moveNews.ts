import type { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import {
  type MigrateInput,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { isRefusal } from '../operations/queuedMoves';
import type { RunEnd } from '../operations/Run';
import type { StoredQueue } from '../store/MoveQueueStore';

type Payload = NotificationSendOptions['payload'];

interface MoveNews {
  news: string;
  severity: 'normal' | 'high';
  sentences: string[];
}

/** What owners hear of a move that has ended; nothing of a rehearsal, or of a run that changed nothing. */
export function moveNewsOf(end: RunEnd): MoveNews | undefined {
  const { records, result, state, error, wrote } = end;
  const [record] = records;
  const { confirmed = [], until } = (record?.input ?? {}) as MigrateInput;
  const isMove =
    record?.kind === 'rollback' ||
    (record?.kind === 'migrate' && (until === 'moved' || until === 'finished'));
  if (!isMove) return undefined;
  // A fault before the first write: where no person waits for its end, no other news says so
  const isFault = record.trigger === 'schedule' && error && !isRefusal(error);
  if (state === 'failed' && error && (wrote || isFault)) {
    const sentences = [error.message];
    return { news: 'Move failed', severity: 'high', sentences };
  }
  if (result?.kind === 'rollback' && result.changed) {
    const sentences = ['Its move was taken back: its pods have IRSA again.'];
    return { news: 'Back on IRSA', severity: 'normal', sentences };
  }
  if (result?.kind !== 'migrate') return undefined;
  const { changed, state: stands, toConfirm, warnings } = result;
  if (until === 'finished' && !changed) return undefined;
  if (stands === 'finished') {
    const sentences = ['Its role lets it in by Pod Identity alone now.'];
    return { news: 'Move finished', severity: 'normal', sentences };
  }
  if (until === 'finished') {
    return { news: 'Move not finished', severity: 'high', sentences: warnings };
  }
  // A run that only takes a confirmation changes nothing, and the last news was that it waits
  if (stands === 'moved' && (changed || confirmed.length > 0)) {
    const sentences = ['Its pods use Pod Identity now, with the same role.'];
    return { news: 'Moved', severity: 'normal', sentences };
  }
  if (!changed) return undefined;
  return {
    news: 'Move waits',
    severity: 'high',
    sentences:
      toConfirm.length > 0
        ? [`Confirm that ${toConfirm.join(', ')} works, or roll it back.`]
        : ['Some of its pods are still on IRSA.', ...warnings],
  };
}

/** What administrators hear of a move by one of their rules. */
export function ruleNews(
  ref: ServiceAccountRef,
  { news, severity, sentences }: MoveNews,
  { appBaseUrl }: { appBaseUrl: string },
): Payload {
  const name = stringifyServiceAccountRef(ref);
  return {
    title: `${news}: ${name}`,
    description: [
      'A rule for moves (moves.rules) began it. While that rule stands, it leaves this namespace alone for 24 hours.',
      ...sentences,
    ].join(' '),
    link: `${appBaseUrl}/aws-identities/access?q=${encodeURIComponent(
      `${ref.namespace}/${ref.serviceAccount}`,
    )}`,
    severity,
    scope: `eks-pod-identity:rule:${name}`,
  };
}

/** What the starter of a queue hears of its end. */
export function queueNews(
  { moves, ownedBy, why }: StoredQueue,
  title: string,
  appBaseUrl: string,
): Payload {
  const moved = moves.filter(({ state }) => state === 'moved').length;
  return {
    title: `${moved} of ${moves.length} moved to Pod Identity: ${title}`,
    description: why,
    link: `${appBaseUrl}/aws-identities/access?ownedBy=${encodeURIComponent(
      ownedBy,
    )}`,
    severity: why ? 'high' : 'normal',
    scope: `eks-pod-identity:queue:${ownedBy}`,
  };
}

import type { MigrateInput } from 'backstage-plugin-eks-pod-identity-common';
import type { RunEnd } from '../operations/Run';

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
  if (state === 'failed' && wrote && error) {
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

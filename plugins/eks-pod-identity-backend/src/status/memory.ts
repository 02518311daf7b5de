import {
  failureOf,
  type VerificationReport,
  verdictOf,
  type WorkloadsFound,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Memory, ServiceAccountState } from '../store/ServiceAccountStore';
import { waySeen } from './findings';

/** A lack that only sweeps have seen counts after this long, and after a second look: autoscalers make it come and go. */
const COUNTS_AFTER_MS = 5 * 60_000;

const isLack = (found: WorkloadsFound | undefined) =>
  failureOf(verdictOf('looks-right', found)) === 'finding';

/** A lack after these may be a moment's. After a roll-out, or a first pod, it is what came of it. */
const STEADY: WorkloadsFound['state'][] = ['all', 'no-pods'];

const hasAssociation = ({ checks }: VerificationReport) =>
  checks.some(
    ({ id, status }) => id === 'association.exists' && status === 'pass',
  );

/** What has to be remembered after a look, of what it saw and of what was remembered before. */
export function rememberedAfter(
  before: Pick<ServiceAccountState, 'memory' | 'lookReportId'> | undefined,
  look: VerificationReport | undefined,
  { lookedAt, seenAgain }: { lookedAt?: number; seenAgain?: boolean },
): Memory | undefined {
  const known = before?.memory;
  if (!look || (look.id === before?.lookReportId && !seenAgain)) return known;
  const at = lookedAt ?? Date.parse(look.finishedAt);
  return {
    ...ofWorkloads(known, look, at),
    ...(known?.associated || hasAssociation(look) ? { associated: true } : {}),
    ...(waySeen(look) === 'unknown'
      ? { unseen: known?.unseen ? 'again' : 'once' }
      : {}),
  };
}

function ofWorkloads(
  known: Memory | undefined,
  { workloads: found, trigger }: VerificationReport,
  at: number,
): Pick<Memory, 'workloads' | 'pending'> {
  const before = known?.assumed ? undefined : known?.workloads;
  if (!found) return {};
  const isSweep = trigger === 'schedule';
  // A lack that is known is told, whatever else cannot be seen.
  if (found.state === 'unknown' && isLack(before)) return { workloads: before };
  const isWorse =
    found.state === 'unknown' ||
    (isLack(found) && STEADY.includes(before?.state ?? 'unknown'));
  if (!isSweep || !before || !isWorse) return { workloads: found };
  const { pending } = known ?? {};
  const isSecond = pending?.lack === isLack(found);
  const counts =
    isSecond &&
    (found.state === 'unknown' || at - pending.since >= COUNTS_AFTER_MS);
  return counts
    ? { workloads: found }
    : {
        workloads: before,
        pending: isSecond ? pending : { lack: isLack(found), since: at },
      };
}

/** Whether the last look's lack of an answer counts: at once where a person or pipeline asked, else with the second sweep. */
export function isUnseen(
  memory: Memory | undefined,
  look: VerificationReport | undefined,
): boolean {
  if (!look || waySeen(look) !== 'unknown') return false;
  return look.trigger !== 'schedule' || memory?.unseen === 'again';
}

import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import type { StoredEvidence, UseNews } from '../store/EvidenceStore';

const DAY_MS = 24 * 3_600_000;
/** Days of use that are remembered. */
const DAYS = 14;
/** Used on so many of the seven days up to the last use: daily, weekends aside. */
const DAILY = 5;
/** Whole days without use that are news: one more than a weekend. */
const SILENT_DAYS = 3;
/** Denials after a pause of this length are news. */
const QUIET_MS = 7 * DAY_MS;

const last = (entries: readonly { lastAt: string }[]): number | undefined =>
  entries.length === 0
    ? undefined
    : Math.max(...entries.map(({ lastAt }) => Date.parse(lastAt)));

const latest = (...times: (number | undefined)[]): number | undefined => {
  const known = times.filter(time => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
};

const dayOf = (instant: string) => instant.slice(0, 10);

/** What lists are sorted and filtered by, from what was found and what was known before. */
export function usageOf(
  found: Evidence,
  before: Pick<StoredEvidence, 'usedAt' | 'days'> | undefined,
): Pick<
  StoredEvidence,
  'obtainedAt' | 'usedAt' | 'irsaAt' | 'deniedAt' | 'days'
> {
  const { pods, uses, others, denied, roleLastUsed } = found;
  return {
    obtainedAt: last(pods),
    usedAt: latest(
      before?.usedAt,
      last(pods),
      last(uses),
      last(others),
      roleLastUsed && Date.parse(roleLastUsed.at),
    ),
    irsaAt: last(others.filter(({ kind, own }) => kind === 'irsa' && own)),
    deniedAt: last(denied),
    days: [
      ...new Set([
        ...(before?.days ?? []),
        ...[...pods, ...uses].map(({ lastAt }) => dayOf(lastAt)),
      ]),
    ]
      .sort()
      .reverse()
      .slice(0, DAYS),
  };
}

/** What the owners of an identity that was used daily want to hear of; undefined while all is as usual. */
export function newsOf(
  before: Pick<StoredEvidence, 'deniedAt' | 'notified'> | undefined,
  after: Pick<StoredEvidence, 'deniedAt' | 'days'>,
  now: number,
): UseNews | undefined {
  const { deniedAt, days } = after;
  const lastDay = Date.parse(days[0] ?? '');
  const isDaily =
    days.filter(day => Date.parse(day) > lastDay - 7 * DAY_MS).length >= DAILY;
  if (isDaily && now >= lastDay + (1 + SILENT_DAYS) * DAY_MS) return 'silent';
  if (deniedAt === undefined || now - deniedAt >= QUIET_MS) return undefined;
  if (before?.notified === 'denied') return 'denied';
  const starts =
    before?.deniedAt === undefined || deniedAt - before.deniedAt > QUIET_MS;
  return isDaily && starts ? 'denied' : undefined;
}

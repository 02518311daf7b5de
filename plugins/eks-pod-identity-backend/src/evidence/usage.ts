import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import type { StoredEvidence, UseNews } from '../store/EvidenceStore';

const DAY_MS = 24 * 3_600_000;
/** Days of use that are remembered. */
const DAYS = 14;
/** Used on so many of the last days up to the last use: daily, weekends aside. */
const DAILY = { days: 5, of: 7 };
/** A daily user that renews its session every six hours and was not seen for this long fell silent. */
const SILENT_MS = 2 * DAY_MS;
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

/** What the owners of an identity want to hear of; undefined while all is as usual. */
export function newsOf(
  before: Pick<StoredEvidence, 'deniedAt' | 'notified'> | undefined,
  after: Pick<StoredEvidence, 'usedAt' | 'deniedAt' | 'days'>,
  now: number,
): UseNews | undefined {
  const { deniedAt, usedAt, days } = after;
  if (deniedAt !== undefined && now - deniedAt < QUIET_MS) {
    const isNew =
      before?.deniedAt === undefined || deniedAt - before.deniedAt > QUIET_MS;
    if (isNew || before.notified === 'denied') return 'denied';
  }
  if (usedAt === undefined || days.length === 0) return undefined;
  const first = Date.parse(days[0]) - (DAILY.of - 1) * DAY_MS;
  const isDaily =
    days.filter(day => Date.parse(day) >= first).length >= DAILY.days;
  return isDaily && now - usedAt > SILENT_MS ? 'silent' : undefined;
}

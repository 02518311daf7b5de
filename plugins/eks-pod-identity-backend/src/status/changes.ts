import { randomUUID } from 'node:crypto';
import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  type ChangesFound,
  type CheckCategory,
  firstBrokenHop,
  type PodIdentityEvidenceSource,
  stringifyServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Verification, VerifyContext } from 'eks-pod-identity-engine';
import { changesRead, portalRoles } from 'eks-pod-identity-engine/portal';
import { type Holder, sameHolder } from '../store';
import type { LastReports } from '../store/ReportStore';
import type { RetryingStore } from '../store/retryingStore';
import { differences } from './differences';
import { provesIdentity } from './findings';

/** Searched where nothing was ever proven. */
const WITHOUT_PROOF_MS = 24 * 3_600_000;

/** What a change of association, role, trust or policies makes fail. */
const CHANGEABLE: readonly CheckCategory[] = [
  'association',
  'role',
  'permissions',
];

/** A sweep searches for so many: one may take CloudTrail 20 seconds. */
const MOST_OF_SWEEP = 3;

/** So many are remembered until the sweep has ended. */
const MOST_WANTED = 50;

/** Milliseconds for which sweeps repeat the search for one finding, because AWS writes events late. */
const YOUNG_MS = 3_600_000;

const NO_EVENT =
  'CloudTrail shows no call that explains this. AWS writes events up to 15 minutes late and keeps them for 90 days.';

export interface ChangesDeps {
  logger: LoggerService;
  store: Pick<RetryingStore, 'reports' | 'serviceAccounts'>;
  /** Undefined where the portal reads no evidence. */
  source?: () => PodIdentityEvidenceSource;
}

export interface SweepSearchDeps extends ChangesDeps {
  store: Pick<
    RetryingStore,
    'changes' | 'owners' | 'reports' | 'serviceAccounts'
  >;
}

function mayBeOfChange(report: VerificationReport): boolean {
  const cause = report.way === 'broken' ? firstBrokenHop(report) : undefined;
  return (
    cause !== undefined && CHANGEABLE.includes(cause.blames ?? cause.category)
  );
}

/**
 * The last run that proved the identity of the present owner, since the portal last gave or took it; and since when it
 * is of that owner, epoch milliseconds.
 */
async function lastWorking(
  { ref }: VerificationReport,
  { store }: ChangesDeps,
): Promise<{ proof?: VerificationReport; ownedSince: number }> {
  const [proof, state] = await Promise.all([
    store.reports.lastWorking(ref),
    store.serviceAccounts.find(ref),
  ]);
  const ownedSince = state?.resetAt ?? 0;
  return proof && Date.parse(proof.finishedAt) >= ownedSince
    ? { proof, ownedSince }
    : { ownedSince };
}

/**
 * What became of an identity since it was last proven, and who did it as far as AWS recorded it; undefined where the run
 * found nothing that a change would explain.
 */
async function findChanges(
  report: VerificationReport,
  context: Pick<VerifyContext, 'clock' | 'clusters' | 'emit' | 'signal'>,
  deps: ChangesDeps,
): Promise<ChangesFound | undefined> {
  if (report.way === 'proven' || report.reused) return undefined;
  const { proof, ownedSince } = await lastWorking(report, deps);
  const differs = differences(proof?.parts, report.parts);
  if (differs.length === 0 && !mayBeOfChange(report)) return undefined;
  const until = context.clock.now();
  // What was done before is not for the present owner
  const begin = Math.max(ownedSince, until - WITHOUT_PROOF_MS);
  const since = proof?.finishedAt ?? new Date(begin).toISOString();
  const found = { since, proven: proof !== undefined, differs };
  if (!deps.source) {
    return differs.length > 0 ? { ...found, events: [] } : undefined;
  }
  await context.emit({
    type: 'log',
    data: {
      level: 'info',
      message: 'Searching CloudTrail for who changed the identity.',
    },
  });
  const { clusters, clock, signal } = context;
  const { events, lack } = await changesRead(
    deps.source(),
    {
      ref: report.ref,
      cluster: clusters.get(report.ref.cluster),
      before: proof?.parts,
      now: report.parts ?? {},
      portalRoles: portalRoles(clusters),
      from: new Date(proof?.startedAt ?? since),
      until: new Date(until),
      signal,
    },
    clock,
  );
  const isUnexplained = differs.length > 0 && events.length === 0 && !lack;
  const said = lack ?? (isUnexplained ? NO_EVENT : undefined);
  return differs.length > 0 || events.length > 0 || said
    ? { ...found, events, ...(said ? { lack: said } : {}) }
    : undefined;
}

/** The report, with what became of the identity since it was last proven. */
async function withFound(
  report: VerificationReport,
  context: Parameters<typeof findChanges>[1],
  deps: ChangesDeps,
): Promise<VerificationReport> {
  try {
    const changes = await findChanges(report, context, deps);
    return changes ? { ...report, changes } : report;
  } catch (error) {
    context.signal.throwIfAborted();
    // The verdict stands without it
    deps.logger.warn(
      `Could not find what changed ${stringifyServiceAccountRef(report.ref)}`,
      error as Error,
    );
    return report;
  }
}

/** The same verification, whose reports also say what became of the identity since it was last proven. */
export function withChanges(
  verification: Verification,
  deps: ChangesDeps,
): Verification {
  return {
    ...verification,
    async verify(request, context, known) {
      const report = await verification.verify(request, context, known);
      return withFound(report, context, deps);
    },
  };
}

/** What a sweep saw of a ref, and what the portal knew of it before. */
export interface SweepLook {
  look: VerificationReport;
  /** Of the last change of the ref. */
  version?: string;
  holder?: Holder;
}

/** A look for which a sweep wants to search. */
interface Wanted extends SweepLook {
  isNew: boolean;
  /** Among equals chance decides, so that no name comes first in every sweep. */
  rank: number;
}

/**
 * Whether a look shows something that a change may explain: something new, or something recent whose author is still
 * unknown. Undefined where it shows neither.
 */
function newsOf(
  look: VerificationReport,
  { look: before, proof }: LastReports,
  now: number,
): 'new' | 'young' | undefined {
  const { parts, way } = look;
  if (
    !before ||
    way === 'proven' ||
    !(mayBeOfChange(look) || differences(proof?.parts, parts).length > 0)
  ) {
    return undefined;
  }
  const isSame =
    before.way === way &&
    JSON.stringify(before.parts) === JSON.stringify(parts);
  if (!isSame) return 'new';
  const isYoung =
    !before.changes?.events.length &&
    now - Date.parse(before.finishedAt) < YOUNG_MS;
  return isYoung ? 'young' : undefined;
}

/** Searches CloudTrail for the author of what a sweep of one cluster finds new, for a few identities. */
export class SweepSearch {
  readonly #deps: SweepSearchDeps;
  readonly #context: Pick<VerifyContext, 'clock' | 'clusters' | 'signal'>;
  #left = MOST_OF_SWEEP;
  #wanted: Wanted[] = [];

  constructor(
    deps: SweepSearchDeps,
    context: Pick<VerifyContext, 'clock' | 'clusters' | 'signal'>,
  ) {
    this.#deps = deps;
    this.#context = context;
  }

  /** Remembers for which looks to search. Before they are recorded: after that nothing is new. */
  async note(looks: SweepLook[]): Promise<void> {
    const { source, store } = this.#deps;
    const bad = looks.filter(({ look }) => look.way !== 'proven');
    if (!source || bad.length === 0) return;
    const last = await store.reports.lastOfMany(
      bad.map(({ look }) => look.ref),
    );
    const now = this.#context.clock.now();
    for (const one of bad) {
      const known = last.get(stringifyServiceAccountRef(one.look.ref)) ?? {};
      const news = newsOf(one.look, known, now);
      if (news) {
        const isNew = news === 'new';
        this.#wanted.push({ ...one, isNew, rank: Math.random() });
      }
    }
    this.#wanted.sort(
      (one, other) =>
        Number(other.isNew) - Number(one.isNew) || one.rank - other.rank,
    );
    this.#wanted.length = Math.min(this.#wanted.length, MOST_WANTED);
  }

  /**
   * Searches, for new ones first, and hands on each look about which something was found, as a report of its own.
   *
   * @throws as soon as the signal is aborted
   */
  async run(
    record: (completed: VerificationReport) => Promise<void>,
  ): Promise<void> {
    for (const one of this.#wanted) {
      if (this.#left === 0) return;
      const look = await this.#search(one.look);
      if (look.changes && (await this.#stands(one))) {
        // The newest of its identity, after the look that it completes
        const finishedAt = new Date(Date.parse(look.finishedAt) + 1);
        await record({
          ...look,
          id: randomUUID(),
          finishedAt: finishedAt.toISOString(),
        });
      }
    }
  }

  /** False where the portal has changed the identity meanwhile, or where it belongs to another entity now. */
  async #stands({ look, version, holder }: SweepLook): Promise<boolean> {
    const { changes, owners } = this.#deps.store;
    const key = stringifyServiceAccountRef(look.ref);
    const versions = await changes.versions([look.ref]);
    const holders = await owners.findMany([look.ref]);
    return (
      versions.get(key) === version && sameHolder(holders.get(key), holder)
    );
  }

  #search(look: VerificationReport): Promise<VerificationReport> {
    // It says so when it begins to search, and only then
    const emit = async () => {
      this.#left -= 1;
    };
    return withFound(look, { ...this.#context, emit }, this.#deps);
  }
}

/**
 * The same for a look for which nothing was searched: what was found of the very same identity, else what differs from
 * the last proof.
 */
export function changesOfLook(
  look: VerificationReport,
  before: { proof?: VerificationReport; look?: VerificationReport },
): ChangesFound | undefined {
  const { parts, way } = look;
  if (!parts || way === 'proven') return undefined;
  const is = JSON.stringify(parts);
  const known = [before.look, before.proof].find(
    one => one?.changes && JSON.stringify(one.parts) === is,
  );
  if (known) return known.changes;
  const { proof } = before;
  if (!proof || !provesIdentity(proof) || proof.way === 'broken') {
    return undefined;
  }
  const differs = differences(proof.parts, parts);
  return differs.length > 0
    ? { since: proof.finishedAt, proven: true, differs, events: [] }
    : undefined;
}

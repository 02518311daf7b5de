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

/** For so long after it first saw something, a sweep searches again: AWS writes events late. */
const YOUNG_MS = 3_600_000;

const NO_EVENT =
  'CloudTrail shows no call that explains this. AWS writes events up to 15 minutes late and keeps them for 90 days.';

export interface ChangesDeps {
  logger: LoggerService;
  store: Pick<RetryingStore, 'reports' | 'serviceAccounts'>;
  /** Undefined where the portal reads no evidence. */
  source?: () => PodIdentityEvidenceSource;
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

/** Whether a look sees what the one before it did not, or not long ago and without who did it. */
function isNews(
  { parts, way }: VerificationReport,
  before: VerificationReport | undefined,
  now: number,
): boolean {
  if (!before || way === 'proven') return false;
  const isSame =
    before.way === way &&
    JSON.stringify(before.parts) === JSON.stringify(parts);
  return (
    !isSame ||
    (!before.changes?.events.length &&
      now - Date.parse(before.finishedAt) < YOUNG_MS)
  );
}

/** Searches for who changed what one sweep of a cluster sees, and did not see before; of a few identities alone. */
export class SweepSearch {
  readonly #deps: ChangesDeps;
  readonly #context: Pick<VerifyContext, 'clock' | 'clusters' | 'signal'>;
  #left = MOST_OF_SWEEP;

  constructor(
    deps: ChangesDeps,
    context: Pick<VerifyContext, 'clock' | 'clusters' | 'signal'>,
  ) {
    this.#deps = deps;
    this.#context = context;
  }

  /** The looks, some of them with what was found. */
  async completed(looks: VerificationReport[]): Promise<VerificationReport[]> {
    const { source, store } = this.#deps;
    const bad = looks.filter(({ way }) => way !== 'proven');
    if (!source || bad.length === 0 || this.#left === 0) return looks;
    const last = await store.reports.lastOfMany(bad.map(({ ref }) => ref));
    const completed = [];
    for (const look of looks) {
      const before = last.get(stringifyServiceAccountRef(look.ref))?.look;
      const isWanted =
        this.#left > 0 && isNews(look, before, this.#context.clock.now());
      completed.push(isWanted ? await this.#search(look) : look);
    }
    return completed;
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

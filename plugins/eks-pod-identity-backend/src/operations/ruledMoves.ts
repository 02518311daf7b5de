import { randomUUID } from 'node:crypto';
import { ConflictError } from '@backstage/errors';
import {
  ACCESS_VERDICTS,
  type AccessRow,
  associationReadPermission,
  isFinished,
  type MigrateInput,
  migrationCreatePermission,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
  workloadRestartPermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type {
  Clusters,
  EngineConfig,
  MigrateRequest,
  MoveRule,
} from 'eks-pod-identity-engine';
import {
  checkUnasked,
  hashOf,
  matchesPattern,
} from 'eks-pod-identity-engine/portal';
import type { AskedOperation, OperationRecord, Store } from '../store';
import type { Handled } from '../store/ChangeStore';
import type { RetryingStore } from '../store/retryingStore';
import { outcomeOf } from './queuedMoves';

/** So long a namespace stands still after a move in it that failed, and is left alone what was refused. */
export const PAUSE_MS = 24 * 3_600_000;
/** Namespaces in which moves failed within that time, and the rule stands still altogether. */
const MOST_HELD = 3;
/** One key for the moves of all rules of a cluster, so that the database lets one go at a time. */
export const KEY = 'next';
const PAGE = 500;

/** What a move of a rule may do, once its rule is known to stand. */
export const GRANTED: ReadonlySet<string> = new Set(
  [
    migrationCreatePermission,
    workloadRestartPermission,
    associationReadPermission,
  ].map(({ name }) => name),
);

/** A request cannot name the rule: its schema knows no such field. */
export interface RuledMigrateInput extends MigrateInput {
  /** The move is one of this rule, as it stood then. */
  rule?: Omit<MoveRule, 'preview'>;
}

/** Who starts the moves of the rules of a cluster. Neither a user nor a service is called so. */
export const initiatorOf = (cluster: string) => `rules:${cluster}`;

/** In sentences. */
export const nameOfRule = (rule: MoveRule) =>
  `The rule for moves of ${stringifyServiceAccountRef(rule)} with ${
    rule.roleArn
  }`;

const named = ({ preview: _, ...rule }: MoveRule) => rule;

const isOfRule = (rule: MoveRule, { input }: OperationRecord) =>
  hashOf((input as RuledMigrateInput).rule) === hashOf(named(rule));

export interface Surveyed {
  /** In the order in which they are moved. */
  ready: ServiceAccountRef[];
  leftOut: { ref: ServiceAccountRef; why: string }[];
}

const fits = (
  { namespace, roleArn, serviceAccount }: MoveRule,
  { ref, role }: AccessRow,
) =>
  role?.arn === roleArn &&
  matchesPattern(namespace, ref.namespace) &&
  matchesPattern(serviceAccount, ref.serviceAccount);

export const BUSY = 'An operation on it has not ended.';

/** Why a rule leaves it alone; undefined where it is ready. */
function whyNot(
  { alone = 'unknown', verdict }: AccessRow,
  { isBusy, isHandled }: Partial<Handled> = {},
): string | undefined {
  if (isBusy) return BUSY;
  if (isHandled) {
    return 'An operation has changed it before: what stands now is left to people.';
  }
  if (verdict === 'ready') {
    return 'Its role lets it in by its name, and not by a pattern.';
  }
  const stands = verdict === 'by-rule' ? alone : verdict;
  return stands === 'ready'
    ? undefined
    : `It is not ready: ${ACCESS_VERDICTS[stands].word}.`;
}

/** Why a rule begins nothing: all of it, or one service account. */
export interface Pauses {
  waits?: string;
  of(ref: ServiceAccountRef): string | undefined;
  /** Grows with how short ago the rule moved one of its namespace. */
  turn(ref: ServiceAccountRef): number;
}

/**
 * A move that failed holds its namespace alone: it says nothing of other tenants. In several, what they have in common may be
 * the cause.
 *
 * @param lately - what the rules of the cluster have begun, and what has not ended for a day, the newest first
 */
export function pausesOf(
  rule: MoveRule,
  lately: readonly OperationRecord[],
): Pauses {
  const held = new Map<string, string>();
  const refused = new Map<string, string>();
  const turns = new Map<string, number>();
  for (const one of lately.filter(each => isOfRule(rule, each))) {
    const name = stringifyServiceAccountRef(one.ref);
    const { namespace } = one.ref;
    if (!turns.has(namespace)) {
      turns.set(namespace, lately.length - turns.size);
    }
    const { message, state } = isFinished(one.state)
      ? outcomeOf(one)
      : { state: 'running' };
    if (state === 'left-out' && !refused.has(name)) {
      refused.set(name, `Its move was refused within 24 hours: ${message}`);
    }
    if (state === 'failed' && !held.has(namespace)) {
      held.set(
        namespace,
        `The move of ${name} holds its namespace for 24 hours: ${message}`,
      );
    }
  }
  const live = lately.find(({ state }) => !isFinished(state));
  const [first] = held.values();
  const stopped =
    held.size < MOST_HELD
      ? undefined
      : `${held.size} of its namespaces are held, and ${MOST_HELD} hold the whole rule. ${first}`;
  return {
    waits: live
      ? `${stringifyServiceAccountRef(live.ref)} is being moved.`
      : stopped,
    of: ref =>
      held.get(ref.namespace) ?? refused.get(stringifyServiceAccountRef(ref)),
    turn: ({ namespace }) => turns.get(namespace) ?? 0,
  };
}

/**
 * What fits a rule and goes by IRSA, as the last look has found it.
 *
 * @param against - why one is not begun, whatever the look has found
 */
export async function survey(
  rule: MoveRule,
  store: Pick<Store, 'access' | 'changes'>,
  against: (ref: ServiceAccountRef) => string | undefined,
): Promise<Surveyed> {
  const found: Surveyed = { ready: [], leftOut: [] };
  let cursor: string | undefined;
  do {
    const page = await store.access.page(
      { cluster: rule.cluster, road: 'irsa' },
      { limit: PAGE, cursor, sort: { by: 'serviceAccount' } },
    );
    const rows = page.items
      .map(({ row }) => row)
      .filter(one => fits(rule, one));
    const handled = await store.changes.handled(rows.map(({ ref }) => ref));
    for (const row of rows) {
      const { ref } = row;
      const name = stringifyServiceAccountRef(ref);
      const first = against(ref);
      const why = first ?? whyNot(row, handled.get(name));
      // Before those that are only not ready, which may be many
      if (first) found.leftOut.unshift({ ref, why: first });
      else if (why) found.leftOut.push({ ref, why });
      else found.ready.push(ref);
    }
    cursor = page.nextCursor;
  } while (cursor);
  return found;
}

const inputOf = (rule: MoveRule, ref: ServiceAccountRef) => ({
  clusterName: ref.cluster,
  namespace: ref.namespace,
  serviceAccount: ref.serviceAccount,
  until: 'moved' as const,
  rule: named(rule),
});

/** What the engine refuses of it, as it will once the move begins. */
export function refusalOf(
  rule: MoveRule,
  ref: ServiceAccountRef,
  {
    clusters,
    config,
  }: {
    clusters: Pick<Clusters, 'list'>;
    config: Pick<EngineConfig, 'tags'>;
  },
): string | undefined {
  const cluster = clusters.list().find(({ id }) => id === ref.cluster);
  if (!cluster) return undefined;
  const { rule: _, ...input } = inputOf(rule, ref);
  const context = { claimant: undefined, cluster, clusters, config };
  try {
    checkUnasked(input, rule.roleArn, { ...context, granted: GRANTED });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * A move for no component: what the catalog says of a service account anyone can write there. It is stored without a right,
 * so that a replica that knows no rules writes nothing.
 */
export function askedBy(
  rule: MoveRule,
  ref: ServiceAccountRef,
): AskedOperation {
  const input: RuledMigrateInput = inputOf(rule, ref);
  return {
    id: randomUUID(),
    kind: 'migrate',
    ref,
    initiator: initiatorOf(rule.cluster),
    initiatorType: 'service',
    trigger: 'schedule',
    idempotencyKey: KEY,
    requestHash: hashOf(input),
    recordsTimeline: false,
    input,
    granted: [],
    ownerRefs: [],
  };
}

/**
 * What the engine has to find. Asked where nothing else changes the service account: the rule may have been removed since, or
 * a person may have changed what it moves. What was begun under a rule that is gone may have pods between two roads, and goes
 * on; it does not begin.
 *
 * @throws ConflictError
 */
export async function expectedBy(
  rule: NonNullable<RuledMigrateInput['rule']>,
  record: OperationRecord,
  store: { changes: Pick<RetryingStore['changes'], 'handled'> },
  { moves }: Pick<EngineConfig, 'moves'>,
): Promise<NonNullable<MigrateRequest['expects']>> {
  const { ref, state } = record;
  const name = stringifyServiceAccountRef(ref);
  const stop = (why: string) =>
    new ConflictError(`Nothing further was changed: ${why}`);
  const mayBegin = moves.rules.some(
    one => !one.preview && isOfRule(one, record),
  );
  const isCarriedOn = state === 'running';
  if (!mayBegin && !isCarriedOn) {
    throw stop(
      `the rule that moves ${name} was removed or changed, or is a preview now`,
    );
  }
  const handled = await store.changes.handled([ref]);
  if (handled.get(name)?.isHandled) {
    throw stop(
      `${name} was changed by another operation meanwhile, and a rule leaves that alone`,
    );
  }
  return { roleArn: rule.roleArn, isCarriedOn, mayBegin };
}

import {
  isDatabaseConflictError,
  type LoggerService,
} from '@backstage/backend-plugin-api';
import {
  associationReadPermission,
  type MoveRuleState,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type {
  Clock,
  Clusters,
  EngineConfig,
  MoveRule,
} from 'eks-pod-identity-engine';
import type { Administrators } from '../permissions/Administrators';
import type { Caller } from '../permissions/caller';
import {
  type ClusterVisibility,
  covers,
} from '../permissions/ClusterVisibility';
import type { OperationRecord, Store } from '../store';
import type { Acceptance } from './Acceptance';
import type { AuditTrail } from './AuditTrail';
import type { Operations } from './Operations';
import { outcomeOf } from './queuedMoves';
import {
  askedBy,
  BUSY,
  initiatorOf,
  KEY,
  nameOfRule,
  PAUSE_MS,
  type Pauses,
  pausesOf,
  refusalOf,
  survey,
  type Surveyed,
} from './ruledMoves';
import { TooManyRequestsError } from './TooManyRequestsError';

const MOST_NAMED = 50;

export interface MoveRulesOptions {
  acceptance: Pick<Acceptance, 'guard'>;
  administrators: Pick<Administrators, 'require'>;
  audit: Pick<AuditTrail, 'begun'>;
  clock: Clock;
  clusters: Pick<Clusters, 'list'>;
  config: Pick<EngineConfig, 'moves' | 'tags'>;
  logger: LoggerService;
  operations: Pick<Operations, 'begin'>;
  /** The portal reads what AWS recorded of use. */
  readsUse: boolean;
  store: Pick<Store, 'access' | 'changes' | 'operations'>;
  visibility: Pick<ClusterVisibility, 'decide'>;
}

/**
 * Moves what a pattern of a role lets in by IRSA, as administrators have configured it: in a cluster one service account after
 * the other, under the guardrails of every move, and each once. It gives nothing that the role does not give today, but for what
 * policies grant by session tags.
 */
export class MoveRules {
  readonly #options: MoveRulesOptions;
  /** What the log has of each rule. */
  readonly #said = new Map<MoveRule, Set<string>>();

  constructor(options: MoveRulesOptions) {
    this.#options = options;
  }

  /**
   * What each rule would move and what it leaves alone.
   *
   * @throws NotAllowedError for all but administrators
   */
  async list(caller: Caller): Promise<MoveRuleState[]> {
    const { administrators, config, visibility } = this.#options;
    await administrators.require(
      caller,
      'Rules for moves name roles and service accounts of all teams: only an administrator of this portal (eksPodIdentity.administrators) sees them',
    );
    const [read] = await visibility.decide([associationReadPermission], caller);
    const items: MoveRuleState[] = [];
    for (const rule of config.moves.rules) {
      if (!covers(read, rule.cluster)) continue;
      const { pauses, ...found } = await this.#survey(rule);
      const { leftOut, ready, shown } = await this.#judge(rule, found);
      const { cluster, preview: isPreview = false, roleArn } = rule;
      items.push({
        cluster,
        pattern: `${rule.namespace}/${rule.serviceAccount}`,
        roleArn,
        isPreview,
        waits: this.#obstacle(rule) ?? pauses.waits,
        ready: shown.map(ref => ({ ref })),
        readyCount: ready.length,
        leftOut: leftOut.slice(0, MOST_NAMED),
        leftOutCount: leftOut.length,
      });
    }
    return items;
  }

  /** Begins the next move of a cluster, from what the last look has found. Never fails; guards of modules may take their time. */
  async follow(cluster: string): Promise<void> {
    const { config, logger } = this.#options;
    for (const rule of config.moves.rules) {
      // Of the other rules, too: there may be no look that would say so
      const obstacle = this.#obstacle(rule);
      if (obstacle) this.#say(rule, 'moves nothing', [obstacle]);
      if (rule.cluster !== cluster) continue;
      await this.#next(rule).catch(error =>
        logger.warn(
          `${nameOfRule(
            rule,
          )} could not be followed; the next look tries again`,
          error,
        ),
      );
    }
  }

  /** An operation has ended; carries on the rules that it is of. */
  async ended(
    records: readonly Pick<
      OperationRecord,
      'id' | 'initiator' | 'kind' | 'ref'
    >[],
  ): Promise<void> {
    const { logger, store } = this.#options;
    for (const { id, initiator, kind, ref } of records) {
      if (kind !== 'migrate' || initiator !== initiatorOf(ref.cluster))
        continue;
      const move = await store.operations.find(id);
      const { state, message } = move ? outcomeOf(move) : { state: 'moved' };
      if (state !== 'moved') {
        const name = stringifyServiceAccountRef(ref);
        logger.warn(
          state === 'failed'
            ? `The move of ${name} holds its namespace for 24 hours, while its rule stands: ${message}`
            : `A rule leaves ${name} alone for 24 hours, while it stands: ${message}`,
        );
      }
      await this.follow(ref.cluster);
    }
  }

  /** Why a rule can move nothing at all. */
  #obstacle({ cluster }: MoveRule): string | undefined {
    const { clusters, readsUse } = this.#options;
    if (!clusters.list().some(({ id }) => id === cluster)) {
      return `There is no cluster ${cluster} now.`;
    }
    return readsUse
      ? undefined
      : 'What AWS recorded of use is not read (evidence.cloudTrail), so that nothing is known to be ready and no move could be proven.';
  }

  async #survey(rule: MoveRule): Promise<Surveyed & { pauses: Pauses }> {
    const { clock, store } = this.#options;
    const lately = await store.operations.ofInitiator(
      initiatorOf(rule.cluster),
      clock.now() - PAUSE_MS,
    );
    const pauses = pausesOf(rule, lately);
    const found = await survey(
      rule,
      store,
      ref => pauses.of(ref) ?? refusalOf(rule, ref, this.#options),
    );
    // So that a namespace with many of them does not keep the others waiting
    found.ready.sort((one, other) => pauses.turn(one) - pauses.turn(other));
    return { ...found, pauses };
  }

  /** Asks the guards of modules of those that are named. */
  async #judge(rule: MoveRule, { leftOut, ready }: Surveyed) {
    const shown: Surveyed['ready'] = [];
    const refused: Surveyed['leftOut'] = [];
    for (const ref of ready.slice(0, MOST_NAMED)) {
      const why = await this.#against(rule, ref);
      if (why) refused.push({ ref, why });
      else shown.push(ref);
    }
    return {
      leftOut: [...refused, ...leftOut],
      ready: [...shown, ...ready.slice(MOST_NAMED)],
      shown,
    };
  }

  async #next(rule: MoveRule): Promise<void> {
    const { store } = this.#options;
    const initiator = initiatorOf(rule.cluster);
    // Before the others are read: what another replica begins after this has the key, or is among them
    const last = await store.operations.findByKey(initiator, KEY);
    const { pauses, ...found } = await this.#survey(rule);
    const { leftOut, ready } = rule.preview
      ? await this.#judge(rule, found)
      : found;
    const named = leftOut
      .filter(({ why }) => why !== BUSY)
      .map(({ ref, why }) => `${stringifyServiceAccountRef(ref)}: ${why}`);
    this.#say(rule, 'leaves alone', named);
    if (rule.preview) {
      this.#say(rule, 'would move', ready.map(stringifyServiceAccountRef));
    }
    if (rule.preview || this.#obstacle(rule) || pauses.waits) return;
    if (last) await store.operations.releaseKey(last.id);
    for (const ref of ready) {
      if (await this.#begin(rule, ref)) return;
    }
  }

  /** What a guard of a module has against it, whatever it throws. */
  async #against(rule: MoveRule, ref: ServiceAccountRef) {
    try {
      await this.#options.acceptance.guard(askedBy(rule, ref));
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Answers whether no other is to be begun now. */
  async #begin(rule: MoveRule, ref: ServiceAccountRef): Promise<boolean> {
    const { audit, operations, store } = this.#options;
    const name = stringifyServiceAccountRef(ref);
    const why = await this.#against(rule, ref);
    if (why) {
      this.#say(rule, 'leaves alone', [`${name}: ${why}`]);
      return false;
    }
    const asked = askedBy(rule, ref);
    try {
      await audit.begun(asked, () =>
        operations.begin(asked, async tx => {
          const now = await store.changes.handled([ref], tx);
          const { isBusy, isHandled } = now.get(name) ?? {};
          return !isBusy && !isHandled;
        }),
      );
      return true;
    } catch (error) {
      // Another replica was faster
      if (isDatabaseConflictError(error)) return true;
      // A person was, who may have the next one moved as well
      const isTaken = (error as Error).name === 'ConflictError';
      if (isTaken || error instanceof TooManyRequestsError) return false;
      throw error;
    }
  }

  /** Each once. */
  #say(rule: MoveRule, what: string, all: string[]) {
    const said = this.#said.get(rule) ?? new Set();
    this.#said.set(rule, said);
    const news = all.filter(one => !said.has(`${what} ${one}`));
    if (news.length === 0) return;
    for (const one of news) said.add(`${what} ${one}`);
    const named = news.slice(0, MOST_NAMED).join('; ');
    const more = news.length - MOST_NAMED;
    this.#options.logger.info(
      `${nameOfRule(rule)} ${what}: ${named}${
        more > 0 ? `; and ${more} more` : ''
      }`,
    );
  }
}

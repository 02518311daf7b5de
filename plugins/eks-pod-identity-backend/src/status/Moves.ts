import {
  ConflictError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import {
  type AccessRow,
  associationReadPermission,
  type MovePlan,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock, Clusters, EngineConfig } from 'eks-pod-identity-engine';
import {
  type MovePlanner,
  readForMoves,
  toBackstageError,
} from 'eks-pod-identity-engine/portal';
import type { Authorizer } from '../permissions/Authorizer';
import type { Caller } from '../permissions/caller';
import type { Store } from '../store';
import { AccessNames, type AccessNamesDeps } from './AccessNames';

export interface MovesOptions extends AccessNamesDeps {
  authorizer: Authorizer;
  clock: Clock;
  clusters: Clusters;
  config: Pick<EngineConfig, 'administrators' | 'inventory'>;
  store: Pick<Store, 'access'>;
}

/** Whoever asks, and of however many service accounts: a cluster is read at most so often. */
const READ_MS = 15_000;
/** A reading that takes longer is given up. */
const LONGEST_MS = 120_000;

interface Reading {
  startedAt: number;
  planner: Promise<MovePlanner>;
}

/** How service accounts move from IRSA to Pod Identity, as their clusters and AWS are at the moment. */
export class Moves {
  readonly #names: AccessNames;
  readonly #readings = new Map<string, Reading>();

  constructor(private readonly options: MovesOptions) {
    this.#names = new AccessNames(options);
  }

  /**
   * @throws NotAllowedError for who may not read the trust policy of its role; NotFoundError where the last look saw no
   * identity of it; ConflictError where it has another role since
   */
  async plan(ref: ServiceAccountRef, caller: Caller): Promise<MovePlan> {
    const { authorizer, config, store } = this.options;
    await authorizer.requireRead(ref, caller);
    const name = stringifyServiceAccountRef(ref);
    const item = config.inventory.enabled
      ? await store.access.find(ref)
      : undefined;
    if (!item) {
      throw new NotFoundError(
        `The last look at the AWS access of the cluster saw no AWS identity of ${name}`,
      );
    }
    const [read, verify] = await authorizer.decide(
      [associationReadPermission, verificationCreatePermission],
      caller,
      { forPage: true },
    );
    const requireTrust = async (row: AccessRow) => {
      const decisions = { read, verify };
      const found = { ...item, row };
      if (await this.#names.mayReadTrust(found, decisions, caller)) return;
      throw new NotAllowedError(
        `You are not allowed to plan the move of ${name}: the plan quotes the trust policy of its role. Administrators of this portal are, and the owner whom the tag of the role names, where that owner is allowed to see all whom the role lets in`,
      );
    };
    await requireTrust(item.row);
    const plan = (await this.#planner(ref.cluster))(ref);
    if (!plan || plan.role?.arn !== item.row.role?.arn) {
      throw new ConflictError(
        `${name} has changed since the last look at the AWS access of its cluster, which decides who may see a plan. Try again after the next one`,
      );
    }
    // It may let in others by now
    await requireTrust({ ...item.row, role: plan.role });
    return plan;
  }

  /** One reading of a cluster serves all who ask meanwhile. */
  async #planner(cluster: string): Promise<MovePlanner> {
    const { clock, clusters, store } = this.options;
    const before = this.#readings.get(cluster);
    const age = before ? clock.now() - before.startedAt : READ_MS;
    if (before && age >= 0 && age < READ_MS) return before.planner;
    const session = clusters.session(cluster, 'read');
    const planner = store.access
      .seen(cluster)
      .then(seen =>
        readForMoves({
          session,
          clock,
          signal: AbortSignal.timeout(LONGEST_MS),
          seen,
        }),
      )
      .catch(error => {
        this.#readings.delete(cluster);
        throw toBackstageError(error, {
          doing: 'read what a move needs',
          cluster: session.cluster,
        });
      });
    this.#readings.set(cluster, { startedAt: clock.now(), planner });
    return planner;
  }
}

import {
  ConflictError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import {
  associationReadPermission,
  mayMove,
  type MovePlan,
  type MoveRecord,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock, Clusters, EngineConfig } from 'eks-pod-identity-engine';
import {
  holderByTag,
  type MovePlanner,
  readForMoves,
  toBackstageError,
} from 'eks-pod-identity-engine/portal';
import type { Authorizer } from '../permissions/Authorizer';
import type { Caller } from '../permissions/caller';
import {
  type ClusterVisibility,
  covers,
} from '../permissions/ClusterVisibility';
import type { Store } from '../store';
import type { ListedAccess } from '../store/AccessStore';
import { leftBy } from '../store/MoveTrustStore';
import { toIso } from '../store/values';
import { moveRights } from './moveRights';
import { AccessNames, type AccessNamesDeps } from './AccessNames';

export interface MovesOptions extends AccessNamesDeps {
  authorizer: Authorizer;
  clock: Clock;
  clusters: Clusters;
  config: Pick<EngineConfig, 'administrators' | 'inventory' | 'portalId'>;
  store: Pick<Store, 'access' | 'moveStates' | 'moveTrusts'>;
  visibility: Pick<ClusterVisibility, 'decide'>;
}

/** A cluster is read at most so often, for all who ask and all its service accounts. */
const READ_MS = 15_000;
/** A reading that takes longer is given up. */
const LONGEST_MS = 120_000;

const refusal = (name: string) =>
  new NotAllowedError(
    `You are not allowed to plan the move of ${name}: the plan quotes the trust policy of its role. Administrators of this portal are, and the owner whom the tag of the role names, where that policy names only service accounts on IRSA, at most 20, that the owner is allowed to see`,
  );

interface Reading {
  planner: Promise<MovePlanner>;
  /** Without a time while it is under way. */
  ended: { at?: number };
}

/** How service accounts move from IRSA to Pod Identity, as their clusters and AWS are at the moment. */
export class Moves {
  readonly #names: AccessNames;
  readonly #readings = new Map<string, Reading>();

  constructor(private readonly options: MovesOptions) {
    this.#names = new AccessNames(options);
  }

  /**
   * @throws NotAllowedError for who is not allowed to read the trust policy of its role; NotFoundError where the last look saw no
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
    const { administrators } = this.options;
    const isAdministrator = await administrators.include(caller);
    const requireTrust = async (found: ListedAccess) => {
      const decisions = { read, verify };
      if (await this.#names.mayReadTrust(found, decisions, caller)) return;
      throw refusal(name);
    };
    await requireTrust(item);
    const records = await store.moveTrusts.find(ref);
    const left = Object.assign({}, ...records.map(leftBy));
    const can = async () =>
      (await moveRights([ref], caller, this.options)).get(name);
    // Its plan would show it as what it was not read for: CloudTrail is not searched here
    if (!mayMove(item.row)) {
      const { verdict, sentence, reasons, role } = item.row;
      const at = toIso(item.lookedAt);
      const none = { ref, at, verdict, sentence, reasons, role, stages: [] };
      return records.length > 0 ? { ...none, ...left, can: await can() } : none;
    }
    const planner = await this.#planner(ref.cluster);
    const plan = planner.plan(ref);
    if (!plan || plan.role?.arn !== item.row.role?.arn) {
      throw new ConflictError(
        `${name} has changed since the last look at the AWS access of its cluster, which decides who may see a plan. Try again after the next one`,
      );
    }
    const role = planner.roleOf(ref);
    if (!isAdministrator && (!role || role.namesOthers)) throw refusal(name);
    // Its owner, and whom it lets in, are others by now where its tags and its trust policy say so
    await requireTrust({
      ...item,
      row: { ...item.row, role: plan.role },
      holder: role && holderByTag(role.tags, config.portalId),
    });
    // Of a plan by hand the portal does nothing, but takes back what a move before it has left in another role
    const rights =
      plan.byHand && records.length === 0 ? undefined : await can();
    return {
      ...plan,
      ...left,
      ...(plan.irsa ? { irsa: plan.irsa } : {}),
      ...(rights
        ? { can: plan.byHand ? { ...rights, migrate: false } : rights }
        : {}),
    };
  }

  /**
   * What moves have written into roles, and is left there, in clusters of which the caller may see everything: also in those
   * that are configured no longer. @throws NotAllowedError for all but administrators
   */
  async records(caller: Caller): Promise<MoveRecord[]> {
    const { administrators, store, visibility } = this.options;
    if (await administrators.include(caller)) {
      const [read] = await visibility.decide(
        [associationReadPermission],
        caller,
      );
      const records = (await store.moveTrusts.all()).filter(({ ref }) =>
        covers(read, ref.cluster),
      );
      const moveOf = await store.moveStates.ofRoles(records);
      return records.map((one, index) => {
        const move = moveOf[index];
        return { ...one, ...(move ? { move } : {}) };
      });
    }
    throw new NotAllowedError(
      'The records of moves quote trust policies: only an administrator of this portal (eksPodIdentity.administrators) sees them',
    );
  }

  /** One reading of a cluster serves all who ask meanwhile. */
  async #planner(cluster: string): Promise<MovePlanner> {
    const { clock, clusters, store } = this.options;
    const before = this.#readings.get(cluster);
    const age = clock.now() - (before?.ended.at ?? clock.now());
    if (before && age >= 0 && age < READ_MS) return before.planner;
    const session = clusters.session(cluster, 'read');
    const ended: Reading['ended'] = {};
    const forget = () => {
      if (this.#readings.get(cluster)?.ended === ended) {
        this.#readings.delete(cluster);
      }
    };
    const read = async () => {
      const found = await readForMoves({
        session,
        clock,
        signal: AbortSignal.timeout(LONGEST_MS),
        seen: await store.access.seen(cluster),
        editsTrust: true,
      });
      ended.at = clock.now();
      // It holds all pods of the cluster
      setTimeout(forget, READ_MS).unref();
      return found;
    };
    const planner = read().catch(error => {
      forget();
      throw toBackstageError(error, {
        doing: 'read what a move needs',
        cluster: session.cluster,
      });
    });
    this.#readings.set(cluster, { planner, ended });
    return planner;
  }
}

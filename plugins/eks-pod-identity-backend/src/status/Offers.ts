import type { UserInfoService } from '@backstage/backend-plugin-api';
import {
  agentInstallPermission,
  associationUpdatePermission,
  type CheckResult,
  foldEntityRef,
  type Identity,
  isRestartable,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
  workloadRestartPermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clusters, EngineConfig } from 'eks-pod-identity-engine';
import {
  type CatalogEntity,
  isOpenNamespace,
  ownersNow,
} from 'eks-pod-identity-engine/portal';
import type { Authorizer } from '../permissions/Authorizer';
import type { Caller } from '../permissions/caller';
import { readClaimant } from '../permissions/claimant';
import { sameHolder, type Store } from '../store';
import type { ObservedAssociation } from '../store/AssociationStore';
import type { LastAssociate } from '../store/ChangeStore';
import type { IdentityOwner } from '../store/OwnerStore';
import type { StoredClaimant } from '../store/operationRecord';
import { asForm } from '../operations/lastRequest';
import { ownersInWords } from './ownersInWords';

/** An identity with what was found about it, and whether the caller may create one there. */
export interface Repairable {
  ref: ServiceAccountRef;
  association?: ObservedAssociation;
  checks: readonly CheckResult[];
  mayCreate: boolean;
}

/** What the portal does about a finding when this caller asks for it. */
export interface Offer extends Pick<Identity, 'repair' | 'askWhom'> {
  restart: boolean;
}

interface Known {
  owners: Map<string, IdentityOwner>;
  changes: Map<string, { associate?: LastAssociate }>;
  /** By written ref. */
  may: Map<string, { restart: boolean; update: boolean; install: boolean }>;
  entity?: CatalogEntity;
  /** Undefined for a service. */
  claimant?: StoredClaimant;
}

/** Whether the portal itself can do something about it. */
function isRepairable({ status, fix, restart }: CheckResult): boolean {
  return (
    (status === 'fail' || status === 'warn') &&
    (fix?.rerun !== undefined || restart?.some(isRestartable) === true)
  );
}

/** Decides, as the engine will, what a card offers to do: it asks nothing where nothing can be fixed. */
export class Offers {
  readonly #store: Pick<Store, 'owners' | 'changes'>;
  readonly #authorizer: Pick<Authorizer, 'allowed'>;
  readonly #clusters: Clusters;
  readonly #userInfo: UserInfoService;
  readonly #config: Pick<EngineConfig, 'administrators'>;

  constructor(options: {
    store: Pick<Store, 'owners' | 'changes'>;
    authorizer: Pick<Authorizer, 'allowed'>;
    clusters: Clusters;
    userInfo: UserInfoService;
    config: Pick<EngineConfig, 'administrators'>;
  }) {
    this.#store = options.store;
    this.#authorizer = options.authorizer;
    this.#clusters = options.clusters;
    this.#userInfo = options.userInfo;
    this.#config = options.config;
  }

  /** By written ref. @param entity - on whose page they are shown */
  async of(
    identities: readonly Repairable[],
    entity: CatalogEntity | undefined,
    caller: Caller,
  ): Promise<Map<string, Offer>> {
    const repairable = identities.filter(({ checks }) =>
      checks.some(isRepairable),
    );
    if (repairable.length === 0) return new Map();
    const refs = repairable.map(({ ref }) => ref);
    const [owners, changes, may, claimant] = await Promise.all([
      this.#store.owners.findMany(refs),
      this.#store.changes.lastOfMany(refs),
      this.#may(refs, caller),
      caller.principal.type === 'user'
        ? readClaimant(caller, this.#userInfo, this.#config)
        : undefined,
    ]);
    return new Map(
      repairable.map(one => [
        stringifyServiceAccountRef(one.ref),
        this.#offer(one, { owners, changes, may, claimant, entity }),
      ]),
    );
  }

  /** Whether the engine lets this caller set up an identity for an entity, which is for its owners. */
  async mayGive(
    { ownerRefs }: Pick<CatalogEntity, 'ownerRefs'>,
    caller: Caller,
  ): Promise<boolean> {
    return (
      caller.principal.type !== 'user' ||
      mayActFor(
        ownerRefs,
        await readClaimant(caller, this.#userInfo, this.#config),
      )
    );
  }

  async #may(refs: ServiceAccountRef[], caller: Caller): Promise<Known['may']> {
    const allowed = await this.#authorizer.allowed(
      refs.flatMap(ref => [
        { permission: workloadRestartPermission, ref },
        { permission: associationUpdatePermission, ref },
        { permission: agentInstallPermission, ref },
      ]),
      caller,
    );
    return new Map(
      refs.map((ref, index) => [
        stringifyServiceAccountRef(ref),
        {
          restart: allowed[index * 3],
          update: allowed[index * 3 + 1],
          install: allowed[index * 3 + 2],
        },
      ]),
    );
  }

  #offer(
    { ref, association, checks, mayCreate }: Repairable,
    { owners, changes, may, claimant, entity }: Known,
  ): Offer {
    const key = stringifyServiceAccountRef(ref);
    const last = changes.get(key)?.associate;
    const isOurs = association?.owner === 'portal';
    // It was made for none, and the engine leaves it to administrators
    if (isOurs && claimant && !claimant.isAdministrator && !owners.has(key)) {
      return { restart: false };
    }
    // Where AWS names no entity any more, it was made for the one that asked last.
    const recorded = owners.get(key) ?? last?.holder;
    const isOfPage =
      !recorded || foldEntityRef(recorded.entityRef) === entity?.entityRef;
    const ownerRefs = recorded
      ? ownersNow(recorded, isOfPage ? entity : undefined)
      : entity?.ownerRefs ?? [];
    if (claimant && !mayActFor(ownerRefs, claimant)) {
      const askWhom = isOfPage ? ownersInWords(ownerRefs) : '';
      return { restart: false, ...(askWhom ? { askWhom } : {}) };
    }
    const cluster = this.#clusters.list().find(({ id }) => id === ref.cluster);
    const isOpen =
      cluster?.allow.changes === true &&
      isOpenNamespace(ref.namespace, cluster);
    const { restart, update, install } = may.get(key)!;
    const mayRepair = mayCreate && update && isOpen && (isOurs || !association);
    const isInherited = last?.holder && !sameHolder(last.holder, recorded);
    const form = mayRepair && !isInherited ? asForm(last?.input) : undefined;
    const hasOtherRole =
      association?.roleArn &&
      last?.result?.roleArn &&
      association.roleArn !== last.result.roleArn;
    const restarts = restart && isOpen && cluster.kubernetes.access !== 'none';
    return {
      restart: restarts && isOurs,
      repair: form && {
        ...form,
        ...(hasOtherRole && { replaceRole: true }),
        ...(restarts && { restarts }),
        ...(install &&
          checks.some(({ fix }) => fix?.rerun === 'with-agent') && {
            installsAgent: true,
          }),
      },
    };
  }
}

function mayActFor(
  ownerRefs: readonly string[],
  { claims, isAdministrator }: StoredClaimant,
): boolean {
  return (
    isAdministrator ||
    ownerRefs.some(owner => claims.includes(foldEntityRef(owner)))
  );
}

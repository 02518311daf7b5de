import type { UserInfoService } from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import { NotAllowedError } from '@backstage/errors';
import type {
  RoleChoices as Answer,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock, Clusters, EngineConfig } from 'eks-pod-identity-engine';
import {
  callingFor,
  portalRoles,
  readRoles,
  type RolesOfAccount,
  usableRoles,
} from 'eks-pod-identity-engine/portal';
import { personLane } from '../operations/operationContext';
import { type Caller, initiatorOf } from '../permissions/caller';
import { readClaimant } from '../permissions/claimant';
import { toCatalogEntity } from '../permissions/EntityDirectory';
import type { PickerOptions } from './PickerOptions';

/** How long the roles of an account are kept: typing into a form asks again and again. */
const KEEP_MS = 60_000;
const DEADLINE_MS = 30_000;
/** Maximum number of roles per answer; a search finds the rest. */
const MOST = 100;

const folded = (text: string) => text.toLocaleLowerCase('en-US');

/** The existing roles that a service account may get, for forms. */
export class RoleChoices {
  readonly #pickers: PickerOptions;
  readonly #clusters: Clusters;
  readonly #userInfo: UserInfoService;
  readonly #config: Pick<EngineConfig, 'administrators' | 'portalId'>;
  readonly #clock: Clock;
  readonly #kept = new Map<
    string,
    { until: number; roles: Promise<RolesOfAccount> }
  >();

  constructor(options: {
    pickers: PickerOptions;
    clusters: Clusters;
    userInfo: UserInfoService;
    config: Pick<EngineConfig, 'administrators' | 'portalId'>;
    clock: Clock;
  }) {
    this.#pickers = options.pickers;
    this.#clusters = options.clusters;
    this.#userInfo = options.userInfo;
    this.#config = options.config;
    this.#clock = options.clock;
  }

  /**
   * @param findEntity - loads it with the credentials of the caller
   * @throws NotAllowedError when the caller is not allowed to give the service account an identity, or does not own the entity
   */
  async of(
    ref: ServiceAccountRef,
    findEntity: () => Promise<Entity>,
    q: string,
    caller: Caller,
  ): Promise<Answer> {
    const cluster = await this.#pickers.requireCreator(ref, caller);
    const owned = toCatalogEntity(await findEntity());
    await this.#requireOwner(owned, caller);
    const roles = await callingFor(personLane(initiatorOf(caller)), () =>
      this.#rolesOf(cluster.accountId, ref.cluster),
    );
    if (!roles) return { items: [], complete: false };
    const found = usableRoles(roles.values(), {
      subject: { portalId: this.#config.portalId, ...ref, cluster },
      entity: owned,
      portalRoles: portalRoles(this.#clusters),
    })
      .filter(({ role }) => folded(role.name).includes(folded(q)))
      .sort((one, other) => (one.role.name < other.role.name ? -1 : 1));
    return {
      items: found.slice(0, MOST).map(({ role, by, trusts }) => ({
        arn: role.arn,
        name: role.name,
        by,
        trusts,
      })),
      complete: found.length <= MOST,
    };
  }

  /** What patterns open to owners is not told to others. */
  async #requireOwner(
    { entityRef, ownerRefs }: ReturnType<typeof toCatalogEntity>,
    caller: Caller,
  ) {
    if (caller.principal.type !== 'user') return;
    const { claims, isAdministrator } = await readClaimant(
      caller,
      this.#userInfo,
      this.#config,
    );
    if (isAdministrator || ownerRefs.some(ref => claims.includes(ref))) return;
    throw new NotAllowedError(
      `You are not allowed to choose a role for ${entityRef}: neither you nor one of your groups owns it. Ask its owner, or choose a component that you own`,
    );
  }

  #rolesOf(account: string, cluster: string): Promise<RolesOfAccount> {
    const now = this.#clock.now();
    for (const [key, { until }] of this.#kept) {
      if (until <= now) this.#kept.delete(key);
    }
    const kept = this.#kept.get(account);
    if (kept) return kept.roles;
    const roles = readRoles(
      this.#clusters.session(cluster, 'read'),
      AbortSignal.timeout(DEADLINE_MS),
    );
    this.#kept.set(account, { until: now + KEEP_MS, roles });
    // A failure is not kept.
    roles.catch(() => this.#kept.delete(account));
    return roles;
  }
}

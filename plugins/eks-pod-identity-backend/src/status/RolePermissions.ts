import type { UserInfoService } from '@backstage/backend-plugin-api';
import {
  ConflictError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import {
  associationReadPermission,
  type IdentityPermissions,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock, Clusters, EngineConfig } from 'eks-pod-identity-engine';
import {
  mayActFor,
  type PermissionsOfRole,
  permissionsOfRole,
  toBackstageError,
} from 'eks-pod-identity-engine/portal';
import type { Administrators } from '../permissions/Administrators';
import type { Authorizer } from '../permissions/Authorizer';
import type { Caller } from '../permissions/caller';
import { readClaimant, toClaimant } from '../permissions/claimant';
import type { EntityDirectory } from '../permissions/EntityDirectory';
import type { Store } from '../store';
import { toIso } from '../store/values';

/** A role is read at most so often, for all who ask. */
const KEEP_MS = 60_000;
/** A reading that takes longer is given up. */
const LONGEST_MS = 60_000;

interface Kept {
  at: number;
  found: Promise<PermissionsOfRole | undefined>;
}

/** What the role of an identity may do: read from AWS when a caller asks, and never by a sweep. */
export class RolePermissions {
  readonly #kept = new Map<string, Kept>();

  constructor(
    private readonly options: {
      administrators: Pick<Administrators, 'include'>;
      authorizer: Pick<Authorizer, 'answers'>;
      clock: Clock;
      clusters: Clusters;
      config: Pick<EngineConfig, 'administrators'>;
      entities: Pick<EntityDirectory, 'find'>;
      store: Pick<Store, 'associations' | 'owners'>;
      userInfo: UserInfoService;
    },
  ) {}

  /**
   * @throws NotAllowedError for who is not allowed to verify the identity, or is by a policy alone that allows everything,
   * and is neither the owner whom the tag names nor an administrator; NotFoundError where it has no association, or
   * this has no role; ConflictError where the role is in an account that is not the cluster's
   */
  async of(
    ref: ServiceAccountRef,
    caller: Caller,
  ): Promise<IdentityPermissions> {
    const { clusters, store } = this.options;
    const name = stringifyServiceAccountRef(ref);
    if (!(await this.#mayRead(ref, caller))) {
      throw new NotAllowedError(
        `You are not allowed to see what the role of ${name} may do: that is for its owner by the tag in AWS, for those whom a condition of the policy lets verify it, and for administrators`,
      );
    }
    const association = (await store.associations.findMany([ref])).get(name);
    const cluster = clusters.list().find(({ id }) => id === ref.cluster);
    if (!association?.roleArn || !cluster) {
      throw new NotFoundError(`${name} has no association`);
    }
    const arn = association.targetRoleArn ?? association.roleArn;
    const account = arn.split(':')[4];
    if (account !== cluster.accountId) {
      throw new ConflictError(
        `The role ${arn} is in account ${account}, which the portal cannot read`,
      );
    }
    const { at, found } = this.#read(cluster.id, arn);
    const permissions = await found.catch(error => {
      throw toBackstageError(error, {
        doing: `read the policies of ${arn}`,
        cluster,
      });
    });
    if (!permissions) throw new NotFoundError(`There is no role ${arn}`);
    return { ...permissions, readAt: toIso(at) };
  }

  /** Documents say more than reports, and reading them calls AWS, as a verification does. */
  async #mayRead(ref: ServiceAccountRef, caller: Caller): Promise<boolean> {
    const { administrators, authorizer, config, entities, store, userInfo } =
      this.options;
    const [read, verify] = await authorizer.answers(
      [associationReadPermission, verificationCreatePermission].map(
        permission => ({ permission, ref }),
      ),
      caller,
    );
    if (!read.allowed || !verify.allowed) return false;
    if (verify.decided || (await administrators.include(caller))) return true;
    const holder = await store.owners.find(ref);
    if (!holder) return false;
    const claimant = toClaimant(await readClaimant(caller, userInfo, config));
    return mayActFor(holder, claimant, {
      findEntity: entityRef => entities.find(entityRef),
    });
  }

  #read(cluster: string, arn: string): Kept {
    const now = this.options.clock.now();
    for (const [key, { at }] of this.#kept) {
      if (at + KEEP_MS <= now) this.#kept.delete(key);
    }
    const key = `${cluster} ${arn}`;
    const before = this.#kept.get(key);
    if (before) return before;
    const found = permissionsOfRole(
      this.options.clusters.session(cluster, 'read'),
      arn,
      AbortSignal.timeout(LONGEST_MS),
    );
    const reading = { at: now, found };
    this.#kept.set(key, reading);
    // A failure is not kept
    found.catch(() => this.#kept.delete(key));
    return reading;
  }
}

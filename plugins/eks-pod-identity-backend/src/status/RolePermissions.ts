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
import type { Clock, Clusters } from 'eks-pod-identity-engine';
import {
  type PermissionsOfRole,
  permissionsOfRole,
  toBackstageError,
} from 'eks-pod-identity-engine/portal';
import type { Authorizer } from '../permissions/Authorizer';
import type { Caller } from '../permissions/caller';
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

/** What the role of an identity may do: read from AWS when somebody asks, and never by a sweep. */
export class RolePermissions {
  readonly #kept = new Map<string, Kept>();

  constructor(
    private readonly options: {
      authorizer: Pick<Authorizer, 'allowed'>;
      clock: Clock;
      clusters: Clusters;
      store: Pick<Store, 'associations'>;
    },
  ) {}

  /**
   * @throws NotAllowedError for who is not allowed to verify the identity; NotFoundError where it has no association, or
   * this has no role; ConflictError where the role is in an account that is not the cluster's
   */
  async of(
    ref: ServiceAccountRef,
    caller: Caller,
  ): Promise<IdentityPermissions> {
    const { authorizer, clusters, store } = this.options;
    const name = stringifyServiceAccountRef(ref);
    // Documents say more than reports, and reading them calls AWS, as a verification does
    const allowed = await authorizer.allowed(
      [associationReadPermission, verificationCreatePermission].map(
        permission => ({ permission, ref }),
      ),
      caller,
    );
    if (!allowed.every(Boolean)) {
      throw new NotAllowedError(
        `You are not allowed to see what the role of ${name} may do: that is for those who may verify the identity`,
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

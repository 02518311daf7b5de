import { Core } from '../../core/core';
import { ClusterKey, KubernetesForAws, clusterArn } from '../../core/contract';
import {
  Propagated,
  current,
  propagated,
  seenAt,
  write,
} from '../../core/propagated';
import { Identifiers } from '../../core/random';
import {
  AccountState,
  AwsSettings,
  AwsState,
  ClusterRecord,
  PolicyRecord,
  RoleRecord,
  UserRecord,
} from './types';
import { Partition, partitionOf } from '../../core/partition';
import { awsManagedPolicy } from './managedPolicies';
import { Trail } from './trail';

/** AWS's documented defaults (IAM and STS quotas; EKS service quotas). */
const DEFAULT_SETTINGS: AwsSettings = {
  associationsPerCluster: 5_000,
  rolesPerAccount: 1_000,
  policiesPerRole: 10,
  trustPolicyLength: 2_048,
  inlinePolicyBytesPerRole: 10_240,
  managedPolicyLength: 6_144,
  sessionBytes: 2_048,
  emptyStringClears: true,
  externalIdAlways: false,
  lookupsPerSecond: 2,
};

/** The AWS side's state, with the operations that all services share. */
export class World {
  state: AwsState = {
    accounts: new Map(),
    accessKeys: new Map(),
    sessions: new Map(),
    requestTokens: new Map(),
    settings: { ...DEFAULT_SETTINGS },
    issuers: new Map(),
  };

  readonly ids: Identifiers;

  /** What CloudTrail keeps. */
  readonly trail = new Trail();

  /** Set once the Kubernetes side exists. */
  kubernetes: KubernetesForAws | undefined;

  /** `http://127.0.0.1:port`, set once the server listens. */
  endpointUrl = '';

  constructor(
    readonly core: Core,
    readonly partition: Partition = partitionOf('us-east-1'),
  ) {
    this.ids = new Identifiers(core.random);
  }

  get settings(): AwsSettings {
    return this.state.settings;
  }

  now(): number {
    return this.core.clock.now();
  }

  /** Adds an empty account. */
  addAccount(id: string, alias?: string): AccountState {
    const account: AccountState = {
      id,
      alias,
      serviceControlPolicies: [],
      users: new Map(),
      roles: new Map(),
      policies: new Map(),
      instanceProfiles: new Map(),
      oidcProviders: new Map(),
      roleLastUsed: new Map(),
      buckets: new Map(),
      vpcEndpoints: new Map(),
      clusters: new Map(),
      stacks: new Map(),
    };
    this.state.accounts.set(id, account);
    return account;
  }

  /** The account; throws when it does not exist. */
  account(id: string): AccountState {
    const account = this.state.accounts.get(id);
    if (!account) {
      throw new Error(`The sandbox has no AWS account ${id}`);
    }
    return account;
  }

  /** Writes an IAM value; other services see it after the IAM delay. */
  writeIam<T>(
    map: Map<string, Propagated<T>>,
    key: string,
    value: T | undefined,
  ): void {
    const now = this.now();
    const visibleAt = now + this.core.delays.iam;
    const cell = map.get(key);
    if (cell) {
      write(cell, value, { now, visibleAt });
    } else if (value !== undefined) {
      map.set(key, propagated(value, visibleAt));
    }
  }

  /** A role as IAM itself returns it. */
  role(accountId: string, name: string): RoleRecord | undefined {
    return current(this.state.accounts.get(accountId)?.roles.get(name));
  }

  /** A role as other services see it now. */
  seenRole(accountId: string, name: string): RoleRecord | undefined {
    const cell = this.state.accounts.get(accountId)?.roles.get(name);
    return seenAt(cell, this.now());
  }

  /**
   * Keeps that a role was used. IAM shows it later; meanwhile a further use takes the place of the one that is not shown
   * yet, so that a busy role keeps two.
   */
  roleUsed(accountId: string, roleId: string, region: string): void {
    const uses = this.account(accountId).roleLastUsed;
    const now = this.now();
    const use = { at: now, region };
    const visibleAt = now + this.core.delays.roleLastUsed;
    const cell = uses.get(roleId);
    const last = cell?.versions.at(-1);
    if (!cell || !last) {
      uses.set(roleId, propagated(use, visibleAt));
    } else if (last.visibleAt > now) {
      last.value = use;
    } else {
      write(cell, use, { now, visibleAt });
    }
  }

  /** A user as other services see it now. */
  seenUser(accountId: string, name: string): UserRecord | undefined {
    const cell = this.state.accounts.get(accountId)?.users.get(name);
    return seenAt(cell, this.now());
  }

  /** A managed policy as IAM itself returns it. */
  policy(arn: string): PolicyRecord | undefined {
    return (
      awsManagedPolicy(this.partition.id, arn) ??
      current(this.state.accounts.get(accountOfArn(arn))?.policies.get(arn))
    );
  }

  /** The document of a managed policy as other services see it now. */
  seenPolicyDocument(arn: string): string | undefined {
    const policy =
      awsManagedPolicy(this.partition.id, arn) ??
      seenAt(
        this.state.accounts.get(accountOfArn(arn))?.policies.get(arn),
        this.now(),
      );
    return policy?.versions.find(v => v.id === policy.defaultVersionId)
      ?.document;
  }

  /** A role by its ARN (with path), as other services see it now. */
  seenRoleByArn(arn: string): RoleRecord | undefined {
    const parts = roleOfArn(arn);
    const role = parts && this.seenRole(parts.accountId, parts.name);
    return role?.arn === arn ? role : undefined;
  }

  /** ARN of a resource of IAM, which has no regions. */
  iamArn(accountId: string, rest: string): string {
    return `arn:${this.partition.id}:iam::${accountId}:${rest}`;
  }

  /** Seeds and tests write the ARNs of the partition `aws`; they mean those of this one. */
  inPartition<T>(value: T): T {
    if (this.partition.id === 'aws') {
      return value;
    }
    if (typeof value === 'string') {
      return value.replaceAll('arn:aws:', `arn:${this.partition.id}:`) as T;
    }
    if (Array.isArray(value)) {
      return value.map(item => this.inPartition(item)) as T;
    }
    return value !== null && typeof value === 'object'
      ? (Object.fromEntries(
          Object.entries(value).map(([key, item]) => [
            key,
            this.inPartition(item),
          ]),
        ) as T)
      : value;
  }

  cluster(key: ClusterKey): ClusterRecord | undefined {
    return this.state.accounts
      .get(key.accountId)
      ?.clusters.get(`${key.region}/${key.name}`);
  }

  clusterArn(key: ClusterKey): string {
    return clusterArn(key);
  }

  /** All clusters of all accounts. */
  clusters(): ClusterRecord[] {
    return [...this.state.accounts.values()].flatMap(account => [
      ...account.clusters.values(),
    ]);
  }
}

/** The account part of an ARN. */
export function accountOfArn(arn: string): string {
  return arn.split(':')[4] ?? '';
}

/** Account, name and path of a role ARN. */
export function roleOfArn(
  arn: string,
): { accountId: string; name: string; path: string } | undefined {
  const found = /^arn:aws[\w-]*:iam::(\d{12}):role(\/(?:.+\/)?)([^/]+)$/.exec(
    arn,
  );
  return found
    ? { accountId: found[1], path: found[2], name: found[3] }
    : undefined;
}

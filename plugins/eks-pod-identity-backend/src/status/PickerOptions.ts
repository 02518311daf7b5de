import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  AuthorizeResult,
  PolicyDecision,
} from '@backstage/plugin-permission-common';
import {
  associationCreatePermission,
  PolicyChoice,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterConfig, Clusters } from 'eks-pod-identity-engine';
import {
  checkNamespace,
  isOpenNamespace,
  judgeManagedPolicy,
  policyTestOf,
  toBackstageError,
} from 'eks-pod-identity-engine/portal';
import type { Store } from '../store';
import {
  type FoundServiceAccount,
  type FoundWorkload,
  workloadsIn,
} from './workloadsIn';
import { type Authorizer, missing } from '../permissions/Authorizer';
import type { ServiceAccountResource } from '../permissions/permissionRules';
import {
  ClusterVisibility,
  mayReach,
  pickCluster,
} from '../permissions/ClusterVisibility';

/** Judges a value by a (possibly conditional) decision. */
export type IsAllowed = (
  decision: PolicyDecision,
  resource: ServiceAccountResource,
) => boolean;

/** Policies that people ask for by name, and that hand out control of the account. */
const TOO_MUCH = ['AdministratorAccess', 'IAMFullAccess', 'PowerUserAccess'];

/** What forms offer: only what the caller could use, each row judged by the decision itself. */
export class PickerOptions {
  readonly #clusters: Clusters;
  readonly #authorizer: Authorizer;
  readonly #visibility: ClusterVisibility;
  readonly #isAllowed: IsAllowed;
  readonly #store: Pick<Store, 'associations'>;

  constructor(options: {
    clusters: Clusters;
    authorizer: Authorizer;
    visibility: ClusterVisibility;
    isAllowed: IsAllowed;
    store: Pick<Store, 'associations'>;
  }) {
    this.#store = options.store;
    this.#clusters = options.clusters;
    this.#authorizer = options.authorizer;
    this.#visibility = options.visibility;
    this.#isAllowed = options.isAllowed;
  }

  async namespaces(
    clusterId: string,
    credentials: BackstageCredentials,
  ): Promise<string[]> {
    const { cluster, may } = await this.#creator(clusterId, credentials);
    const namespaces = await this.#read(cluster, 'namespaces', async () => {
      const session = this.#clusters.session(clusterId, 'read');
      const api = await session.kubernetes();
      return api.namespaceNames();
    });
    return namespaces
      .filter(name => isOpenNamespace(name, cluster) && may(name, ''))
      .sort();
  }

  async serviceAccounts(
    clusterId: string,
    namespace: string,
    credentials: BackstageCredentials,
  ): Promise<string[]> {
    const reached = await this.#reachIn(clusterId, namespace, credentials);
    if (!reached) return [];
    const { cluster, api, may } = reached;
    const accounts = await this.#read(cluster, 'service accounts', async () =>
      (await api()).serviceAccountNames(namespace),
    );
    return accounts.filter(name => may(namespace, name)).sort();
  }

  /** The same with what runs under each, and those that only pod templates name. */
  async choices(
    clusterId: string,
    namespace: string,
    credentials: BackstageCredentials,
  ): Promise<FoundServiceAccount[]> {
    const reached = await this.#reachIn(clusterId, namespace, credentials);
    if (!reached) return [];
    const { cluster, may } = reached;
    const [accounts, workloads] = await this.#read(
      cluster,
      'service accounts',
      async () => {
        const api = await reached.api();
        return Promise.all([
          api.serviceAccountNames(namespace),
          workloadsIn(api, namespace),
        ]);
      },
    );
    const existing = new Set(accounts);
    const names = [
      ...new Set([...existing, ...workloads.map(one => one.serviceAccount)]),
    ].filter(name => may(namespace, name));
    const states = await this.#store.associations.findMany(
      names.map(serviceAccount => ({
        cluster: clusterId,
        namespace,
        serviceAccount,
      })),
    );
    const having = new Set(
      [...states.values()].map(one => one.ref.serviceAccount),
    );
    return names.sort().map(name => ({
      name,
      exists: existing.has(name),
      hasIdentity: having.has(name),
      workloads: workloads.filter(one => one.serviceAccount === name),
    }));
  }

  /**
   * The workloads of a namespace, with whether the caller may give their service accounts an identity; none where the
   * caller may give no service account of it one.
   *
   * @throws an error with a sentence for the form when the cluster does not answer, or refuses
   */
  async workloads(
    clusterId: string,
    namespace: string,
    credentials: BackstageCredentials,
  ): Promise<Array<FoundWorkload & { isOpen: boolean }>> {
    const reached = await this.#reachIn(
      clusterId,
      namespace,
      credentials,
    ).catch(() => undefined);
    if (!reached) return [];
    const found = await this.#read(reached.cluster, 'workloads', async () =>
      workloadsIn(await reached.api(), namespace),
    );
    return found.map(workload => ({
      ...workload,
      isOpen: reached.may(namespace, workload.serviceAccount),
    }));
  }

  /** @throws NotAllowedError when the caller is not allowed to give the service account an identity */
  async requireCreator(
    ref: ServiceAccountRef,
    credentials: BackstageCredentials,
  ): Promise<ClusterConfig> {
    const { cluster, may } = await this.#creator(ref.cluster, credentials);
    checkNamespace(ref.namespace, cluster);
    if (may(ref.namespace, ref.serviceAccount)) return cluster;
    throw missing(
      `You are not allowed to set up an AWS identity for ${stringifyServiceAccountRef(
        ref,
      )}`,
      associationCreatePermission,
    );
  }

  /** The policies that the allow-lists name, and those that people know; refused ones come last, with the reason. */
  async policies(
    query: { q?: string; cluster?: string },
    credentials: BackstageCredentials,
  ): Promise<PolicyChoice[]> {
    const reachable = await this.#visibility.of(credentials, {
      forPage: true,
    });
    const clusters = query.cluster
      ? [pickCluster(query.cluster, reachable)]
      : reachable;
    const named = clusters.flatMap(cluster =>
      [
        ...cluster.guardrails.managedPolicies.allow.filter(
          pattern => !pattern.includes('*'),
        ),
        ...TOO_MUCH.map(
          name => `arn:${cluster.partition}:iam::aws:policy/${name}`,
        ),
      ].map(arn => ({ arn, cluster })),
    );
    const found = new Map<string, PolicyChoice>();
    for (const { arn, cluster } of named) {
      const name = arn.slice(arn.lastIndexOf('/') + 1);
      if (query.q && !name.toLowerCase().includes(query.q.toLowerCase())) {
        continue;
      }
      const refusal = judgeManagedPolicy(arn, cluster);
      const test = policyTestOf(arn, cluster);
      if (found.get(arn)?.allowed) continue;
      found.set(arn, {
        arn,
        name,
        description: `${
          arn.includes(':iam::aws:')
            ? 'Managed by AWS'
            : 'Managed by your organisation'
        } · ${
          test ? `tested by aws ${test.join(' ')}` : 'cannot be tested here'
        }`,
        allowed: refusal === undefined,
        reason: refusal && `It ${refusal.reason}`,
      });
    }
    return [...found.values()].sort(
      (a, b) =>
        Number(b.allowed) - Number(a.allowed) || (a.name < b.name ? -1 : 1),
    );
  }

  /** Undefined where the caller may give no service account of the namespace an identity. */
  async #reachIn(
    clusterId: string,
    namespace: string,
    credentials: BackstageCredentials,
  ) {
    const { cluster, may, mayReachIn } = await this.#creator(
      clusterId,
      credentials,
    );
    if (!mayReachIn(namespace)) return undefined;
    checkNamespace(namespace, cluster);
    const session = this.#clusters.session(clusterId, 'read');
    return { cluster, api: () => session.kubernetes(), may };
  }

  /** @throws an error with a sentence for the form when the cluster does not answer, or refuses */
  async #read<T>(
    cluster: ClusterConfig,
    what: string,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toBackstageError(error, {
        doing: `read the ${what} of cluster ${cluster.id}`,
        cluster,
      });
    }
  }

  /** One decision for the whole list; asked of the policy once, and before anything is said of the cluster. */
  async #creator(clusterId: string, credentials: BackstageCredentials) {
    const [decision] = await this.#authorizer.decide(
      [associationCreatePermission],
      credentials,
      { forPage: true },
    );
    if (decision.result === AuthorizeResult.DENY) {
      throw missing(
        'You are not allowed to create AWS identities',
        associationCreatePermission,
      );
    }
    const reach = this.#visibility.read(decision);
    const cluster = pickCluster(clusterId, this.#visibility.within([reach]));
    return {
      cluster,
      mayReachIn: (namespace: string) => mayReach(reach, cluster.id, namespace),
      may: (namespace: string, serviceAccount: string) =>
        this.#isAllowed(decision, {
          cluster: cluster.id,
          namespace,
          serviceAccount,
          ownerRefs: [],
        }),
    };
  }
}

import type {
  BackstageCredentials,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import {
  AuthorizeResult,
  PolicyDecision,
} from '@backstage/plugin-permission-common';
import {
  associationCreatePermission,
  PolicyChoice,
  podIdentityUsePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  checkManagedPolicies,
  checkNamespace,
  type ClusterConfig,
  type Clusters,
  isOpenNamespace,
} from 'eks-pod-identity-engine';
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

/** What forms offer: only what the caller could use, each row judged by the decision itself. */
export class PickerOptions {
  readonly #clusters: Clusters;
  readonly #permissions: PermissionsService;
  readonly #visibility: ClusterVisibility;
  readonly #isAllowed: IsAllowed;

  constructor(options: {
    clusters: Clusters;
    permissions: PermissionsService;
    visibility: ClusterVisibility;
    isAllowed: IsAllowed;
  }) {
    this.#clusters = options.clusters;
    this.#permissions = options.permissions;
    this.#visibility = options.visibility;
    this.#isAllowed = options.isAllowed;
  }

  async namespaces(
    clusterId: string,
    credentials: BackstageCredentials,
    signal?: AbortSignal,
  ): Promise<string[]> {
    const { cluster, may } = await this.#creator(clusterId, credentials);
    const api = await this.#clusters.session(clusterId, 'read').kubernetes({
      signal,
    });
    const namespaces = await api.listNamespaces({ signal });
    return namespaces
      .map(namespace => namespace.metadata?.name ?? '')
      .filter(name => isOpenNamespace(name, cluster) && may(name, ''))
      .sort();
  }

  async serviceAccounts(
    clusterId: string,
    namespace: string,
    credentials: BackstageCredentials,
    signal?: AbortSignal,
  ): Promise<string[]> {
    const { cluster, may, mayReachIn } = await this.#creator(
      clusterId,
      credentials,
    );
    if (!mayReachIn(namespace)) return [];
    checkNamespace(namespace, cluster);
    const api = await this.#clusters.session(clusterId, 'read').kubernetes({
      signal,
    });
    const accounts = await api.listServiceAccounts(namespace, { signal });
    return accounts
      .map(account => account.metadata?.name ?? '')
      .filter(name => may(namespace, name))
      .sort();
  }

  /** The policies that the allow-lists name, each with the reason where it is refused after all. */
  async policies(
    query: { q?: string; cluster?: string },
    credentials: BackstageCredentials,
  ): Promise<PolicyChoice[]> {
    const [answer] = await this.#permissions.authorize(
      [{ permission: podIdentityUsePermission }],
      { credentials },
    );
    if (answer.result !== AuthorizeResult.ALLOW) {
      throw new NotAllowedError(
        `You may not list policies: your portal's policy does not give you ${podIdentityUsePermission.name}`,
      );
    }
    const reachable = await this.#visibility.of(credentials);
    const clusters = query.cluster
      ? [pickCluster(query.cluster, reachable)]
      : reachable;
    const named = clusters.flatMap(cluster =>
      cluster.guardrails.managedPolicies.allow
        .filter(pattern => !pattern.includes('*'))
        .map(arn => ({ arn, cluster })),
    );
    const found = new Map<string, PolicyChoice>();
    for (const { arn, cluster } of named) {
      const name = arn.slice(arn.lastIndexOf('/') + 1);
      if (query.q && !name.toLowerCase().includes(query.q.toLowerCase())) {
        continue;
      }
      const reason = refusal(arn, cluster);
      if (found.get(arn)?.allowed) continue;
      found.set(arn, {
        arn,
        name,
        description: arn.includes(':iam::aws:')
          ? 'Managed by AWS'
          : 'Managed by your organisation',
        allowed: reason === undefined,
        reason,
      });
    }
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** One decision for the whole list; asked of the policy once, and before anything is said of the cluster. */
  async #creator(clusterId: string, credentials: BackstageCredentials) {
    const [decision] = await this.#permissions.authorizeConditional(
      [{ permission: associationCreatePermission }],
      { credentials },
    );
    if (decision.result === AuthorizeResult.DENY) {
      throw new NotAllowedError(
        `You may not create AWS identities: your portal's policy does not give you ${associationCreatePermission.name}`,
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

function refusal(arn: string, cluster: ClusterConfig): string | undefined {
  try {
    checkManagedPolicies({ managedPolicyArns: [arn] }, cluster);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

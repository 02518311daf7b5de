import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import {
  AuthorizeResult,
  PermissionCondition,
  PermissionCriteria,
  PolicyDecision,
  ResourcePermission,
} from '@backstage/plugin-permission-common';
import {
  associationCreatePermission,
  associationReadPermission,
  nearest,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterConfig, Clusters } from 'eks-pod-identity-engine';
import { matchesPattern } from 'eks-pod-identity-engine/portal';
import type { FleetCriteria } from '../store/criteria';
import type { Authorizer } from './Authorizer';

/** A decision as a list can use it: everything, nothing, or what the criteria match. */
export type Decision = 'all' | 'none' | { criteria: FleetCriteria };

export type ToCriteria = (
  conditions: PermissionCriteria<PermissionCondition>,
) => FleetCriteria;

/** Clusters that a caller's permissions show: those on which the caller may do something. */
export class ClusterVisibility {
  readonly #clusters: Clusters;
  readonly #authorizer: Authorizer;
  readonly #toCriteria: ToCriteria;

  constructor(options: {
    clusters: Clusters;
    authorizer: Authorizer;
    toCriteria: ToCriteria;
  }) {
    this.#clusters = options.clusters;
    this.#authorizer = options.authorizer;
    this.#toCriteria = options.toCriteria;
  }

  /** Asks the policy once. */
  async decide(
    permissions: ResourcePermission[],
    credentials: BackstageCredentials,
    options?: { forPage: boolean },
  ): Promise<Decision[]> {
    const answers = await this.#authorizer.decide(
      permissions,
      credentials,
      options,
    );
    return answers.map(answer => this.read(answer));
  }

  read(answer: PolicyDecision): Decision {
    if (answer.result === AuthorizeResult.ALLOW) return 'all';
    return answer.result === AuthorizeResult.CONDITIONAL
      ? { criteria: this.#toCriteria(answer.conditions) }
      : 'none';
  }

  /** Clusters on which one of the decisions leaves something. */
  within(decisions: Decision[]): ClusterConfig[] {
    return this.#clusters
      .list()
      .filter(({ id }) => decisions.some(one => mayReach(one, id)));
  }

  /** Clusters that the caller may see. */
  async of(
    credentials: BackstageCredentials,
    options?: { forPage: boolean },
  ): Promise<ClusterConfig[]> {
    return this.within(
      await this.decide(
        [associationReadPermission, associationCreatePermission],
        credentials,
        options,
      ),
    );
  }
}

/** @throws NotFoundError that names no others, the same whether the cluster is unknown or out of reach */
export function pickCluster(
  id: string,
  reachable: ClusterConfig[],
): ClusterConfig {
  const cluster = reachable.find(one => one.id === id);
  if (cluster) return cluster;
  const ids = reachable.map(one => one.id);
  const meant = nearest(id, ids);
  throw new NotFoundError(
    ids.length
      ? `There is no cluster "${id}" that you may use${
          meant ? `: did you mean "${meant}"?` : '.'
        } Those that you may use: ${ids.join(', ')}`
      : `There is no cluster "${id}" that you may use: eksPodIdentity.clusters in app-config does not name it, or your portal's policy gives you nothing there. Ask the owners of the portal`,
  );
}

/** Whether a decision leaves anything there; owners are not known yet, so they may match. */
export function mayReach(
  decision: Decision,
  cluster: string,
  namespace?: string,
): boolean {
  if (decision === 'all') return true;
  if (decision === 'none') return false;
  return matches(decision.criteria, { cluster, namespace }) !== false;
}

/** Whether a decision leaves everything there, whatever its owners. */
export function covers(decision: Decision, cluster: string): boolean {
  if (decision === 'all') return true;
  return (
    decision !== 'none' && matches(decision.criteria, { cluster }) === true
  );
}

/** Three-valued: undefined where it depends on more than is known. */
function matches(
  criteria: FleetCriteria,
  place: { cluster: string; namespace?: string },
): boolean | undefined {
  if ('allOf' in criteria) {
    const parts = criteria.allOf.map(part => matches(part, place));
    if (parts.includes(false)) return false;
    return parts.every(part => part === true) ? true : undefined;
  }
  if ('anyOf' in criteria) {
    const parts = criteria.anyOf.map(part => matches(part, place));
    if (parts.includes(true)) return true;
    return parts.every(part => part === false) ? false : undefined;
  }
  if ('not' in criteria) {
    const part = matches(criteria.not, place);
    return part === undefined ? undefined : !part;
  }
  const { namespace } = place;
  switch (criteria.key) {
    case 'cluster':
      return criteria.values.includes(place.cluster);
    case 'namespace':
      return namespace === undefined
        ? undefined
        : criteria.values.some(pattern => matchesPattern(pattern, namespace));
    default:
      return undefined;
  }
}

import { Config } from '@backstage/config';
import {
  AuthorizeResult,
  isPermission,
  isResourcePermission,
  Permission,
  PermissionCondition,
  PermissionCriteria,
  PolicyDecision,
  ResourcePermission,
} from '@backstage/plugin-permission-common';
import {
  PermissionPolicy,
  PolicyQuery,
  PolicyQueryUser,
} from '@backstage/plugin-permission-node';
import {
  createScaffolderTaskConditionalDecision,
  scaffolderTaskConditions,
} from '@backstage/plugin-scaffolder-backend/alpha';
import {
  createPodIdentityConditionalDecision,
  podIdentityConditions,
} from 'backstage-plugin-eks-pod-identity-backend';
import {
  agentInstallPermission,
  associationReadPermission,
  podIdentityUsePermission,
  RESOURCE_TYPE_SERVICE_ACCOUNT,
  setupReadPermission,
} from 'backstage-plugin-eks-pod-identity-common';

const ALLOW: PolicyDecision = { result: AuthorizeResult.ALLOW };
const DENY: PolicyDecision = { result: AuthorizeResult.DENY };

/** What one group may do beyond reading. */
interface TeamGrant {
  group: string;
  /** Where it may give, change, verify and remove identities; the engine also requires that it owns the component. */
  namespaces: string[];
  /** Ids of clusters; every cluster when undefined. */
  clusters?: string[];
  /** May also install the agent there, which touches the whole cluster. */
  installAgent: boolean;
}

/**
 * A small example policy: administrators may do everything, teams what `examplePolicy.teams` says, and every signed-in
 * user may read, but of template runs only their own. Your portal probably has a policy already; docs/permissions.md shows what to add to it.
 */
export class ExamplePolicy implements PermissionPolicy {
  readonly #administrators: Set<string>;
  readonly #teams: TeamGrant[];

  static fromConfig(config: Config): ExamplePolicy {
    const own = config.getOptionalConfig('examplePolicy');
    return new ExamplePolicy(
      own?.getOptionalStringArray('administrators') ?? [],
      (own?.getOptionalConfigArray('teams') ?? []).map(team => ({
        group: team.getString('group'),
        namespaces: team.getStringArray('namespaces'),
        clusters: team.getOptionalStringArray('clusters'),
        installAgent: team.getOptionalBoolean('installAgent') ?? false,
      })),
    );
  }

  private constructor(administrators: string[], teams: TeamGrant[]) {
    this.#administrators = new Set(administrators);
    this.#teams = teams;
  }

  async handle(
    { permission }: PolicyQuery,
    user?: PolicyQueryUser,
  ): Promise<PolicyDecision> {
    if (!user) return DENY;
    const groups = user.info.ownershipEntityRefs;
    if (groups.some(group => this.#administrators.has(group))) return ALLOW;
    if (
      isPermission(permission, podIdentityUsePermission) ||
      isPermission(permission, associationReadPermission)
    ) {
      return ALLOW;
    }
    if (isResourcePermission(permission, RESOURCE_TYPE_SERVICE_ACCOUNT)) {
      return this.#decideIdentity(permission, groups);
    }
    // A run of a template shows its values and its log, and may be half way through a change
    if (isResourcePermission(permission, 'scaffolder-task')) {
      return createScaffolderTaskConditionalDecision(
        permission,
        scaffolderTaskConditions.isTaskOwner({
          createdBy: [user.info.userEntityRef],
        }),
      );
    }
    return isForAdministrators(permission) ? DENY : ALLOW;
  }

  #decideIdentity(
    permission: ResourcePermission<typeof RESOURCE_TYPE_SERVICE_ACCOUNT>,
    groups: string[],
  ): PolicyDecision {
    const grants = this.#teams.filter(
      team =>
        groups.includes(team.group) &&
        (team.installAgent ||
          !isPermission(permission, agentInstallPermission)),
    );
    if (grants.length === 0) return DENY;
    const [first, ...others] = grants.map(conditionOf);
    return createPodIdentityConditionalDecision(permission, {
      anyOf: [first, ...others],
    });
  }
}

type Condition = PermissionCondition<'eks-pod-identity-service-account'>;

function conditionOf({
  namespaces,
  clusters,
}: TeamGrant): PermissionCriteria<Condition> {
  const inNamespace: Condition = podIdentityConditions.isInNamespace({
    namespaces,
  });
  if (!clusters) return inNamespace;
  const inCluster: Condition = podIdentityConditions.isInCluster({ clusters });
  return { allOf: [inCluster, inNamespace] };
}

/** Deleting from the catalog, managing the template runs of others, and what the portal's own setup lacks. */
function isForAdministrators(permission: Permission): boolean {
  return [
    'catalog.entity.delete',
    'catalog.location.delete',
    'scaffolder.template.management',
    setupReadPermission.name,
  ].includes(permission.name);
}

import type { CheckFix } from 'backstage-plugin-eks-pod-identity-common';
import { classifyAwsError } from '../aws/classify';
import {
  principalPolicy,
  proposedBoundary,
  readingPolicy,
  type RightsPlace,
  type RightsStatement,
  trustOfRoles,
} from '../aws/portalRights';
import { principalArn } from '../aws/principal';
import { readManagedPolicy } from '../aws/role';
import type {
  ClusterConfig,
  Clusters,
  ClusterSession,
  CredentialRole,
  EngineConfig,
} from '../clusters/types';
import { KubernetesError } from '../kubernetes/errors';
import { unknownRoleFix } from '../verification/facts/unknownRole';
import { rbacSnippet } from '../verification/fixes/rights';
import type { KubernetesRight } from '../verification/rights';
import { tryReads } from './awsReads';
import { IN_CLUSTER, IN_NAMESPACE } from './kubernetesRights';

/** What one question about the set-up of a cluster found. @public */
export interface SetupAnswer {
  /** Under which role it was asked. */
  role: CredentialRole;
  subject: 'role' | 'aws' | 'kubernetes' | 'boundary';
  status: 'pass' | 'fail' | 'unknown';
  /** One sentence. */
  message: string;
  fix?: CheckFix;
}

/** @public */
export interface SetupRequest {
  cluster: ClusterConfig;
  roles: readonly CredentialRole[];
  /** In which the portal may verify and write. */
  namespaces: readonly string[];
  /** ARN of the principal that assumes the roles. */
  caller: string;
}

const json = (document: unknown) => ({
  language: 'json',
  text: JSON.stringify(document, null, 2),
});

const messageOf = (error: unknown) =>
  error instanceof Error ? error.message : String(error);

async function assumed(
  session: ClusterSession,
  caller: string,
): Promise<SetupAnswer> {
  const { role, cluster } = session;
  const arn = cluster.roles[role];
  try {
    const principal = await principalArn(session);
    return {
      role,
      subject: 'role',
      status: 'pass',
      message: `AWS knows the caller as ${principal}.`,
    };
  } catch (error) {
    return {
      role,
      subject: 'role',
      status: 'fail',
      message: messageOf(error),
      fix: arn
        ? {
            cause:
              'The role is not there, does not trust the caller, or the caller may not assume it.',
            actions: [
              `Make the role, or give it the first document as its trust policy (deploy/cloudformation.yaml has all roles).`,
              `Allow the second document to ${caller}.`,
            ],
            snippet: json([trustOfRoles(caller), principalPolicy(arn)]),
          }
        : undefined,
    };
  }
}

async function reading(
  session: ClusterSession,
  place: RightsPlace,
): Promise<SetupAnswer> {
  const { role } = session;
  const { tried, denied, unanswered } = await tryReads(session);
  const answer = { role, subject: 'aws' as const };
  if (denied.length) {
    const lacks = ({ Action }: RightsStatement) =>
      [Action].flat().some(action => denied.includes(action));
    return {
      ...answer,
      status: 'fail',
      message: `AWS denies ${denied.join(', ')}.`,
      fix: {
        cause:
          'The policy of the role lacks these statements, or parts of them.',
        actions: [
          'Give the role the statements below; docs/permissions.md explains them, and deploy/ has them ready.',
        ],
        snippet: json({
          Version: '2012-10-17',
          Statement: readingPolicy(place).Statement.filter(lacks),
        }),
      },
    };
  }
  if (unanswered.size) {
    const [[action, words]] = unanswered;
    return {
      ...answer,
      status: 'unknown',
      message: `AWS did not answer ${[...unanswered.keys()].join(
        ', ',
      )}: ${action}: ${words}`,
    };
  }
  return {
    ...answer,
    status: 'pass',
    message: `AWS allows all ${tried.length} reads.`,
  };
}

function withNamespaces(
  rights: readonly KubernetesRight[],
  namespaces: readonly string[],
): KubernetesRight[] {
  return namespaces.flatMap(namespace =>
    rights.map(right => ({ ...right, namespace })),
  );
}

async function inKubernetes(
  session: ClusterSession,
  namespaces: readonly string[],
  arn: string | undefined,
): Promise<SetupAnswer> {
  const { role, cluster } = session;
  const answer = { role, subject: 'kubernetes' as const };
  const wanted = [
    ...IN_CLUSTER,
    ...withNamespaces(IN_NAMESPACE[role], namespaces),
  ];
  try {
    const api = await session.kubernetes();
    const reviews = await Promise.all(
      wanted.map(async right => {
        const { verb, resource, group, name, namespace } = right;
        const review = { verb, resource, group, name, namespace };
        return { right, allowed: (await api.canI(review)).allowed };
      }),
    );
    const lacking = reviews
      .filter(({ allowed }) => !allowed)
      .map(({ right }) => ({ ...right, role }));
    if (lacking.length) {
      return {
        ...answer,
        status: 'fail',
        message: `Kubernetes denies ${lacking
          .map(
            ({ verb, resource, namespace }) =>
              `${verb} ${resource}${namespace ? ` in ${namespace}` : ''}`,
          )
          .join(', ')}.`,
        fix: {
          cause: 'The groups of the role lack these RBAC rules.',
          actions: [
            'Apply the manifest; deploy/rbac.yaml has all rules at once.',
          ],
          snippet: rbacSnippet(lacking),
        },
      };
    }
    return {
      ...answer,
      status: 'pass',
      message: `Kubernetes allows all ${wanted.length} rights.`,
    };
  } catch (error) {
    if (error instanceof KubernetesError && error.kind === 'unauthorized') {
      const described = await session.describeCluster().catch(() => undefined);
      return {
        ...answer,
        status: 'fail',
        message: 'The cluster does not know the role: it answered 401.',
        fix: unknownRoleFix(error, {
          cluster,
          role,
          arn,
          authenticationMode: described?.accessConfig?.authenticationMode,
        }),
      };
    }
    return { ...answer, status: 'unknown', message: messageOf(error) };
  }
}

/** The boundary that created roles get: AWS has to have it. */
async function boundary(
  session: ClusterSession,
  place: RightsPlace,
): Promise<SetupAnswer> {
  const { role, cluster } = session;
  const answer = { role, subject: 'boundary' as const };
  const arn = cluster.guardrails.permissionsBoundaryArn;
  if (!arn) {
    return {
      ...answer,
      status: 'fail',
      message:
        'No boundary is configured, so that the documented write role may create no role.',
      fix: {
        cause: 'role.permissionsBoundaryArn is not set.',
        actions: [
          `Make the policy (deploy/cloudformation.yaml has it), and set role.permissionsBoundaryArn to ${place.boundaryArn}.`,
        ],
      },
    };
  }
  try {
    const found = await readManagedPolicy(session, arn);
    return found
      ? { ...answer, status: 'pass', message: `The boundary ${arn} exists.` }
      : {
          ...answer,
          status: 'fail',
          message: `The boundary ${arn} does not exist.`,
          fix: {
            cause: 'role.permissionsBoundaryArn names a policy that AWS lacks.',
            actions: [
              'Make it (docs/permissions.md has its document, deploy/cloudformation.yaml the policy), or correct the name.',
            ],
          },
        };
  } catch (error) {
    return {
      ...answer,
      status: 'unknown',
      message: classifyAwsError(error).message,
    };
  }
}

/**
 * Tries harmlessly what the portal needs on a cluster: its roles, what they may read on AWS, their rights in Kubernetes
 * and the boundary. Nothing is changed, and every gap is found at once; what only a change would show is not tried.
 *
 * @public
 */
export async function checkSetup(
  { cluster, roles, namespaces, caller }: SetupRequest,
  {
    clusters,
    config,
  }: { clusters: Clusters; config: Pick<EngineConfig, 'role'> },
): Promise<SetupAnswer[]> {
  const { partition, region, accountId, name, guardrails } = cluster;
  const place: RightsPlace = {
    partition,
    region,
    accountId,
    clusterName: name,
    rolePath: config.role.path,
    boundaryArn:
      guardrails.permissionsBoundaryArn ??
      proposedBoundary({ partition, accountId }),
  };
  const ofRole = async (role: CredentialRole): Promise<SetupAnswer[]> => {
    const session = clusters.session(cluster.id, role);
    const first = await assumed(session, caller);
    if (first.status !== 'pass') return [first];
    const arn = cluster.roles[role] ?? (await principalArn(session));
    return [
      first,
      ...(await Promise.all([
        reading(session, place),
        ...(cluster.kubernetes.access === 'none'
          ? []
          : [inKubernetes(session, namespaces, arn)]),
        ...(role === 'write' ? [boundary(session, place)] : []),
      ])),
    ];
  };
  return (await Promise.all(roles.map(ofRole))).flat();
}

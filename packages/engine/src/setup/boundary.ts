import type { SetupAnswer } from 'backstage-plugin-eks-pod-identity-common';
import type { RightsPlace, RightsStatement } from '../aws/portalRights';
import { readManagedPolicy } from '../aws/role';
import { boundaryPolicy } from '../aws/workloadBoundary';
import type { ClusterConfig, ClusterSession } from '../clusters/types';
import {
  GOVERNING,
  judgePower,
  otherRolesBehind,
} from '../guardrails/forbiddenActions';
import { hasWildcard } from '../guardrails/patterns';
import { allowsSome } from '../iam/allowsSome';
import {
  asList,
  parsePolicyDocument,
  type PolicyDocument,
} from '../iam/policyDocument';
import { voiceOf } from '../text/voice';
import { answering, artefactsOf, json, wordsOf } from './answers';

/**
 * What the documented boundary denies: rights over rights, and the portal's own roles, here by their ARNs. Of STS only
 * `sts:AssumeRole` opens a role.
 */
const denialsFor = (
  { roles }: Pick<ClusterConfig, 'roles'>,
  place: RightsPlace,
): RightsStatement[] =>
  boundaryPolicy(place)
    .Statement.filter(({ Effect }) => Effect === 'Deny')
    .map(statement =>
      statement.Resource === '*'
        ? statement
        : {
            ...statement,
            Action: 'sts:AssumeRole',
            Resource: [
              ...new Set([
                ...Object.values(roles),
                `arn:${place.partition}:iam::${place.accountId}:role${place.rolePath}*`,
              ]),
            ],
          },
    );

/**
 * The actions by which a workload would reach another role, of those that the boundary allows by name, or by a wildcard in
 * a service that it names. What a company's boundary allows of all services is not held against it.
 */
function reachingIn(limits: PolicyDocument): string[] {
  const allowed = (action: string) =>
    allowsSome(limits, action.toLowerCase(), '*');
  return limits.Statement.filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action }) => asList(Action).map(String))
    .flatMap(action => {
      if (!hasWildcard(action)) {
        return judgePower(action) && allowed(action) ? [action] : [];
      }
      if (/^[*?]/.test(action)) return [];
      const reached = otherRolesBehind(action).filter(allowed);
      if (reached.length > 0) return [`${action} (${reached.join(', ')})`];
      const governs = GOVERNING.some(({ service }) =>
        action.toLowerCase().startsWith(`${service}:`),
      );
      return governs && judgePower(action) && allowed(action) ? [action] : [];
    });
}

/** Whether AWS has the boundary that created roles get, and whether it denies what the documented one does. */
export async function hasBoundary(
  reader: ClusterSession,
  place: RightsPlace,
): Promise<SetupAnswer> {
  const { pass, fail, unknown } = answering('write', 'boundary');
  const { settings } = voiceOf(reader.cluster);
  const arn = reader.cluster.guardrails.permissionsBoundaryArn;
  const document = json(boundaryPolicy(place));
  if (!arn) {
    return fail(
      'No boundary is configured, so that the documented write role may create no role.',
      {
        cause: 'role.permissionsBoundaryArn is not set.',
        actions: [
          `Make the policy, and set eksPodIdentity.role.permissionsBoundaryArn in ${settings} to its ARN, such as ${place.boundaryArn}.`,
        ],
        snippet: document,
      },
      artefactsOf(reader.cluster).boundary,
    );
  }
  try {
    const policy = await readManagedPolicy(reader, arn);
    if (!policy) {
      return fail(
        `The boundary ${arn} does not exist.`,
        {
          cause: 'role.permissionsBoundaryArn names a policy that AWS lacks.',
          actions: ['Make it with the document, or correct the setting.'],
          snippet: document,
        },
        artefactsOf(reader.cluster).boundary,
      );
    }
    const denials = denialsFor(reader.cluster, place);
    const limits = parsePolicyDocument(policy);
    const allowed = denials.flatMap(({ Action, Resource }) =>
      [Resource].flat().flatMap(resource =>
        [Action]
          .flat()
          .filter(action => allowsSome(limits, action.toLowerCase(), resource))
          .map(action =>
            resource === '*' ? action : `${action} on ${resource}`,
          ),
      ),
    );
    if (allowed.length > 0) {
      return fail(
        `The boundary ${arn} does not deny all that the documented one denies: ${allowed.join(
          ', ',
        )}.`,
        {
          cause:
            'A role with this boundary may have some of these rights, so the boundary is no hard limit. A denial with a condition, or of a part of them, does not count here.',
          actions: ['Add these statements to the boundary.'],
          snippet: json({ Version: '2012-10-17', Statement: denials }),
        },
        artefactsOf(reader.cluster).boundary,
      );
    }
    const reaching = reachingIn(limits);
    return reaching.length === 0
      ? pass(
          `The boundary ${arn} exists, and allows nothing that the documented one denies.`,
        )
      : fail(
          `The boundary ${arn} allows actions that reach other roles: ${reaching.join(
            ', ',
          )}.`,
          {
            cause:
              'A role with this boundary may have these rights, so the boundary is no hard limit.',
            actions: [
              'Take these actions out of the boundary, or deny what stands in brackets, as it stands there.',
            ],
          },
          artefactsOf(reader.cluster).boundary,
        );
  } catch (error) {
    return unknown(wordsOf(error));
  }
}

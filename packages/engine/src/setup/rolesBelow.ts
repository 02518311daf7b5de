import {
  MARK_TAGS,
  type SetupAnswer,
} from 'backstage-plugin-eks-pod-identity-common';
import { rolePages } from '../aws/account';
import { classifyAwsError } from '../aws/classify';
import { optionalPolicy, type RightsPlace } from '../aws/portalRights';
import type { Role } from '../aws/role';
import type { ClusterSession } from '../clusters/types';
import { apart, aws } from '../text/bash';
import { answering, artefactsOf, policyWith, wordsOf } from './answers';

/** Most pages of the account's roles to look through; a page holds up to 1,000. */
const MOST_PAGES = 10;
/** Most roles that an answer names. */
const MOST_NAMES = 10;

const LIST = 'iam:GetAccountAuthorizationDetails';

const counted = (roles: readonly Role[]) =>
  roles.length === 1 ? '1 role' : `${roles.length} roles`;

const named = (roles: readonly Role[], words = ({ name }: Role) => name) =>
  [
    ...roles.slice(0, MOST_NAMES).map(words),
    ...(roles.length > MOST_NAMES
      ? [`and ${roles.length - MOST_NAMES} more`]
      : []),
  ].join(', ');

async function rolesBelow(
  reader: ClusterSession,
  path: string,
): Promise<{ roles: Role[]; isAll: boolean }> {
  const found: Role[] = [];
  let pagesLeft = MOST_PAGES;
  for await (const { roles, isLast } of rolePages(reader)) {
    for (const { role } of roles) {
      if (role.path.startsWith(path)) found.push(role);
    }
    pagesLeft -= 1;
    if (isLast || pagesLeft === 0) return { roles: found, isAll: isLast };
  }
  return { roles: found, isAll: true };
}

/**
 * Whether the roles below the portal's path are as its rights take them to be: each with a boundary. Says which of them
 * another made, since AWS lets the portal change none of those.
 */
export async function rolesBelowThePath(
  reader: ClusterSession,
  place: RightsPlace,
): Promise<SetupAnswer> {
  const { rolePath, portalId, boundaryArn } = place;
  const { cluster } = reader;
  const { pass, fail, unknown } = answering('write', 'roles');
  try {
    const { roles, isAll } = await rolesBelow(reader, rolePath);
    const unbounded = roles.filter(one => !one.permissionsBoundaryArn);
    const others = roles.filter(
      ({ tags }) => tags[MARK_TAGS.portal] !== portalId,
    );
    const theirs =
      others.length > 0
        ? ` ${counted(others)} there ${
            others.length === 1 ? 'does' : 'do'
          } not carry ${
            MARK_TAGS.portal
          }=${portalId}, so AWS lets none of them be changed: ${named(
            others,
            ({ name, tags }) =>
              tags[MARK_TAGS.portal]
                ? `${name} (of ${tags[MARK_TAGS.portal]})`
                : name,
          )}.`
        : '';
    if (unbounded.length > 0) {
      return fail(
        `${counted(unbounded)} below ${rolePath} ${
          unbounded.length === 1 ? 'has' : 'have'
        } no permissions boundary: ${named(unbounded)}.${theirs}`,
        {
          cause: `The role that changes may hand every role below ${rolePath} to a pod, and may change those with ${MARK_TAGS.portal}=${portalId}: without a boundary nothing limits what they may do.`,
          actions: [
            'Put the boundary on each with the commands below, after a look at what it uses; or make what is not for pods again below another path.',
          ],
          snippet: {
            language: 'bash',
            text: apart(
              unbounded
                .slice(0, MOST_NAMES)
                .map(
                  ({ name }) =>
                    aws`iam put-role-permissions-boundary --region ${cluster.region} --role-name ${name} --permissions-boundary ${boundaryArn}`,
                ),
            )[0].text,
          },
        },
        artefactsOf(cluster).changing,
      );
    }
    return isAll
      ? pass(
          `Each of the ${counted(
            roles,
          )} below ${rolePath} has a permissions boundary.${theirs}`,
        )
      : unknown(
          `Not all looked at: the account has more than ${
            MOST_PAGES * 1000
          } roles. Each of the ${counted(
            roles,
          )} below ${rolePath} among the first has a permissions boundary.${theirs}`,
        );
  } catch (error) {
    return classifyAwsError(error).kind === 'denied'
      ? unknown(
          `Not looked at: AWS does not let the role that reads list the roles below ${rolePath} (${LIST}).`,
          {
            fix: {
              cause:
                'A role below the path without a boundary is more than the role that changes should have. Listing roles needs a right that is optional.',
              actions: ['Give the role that reads the statement below.'],
              snippet: policyWith(optionalPolicy(place).Statement, [LIST]),
            },
            artefact: artefactsOf(cluster).simulating,
          },
        )
      : unknown(`Not looked at: ${wordsOf(error)}`);
  }
}

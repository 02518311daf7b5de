import type { RoleDetail } from '@aws-sdk/client-iam';
import { packages } from '../async/packages';
import { classifyAwsError } from './classify';
import { toRole, type Role, type RolePolicies } from './role';
import type { AwsClients } from './types';

interface Session {
  aws: Pick<AwsClients, 'iam'>;
}

/** A role with the names of its policies. @public */
export interface RoleInAccount {
  role: Role;
  policies: RolePolicies;
}

/** Every role of an account by ARN; undefined where the portal is not allowed to list them all in one call. @public */
export type RolesOfAccount = Map<string, RoleInAccount> | undefined;

/** Page size: most roles that GetAccountAuthorizationDetails returns in one call. */
const PAGE = 1000;

function toRoleInAccount(detail: RoleDetail): RoleInAccount {
  return {
    role: toRole(detail),
    policies: {
      attached: (detail.AttachedManagedPolicies ?? [])
        .map(policy => policy.PolicyArn ?? '')
        .sort(),
      inline: (detail.RolePolicyList ?? [])
        .map(policy => policy.PolicyName ?? '')
        .sort(),
    },
  };
}

/** All roles of the account, page by page; a page holds up to 1,000. */
export async function* rolePages(
  { aws }: Session,
  abortSignal?: AbortSignal,
): AsyncGenerator<{ roles: RoleInAccount[]; isLast: boolean }> {
  const pages = packages.iam.paginateGetAccountAuthorizationDetails(
    { client: aws.iam },
    { Filter: ['Role'], MaxItems: PAGE },
    { abortSignal },
  );
  for await (const { RoleDetailList = [], Marker } of pages) {
    yield { roles: RoleDetailList.map(toRoleInAccount), isLast: !Marker };
  }
}

/**
 * All roles of the cluster's account, 1,000 per call. A portal without that right reads roles one by one instead, at
 * the pace of the account's token bucket.
 *
 * @public
 */
export async function readRoles(
  session: Session,
  signal: AbortSignal,
): Promise<RolesOfAccount> {
  const found = new Map<string, RoleInAccount>();
  try {
    for await (const { roles } of rolePages(session, signal)) {
      for (const one of roles) found.set(one.role.arn, one);
    }
  } catch (error) {
    if (classifyAwsError(error).kind === 'denied') return undefined;
    throw error;
  }
  return found;
}

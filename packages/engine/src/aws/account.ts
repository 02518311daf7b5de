import {
  GetAccountAuthorizationDetailsCommand,
  type RoleDetail,
} from '@aws-sdk/client-iam';
import { classifyAwsError } from './classify';
import { iamPages } from './pages';
import type { ClusterSession } from '../clusters/types';
import { roleFact } from '../verification/facts/awsRole';
import type { RoleFact, RolePoliciesFact } from '../verification/facts/types';

/** A role with the names of its policies. */
export interface SeenRole {
  role: RoleFact;
  policies: RolePoliciesFact;
}

/** Every role of an account by ARN; undefined where the portal may not ask for all at once. */
export type SeenRoles = Map<string, SeenRole> | undefined;

/** GetAccountAuthorizationDetails answers at most this many a call. */
const PAGE = 1000;

function toSeen(detail: RoleDetail): SeenRole {
  return {
    role: roleFact(detail),
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

/**
 * All roles of the cluster's account, 1,000 a call. A portal without that right looks at roles one by one instead,
 * at the pace of the account's bucket.
 */
export async function readRoles(
  session: ClusterSession,
  signal: AbortSignal,
): Promise<SeenRoles> {
  const roles = new Map<string, SeenRole>();
  try {
    const pages = iamPages(Marker =>
      session.aws.iam.send(
        new GetAccountAuthorizationDetailsCommand({
          Filter: ['Role'],
          MaxItems: PAGE,
          Marker,
        }),
        { abortSignal: signal },
      ),
    );
    for await (const { RoleDetailList = [] } of pages) {
      for (const detail of RoleDetailList) {
        const seen = toSeen(detail);
        roles.set(seen.role.arn, seen);
      }
    }
  } catch (error) {
    if (classifyAwsError(error).kind === 'denied') return undefined;
    throw error;
  }
  return roles;
}

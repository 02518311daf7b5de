import type { EntityType, RoleDetail } from '@aws-sdk/client-iam';
import { packages } from '../async/packages';
import type { SessionStatement } from '../iam/sessionNames';
import { classifyAwsError } from './classify';
import {
  decodeDocument,
  type InlinePolicy,
  type Role,
  type RolePolicies,
  toRole,
} from './role';
import type { AwsClients } from './types';

export interface Session {
  aws: Pick<AwsClients, 'iam'>;
}

/** A policy that is about some sessions of a role only. @public */
export interface SessionPolicy extends SessionStatement {
  /** Name of the role's policy; absent for the trust policy of another role. */
  policy?: string;
}

/** A role with the names of its policies. @public */
export interface RoleInAccount {
  role: Role;
  policies: RolePolicies;
  /** Its inline policies, each document as IAM encodes it; absent where the reader did not ask for those of this role. */
  encodedPolicies?: { name: string; encoded?: string }[];
  /**
   * Whether a policy of it allows to assume a role, or the trust policy of another role of the account names it; absent
   * where the policies of the account were not asked for.
   */
  mayAssume?: boolean;
  /** What policies of the account say of some of its sessions; absent where they say nothing or were not asked for. */
  sessionPolicies?: SessionPolicy[];
}

/** Every role of an account by ARN; undefined where the portal is not allowed to list them all in one call. @public */
export type RolesOfAccount = Map<string, RoleInAccount> | undefined;

/** Page size: most roles that GetAccountAuthorizationDetails returns in one call. */
const PAGE = 1000;

export function toRoleInAccount(
  detail: RoleDetail,
  documentsOf?: ReadonlySet<string>,
): RoleInAccount {
  const encodedPolicies = (detail.RolePolicyList ?? []).map(
    ({ PolicyName: name = '', PolicyDocument: encoded }) => ({ name, encoded }),
  );
  return {
    role: toRole(detail),
    policies: {
      attached: (detail.AttachedManagedPolicies ?? [])
        .map(policy => policy.PolicyArn ?? '')
        .sort(),
      inline: encodedPolicies.map(({ name }) => name).sort(),
    },
    ...(documentsOf?.has(detail.Arn ?? '') ? { encodedPolicies } : {}),
  };
}

/** The inline policies of a role by name; undefined where their documents were not kept. */
export const inlinePoliciesOf = (
  role: RoleInAccount,
): InlinePolicy[] | undefined =>
  role.encodedPolicies
    ?.map(({ name, encoded }) => ({ name, document: decodeDocument(encoded) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));

export const detailPages = (
  { aws }: Session,
  Filter: EntityType[],
  abortSignal?: AbortSignal,
) =>
  packages.iam.paginateGetAccountAuthorizationDetails(
    { client: aws.iam },
    { Filter, MaxItems: PAGE },
    { abortSignal },
  );

/** All roles of the account, page by page; a page holds up to 1,000. */
export async function* rolePages(
  session: Session,
  abortSignal?: AbortSignal,
  documentsOf?: ReadonlySet<string>,
): AsyncGenerator<{ roles: RoleInAccount[]; isLast: boolean }> {
  const pages = detailPages(session, ['Role'], abortSignal);
  for await (const { RoleDetailList = [], Marker } of pages) {
    yield {
      roles: RoleDetailList.map(one => toRoleInAccount(one, documentsOf)),
      isLast: !Marker,
    };
  }
}

/**
 * All roles of the cluster's account, 1,000 per call. A portal without that right reads roles one by one instead, at
 * the pace of the account's token bucket.
 *
 * @param documentsOf - ARNs of the roles whose inline policies are kept with their documents
 * @public
 */
export async function readRoles(
  session: Session,
  signal: AbortSignal,
  documentsOf?: ReadonlySet<string>,
): Promise<RolesOfAccount> {
  return unlessDenied(readAll(session, signal, documentsOf));
}

async function readAll(
  session: Session,
  signal: AbortSignal,
  documentsOf?: ReadonlySet<string>,
) {
  const found = new Map<string, RoleInAccount>();
  for await (const { roles } of rolePages(session, signal, documentsOf)) {
    for (const one of roles) found.set(one.role.arn, one);
  }
  return found;
}

/** Undefined where AWS does not allow it. @public */
export async function unlessDenied<T>(
  reading: Promise<T>,
): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (classifyAwsError(error).kind === 'denied') return undefined;
    throw error;
  }
}

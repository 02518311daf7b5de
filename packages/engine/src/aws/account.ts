import type {
  EntityType,
  ManagedPolicyDetail,
  RoleDetail,
} from '@aws-sdk/client-iam';
import { packages } from '../async/packages';
import { mayAllow } from '../iam/actions';
import { asList, parsePolicyDocument } from '../iam/policyDocument';
import { classifyAwsError } from './classify';
import {
  decodeDocument,
  type InlinePolicy,
  type Role,
  type RolePolicies,
  toRole,
} from './role';
import type { AwsClients } from './types';

interface Session {
  aws: Pick<AwsClients, 'iam'>;
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
}

/** Every role of an account by ARN; undefined where the portal is not allowed to list them all in one call. @public */
export type RolesOfAccount = Map<string, RoleInAccount> | undefined;

/** Page size: most roles that GetAccountAuthorizationDetails returns in one call. */
const PAGE = 1000;

function toRoleInAccount(
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

const detailPages = (
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

const ASSUME = 'sts:AssumeRole';

function allowsAssuming(document: string | undefined): boolean {
  try {
    return (
      document !== undefined && mayAllow(parsePolicyDocument(document), ASSUME)
    );
  } catch {
    // What cannot be read may allow it.
    return true;
  }
}

const versionInUse = ({ PolicyVersionList = [] }: ManagedPolicyDetail) =>
  PolicyVersionList.find(({ IsDefaultVersion }) => IsDefaultVersion)?.Document;

/** ARNs that a trust policy lets in by name. */
function namedIn({ trustPolicy }: Role): string[] {
  try {
    return parsePolicyDocument(trustPolicy).Statement.flatMap(
      ({ Effect, Principal }) =>
        Effect === 'Allow' && typeof Principal === 'object' && Principal
          ? asList((Principal as Record<string, unknown>).AWS).map(String)
          : [],
    );
  } catch {
    return [];
  }
}

/**
 * All roles of the cluster's account with whether they may assume others, by a policy in use or because the trust policy of
 * another role names them.
 *
 * @param documentsOf - ARNs of the roles whose inline policies are kept with their documents
 * @throws what AWS answers, also where the caller is not allowed to
 * @public
 */
export async function readRolesWithPolicies(
  session: Session,
  abortSignal: AbortSignal,
  documentsOf?: ReadonlySet<string>,
): Promise<Map<string, RoleInAccount>> {
  const pages = detailPages(
    session,
    ['Role', 'LocalManagedPolicy', 'AWSManagedPolicy'],
    abortSignal,
  );
  const found = new Map<string, RoleInAccount>();
  const assuming = new Set<string>();
  const named = new Set<string>();
  for await (const { RoleDetailList = [], Policies = [] } of pages) {
    for (const detail of RoleDetailList) {
      const one = toRoleInAccount(detail, documentsOf);
      found.set(one.role.arn, one);
      const inline = detail.RolePolicyList ?? [];
      if (inline.some(({ PolicyDocument }) => allowsAssuming(PolicyDocument))) {
        one.mayAssume = true;
      }
      for (const arn of namedIn(one.role)) {
        if (arn !== one.role.arn) named.add(arn);
      }
    }
    for (const policy of Policies) {
      if (policy.Arn && allowsAssuming(versionInUse(policy))) {
        assuming.add(policy.Arn);
      }
    }
  }
  for (const [arn, one] of found) {
    one.mayAssume ||=
      named.has(arn) || one.policies.attached.some(name => assuming.has(name));
  }
  return found;
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

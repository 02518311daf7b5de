import type {
  EntityType,
  ManagedPolicyDetail,
  RoleDetail,
} from '@aws-sdk/client-iam';
import { packages } from '../async/packages';
import { mayAllow } from '../iam/actions';
import {
  asList,
  parsePolicyDocument,
  type PolicyStatement,
} from '../iam/policyDocument';
import { sessionNamesIn, sessionOfPrincipal } from '../iam/sessionNames';
import { nameOfArn } from './arn';
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

/** A policy that depends on the name of a session of a role. @public */
export interface SessionName {
  /** `*` and `?` are wildcards; `*` alone where a variable of the policy stands for the name. */
  name: string;
  /** Such as `policy nightly of role batch` and `the trust policy of role partner`. */
  policy: string;
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
  /** Policies of the account that depend on the name of its session; absent where there is none, or policies were not asked for. */
  sessionNames?: SessionName[];
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

/** What a policy says of the sessions of the roles that have it. */
interface OfSessions {
  mayAssume: boolean;
  names: string[];
}

function ofSessions(document: string | undefined): OfSessions {
  if (document === undefined) return { mayAssume: false, names: [] };
  try {
    const parsed = parsePolicyDocument(document);
    return {
      mayAssume: mayAllow(parsed, ASSUME),
      names: sessionNamesIn(parsed.Statement),
    };
  } catch {
    // What cannot be read may allow it.
    return { mayAssume: true, names: [] };
  }
}

const versionInUse = ({ PolicyVersionList = [] }: ManagedPolicyDetail) =>
  PolicyVersionList.find(({ IsDefaultVersion }) => IsDefaultVersion)?.Document;

/** The statements of a trust policy, each with the ARNs that it names as principals. */
function principalsIn({ trustPolicy }: Role) {
  let statements: PolicyStatement[];
  try {
    statements = parsePolicyDocument(trustPolicy).Statement;
  } catch {
    return [];
  }
  return statements.flatMap(statement => {
    const { Principal } = statement;
    return typeof Principal === 'object' && Principal
      ? asList((Principal as Record<string, unknown>).AWS).map(arn => ({
          statement,
          arn: String(arn),
        }))
      : [];
  });
}

/**
 * All roles of the cluster's account with whether they may assume others, by a policy in use or because the trust policy of
 * another role names them, and with the names of their sessions that policies depend on.
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
  const managed = new Map<string, OfSessions>();
  for await (const { RoleDetailList = [], Policies = [] } of pages) {
    for (const detail of RoleDetailList) {
      const one = toRoleInAccount(detail, documentsOf);
      found.set(one.role.arn, one);
      for (const { PolicyName, PolicyDocument } of detail.RolePolicyList ??
        []) {
        addOfSessions(
          one,
          ofSessions(PolicyDocument),
          `policy ${PolicyName} of role ${one.role.name}`,
        );
      }
    }
    for (const policy of Policies) {
      const of = ofSessions(versionInUse(policy));
      if (policy.Arn && (of.mayAssume || of.names.length > 0)) {
        managed.set(policy.Arn, of);
      }
    }
  }
  for (const one of found.values()) {
    one.mayAssume ??= false;
    for (const arn of one.policies.attached) {
      const of = managed.get(arn);
      if (!of) continue;
      addOfSessions(
        one,
        of,
        `policy ${nameOfArn(arn)} of role ${one.role.name}`,
      );
    }
  }
  addOfTrust(found);
  return found;
}

function addOfSessions(
  to: RoleInAccount,
  { mayAssume, names }: OfSessions,
  policy: string,
): void {
  if (mayAssume) to.mayAssume = true;
  for (const name of names) (to.sessionNames ??= []).push({ name, policy });
}

/** Adds what the trust policies of other roles say of the sessions of each role. */
function addOfTrust(roles: ReadonlyMap<string, RoleInAccount>): void {
  const byName = new Map([...roles.values()].map(one => [one.role.name, one]));
  for (const { role } of roles.values()) {
    const policy = `the trust policy of role ${role.name}`;
    for (const { statement, arn } of principalsIn(role)) {
      const session = sessionOfPrincipal(arn);
      const named = session ? byName.get(session.role) : roles.get(arn);
      if (named && named.role !== role) {
        addOfSessions(
          named,
          {
            mayAssume: statement.Effect === 'Allow' && !session,
            names: [
              ...(session ? [session.name] : []),
              ...sessionNamesIn([statement]),
            ],
          },
          policy,
        );
      }
    }
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

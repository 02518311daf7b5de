import type { ManagedPolicyDetail } from '@aws-sdk/client-iam';
import { mayAllow } from '../iam/actions';
import {
  asList,
  parsePolicyDocument,
  type PolicyStatement,
} from '../iam/policyDocument';
import {
  ofOneSession,
  type SessionStatement,
  sessionOfPrincipal,
  sessionStatements,
  userIdsOf,
} from '../iam/sessionNames';
import {
  detailPages,
  type RoleInAccount,
  type Session,
  toRoleInAccount,
} from './account';
import { accountOfArn, nameOfArn } from './arn';
import type { Role } from './role';

const ASSUME = 'sts:AssumeRole';

/** What a policy says of the sessions of the roles that have it. */
interface OfSessions {
  mayAssume: boolean;
  statements: SessionStatement[];
}

function ofSessions(document: string | undefined): OfSessions {
  if (document === undefined) return { mayAssume: false, statements: [] };
  try {
    const parsed = parsePolicyDocument(document);
    return {
      mayAssume: mayAllow(parsed, ASSUME),
      statements: sessionStatements(parsed.Statement),
    };
  } catch {
    // What cannot be read may allow it.
    return { mayAssume: true, statements: [] };
  }
}

const versionInUse = ({ PolicyVersionList = [] }: ManagedPolicyDetail) =>
  PolicyVersionList.find(({ IsDefaultVersion }) => IsDefaultVersion)?.Document;

function add(
  to: RoleInAccount,
  statements: readonly SessionStatement[],
  policy?: string,
): void {
  for (const one of statements) {
    (to.sessionPolicies ??= []).push({ ...one, ...(policy ? { policy } : {}) });
  }
}

/** Adds what one statement of a trust policy says of the sessions of other roles. */
function addOfTrust(
  statement: PolicyStatement,
  ofRole: Role,
  { byArn, byName, byId }: Record<'byArn' | 'byName' | 'byId', Roles>,
): void {
  const { Principal } = statement;
  const principals =
    typeof Principal === 'object' && Principal
      ? asList((Principal as Record<string, unknown>).AWS).map(String)
      : [];
  const effect = statement.Effect === 'Deny' ? 'Deny' : 'Allow';
  const about = sessionStatements([statement]);
  const ids = about
    .flatMap(userIdsOf)
    .flatMap(userId => byId.get(userId.split(':')[0]) ?? []);
  const named = principals.flatMap(arn => byArn.get(arn) ?? []);
  for (const one of named) {
    if (one.role !== ofRole && effect === 'Allow') one.mayAssume = true;
  }
  for (const one of new Set([...named, ...ids])) {
    if (one.role !== ofRole) add(one, about);
  }
  for (const arn of principals) {
    const session = sessionOfPrincipal(arn);
    const one = session && byName.get(nameOfArn(session.roleArn));
    // Role names are unique in an account, and this role may be of another.
    const isIts =
      one && accountOfArn(one.role.arn) === accountOfArn(session.roleArn);
    if (isIts && one.role !== ofRole) {
      add(one, [ofOneSession(effect, `${one.role.roleId}:${session.name}`)]);
    }
  }
}

type Roles = ReadonlyMap<string, RoleInAccount>;

/**
 * All roles of the cluster's account with whether they may assume others, by a policy in use or because the trust policy of
 * another role names them, and with what policies say of some of their sessions only.
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
        const { mayAssume, statements } = ofSessions(PolicyDocument);
        one.mayAssume ||= mayAssume;
        add(one, statements, PolicyName);
      }
    }
    for (const policy of Policies) {
      const of = ofSessions(versionInUse(policy));
      if (policy.Arn && (of.mayAssume || of.statements.length > 0)) {
        managed.set(policy.Arn, of);
      }
    }
  }
  const all = [...found.values()];
  const index = {
    byArn: found,
    byName: new Map(all.map(one => [one.role.name, one])),
    byId: new Map(all.map(one => [one.role.roleId, one])),
  };
  for (const one of all) {
    const { attached } = one.policies;
    one.mayAssume ||= attached.some(arn => managed.get(arn)?.mayAssume);
    // A boundary gives nothing, and takes away.
    for (const arn of [...attached, one.role.permissionsBoundaryArn ?? '']) {
      add(one, managed.get(arn)?.statements ?? [], nameOfArn(arn));
    }
  }
  for (const { role } of all) {
    try {
      const { Statement } = parsePolicyDocument(role.trustPolicy);
      Statement.forEach(one => addOfTrust(one, role, index));
    } catch {
      // A trust policy that cannot be read names no other role.
    }
  }
  return found;
}

import { accountOfArn, nameOfArn, partitionOfArn } from '../aws/arn';
import { Answer } from '../iam/conditions';
import { asList, PolicyStatement } from '../iam/policyDocument';
import { POD_IDENTITY_SERVICE } from './trust';
import type { TrustQuestion } from './trustContext';

/** Whether a statement reaches the caller, and why that is not certain. */
export interface PrincipalAnswer {
  answer: Answer;
  reason?: string;
  /** It names the source role itself or everybody, not only the account of the role. */
  byName?: boolean;
}

const YES: PrincipalAnswer = { answer: 'yes' };
const NO: PrincipalAnswer = { answer: 'no' };
const unsure = (reason: string): PrincipalAnswer => ({
  answer: 'unknown',
  reason,
});

function named(principal: unknown, kind: 'AWS' | 'Service'): string[] {
  return typeof principal === 'object' && principal !== null
    ? asList((principal as Record<string, unknown>)[kind]).map(String)
    : [];
}

/** The service principal of Pod Identity. */
function reachesService(
  principal: unknown,
  effect: string | undefined,
): PrincipalAnswer {
  if (named(principal, 'Service').includes(POD_IDENTITY_SERVICE)) return YES;
  if (principal === '*') {
    // AWS documents that a Deny for "*" reaches service principals; for an Allow it does not say.
    return effect === 'Deny' ? YES : unsure('its principal is "*"');
  }
  if (named(principal, 'AWS').includes('*')) {
    return unsure(
      'its principal is {"AWS": "*"}, and AWS does not say whether that reaches a service',
    );
  }
  return named(principal, 'Service').includes('*')
    ? unsure('its principal is {"Service": "*"}')
    : NO;
}

/** A session of the source role: by its account, its ARN, or as one of everybody. */
function reachesRole(principal: unknown, roleArn: string): PrincipalAnswer {
  const account = accountOfArn(roleArn);
  const partition = partitionOfArn(roleArn);
  const found = named(principal, 'AWS');
  if (principal === '*' || found.includes('*') || found.includes(roleArn)) {
    return { answer: 'yes', byName: true };
  }
  const root = `arn:${partition}:iam::${account}:root`;
  if (found.includes(account) || found.includes(root)) return YES;
  const session = `arn:${partition}:sts::${account}:assumed-role/${nameOfArn(
    roleArn,
  )}/`;
  return found.some(name => name.startsWith(session))
    ? unsure('its principal is one session of the role')
    : NO;
}

/** Whether the statement reaches the caller of the question. */
export function principalAnswer(
  statement: PolicyStatement,
  { sourceRoleArn }: Pick<TrustQuestion, 'sourceRoleArn'>,
): PrincipalAnswer {
  const reaches = (principal: unknown) =>
    sourceRoleArn
      ? reachesRole(principal, sourceRoleArn)
      : reachesService(principal, statement.Effect);
  if (statement.NotPrincipal === undefined) return reaches(statement.Principal);
  const spared =
    statement.Effect === 'Deny' &&
    !sourceRoleArn &&
    reaches(statement.NotPrincipal).answer === 'yes';
  return spared
    ? NO
    : unsure('it uses NotPrincipal, which AWS rules out for trust policies');
}

/** The unique id of a user or role. IAM shows one in place of an ARN when the principal was deleted. */
const UNIQUE_ID = /^A[A-Z]{3}[A-Z0-9]{12,}$/;

/** Unique ids of deleted principals that the statement names. */
export function deadPrincipals(statement: PolicyStatement): string[] {
  return named(statement.Principal, 'AWS').filter(name => UNIQUE_ID.test(name));
}

/** The statement without deleted principals, which IAM refuses to store again; undefined where no other is left. */
export function withoutDeadPrincipals(
  statement: PolicyStatement,
): PolicyStatement | undefined {
  const dead = deadPrincipals(statement);
  if (!dead.length) return statement;
  const { AWS: _, ...others } = statement.Principal as Record<string, unknown>;
  const living = named(statement.Principal, 'AWS').filter(
    name => !dead.includes(name),
  );
  const principal = living.length ? { ...others, AWS: living } : others;
  return Object.keys(principal).length
    ? { ...statement, Principal: principal }
    : undefined;
}

import { evaluateConditions } from './conditions';
import { asList, type PolicyStatement } from './policyDocument';

/**
 * What policies can tell the sessions of a role apart by: the id of the role, a colon and the name of the session (IAM user
 * guide, "Global condition keys").
 */
const USER_ID = 'aws:userid';

/** The name of a session as a trust policy names its principal: `arn:aws:sts::111122223333:assumed-role/batch/nightly`. */
const PRINCIPAL = /^(arn:[^:]*):sts::([^:]*):assumed-role\/([^/]+)\/(.+)$/;

/** What AWS takes as the name of a session (STS API reference, AssumeRoleWithWebIdentity). */
export const isSessionName = (text: string) => /^[\w+=,.@-]{2,64}$/.test(text);

/** A statement that is about some sessions only; conditions on anything else are left out. */
export interface SessionStatement {
  effect: 'Allow' | 'Deny';
  /** By operator, the values of `aws:userid`. */
  condition: Record<string, Record<typeof USER_ID, string[]>>;
}

/** The statements whose conditions are about the user id. */
export const sessionStatements = (
  statements: readonly PolicyStatement[],
): SessionStatement[] =>
  statements.flatMap(({ Effect, Condition }) => {
    const condition: SessionStatement['condition'] = {};
    for (const [operator, keys] of Object.entries(
      (Condition ?? {}) as object,
    )) {
      for (const [key, values] of Object.entries((keys ?? {}) as object)) {
        if (key.toLowerCase() === USER_ID) {
          condition[operator] = { [USER_ID]: asList(values).map(String) };
        }
      }
    }
    return Object.keys(condition).length > 0
      ? [{ effect: Effect === 'Deny' ? 'Deny' : 'Allow', condition }]
      : [];
  });

/** All values of a statement. */
export const userIdsOf = ({ condition }: SessionStatement): string[] =>
  Object.values(condition).flatMap(values => values[USER_ID]);

/** A statement that lets in, or keeps out, one session of a role. */
export const ofOneSession = (
  effect: SessionStatement['effect'],
  userId: string,
): SessionStatement => ({
  effect,
  condition: { StringEquals: { [USER_ID]: [userId] } },
});

/** The role and the name of a session that is a principal; undefined for another principal. */
export function sessionOfPrincipal(
  arn: string,
): { roleArn: string; name: string } | undefined {
  const [, start, account, role, name = ''] = PRINCIPAL.exec(arn) ?? [];
  return isSessionName(name)
    ? { roleArn: `${start}:iam::${account}:role/${role}`, name }
    : undefined;
}

/** Whether a statement allows less, or denies more, to one user id than to another. */
export function takesAway(
  { effect, condition }: SessionStatement,
  before: string,
  after: string,
): boolean {
  const isMet = (userId: string) =>
    evaluateConditions(condition, {
      get: key => (key === USER_ID ? userId : undefined),
    }).answer;
  const [had, has] = effect === 'Allow' ? ['yes', 'no'] : ['no', 'yes'];
  return isMet(before) === had && isMet(after) === has;
}

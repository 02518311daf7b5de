import { asList, type PolicyStatement } from './policyDocument';

/** What a policy can tell the sessions of a role apart by (`aws:userid`: IAM user guide, "Global condition keys"). */
const USER_ID = 'aws:userid';
const VARIABLE = /\$\{\s*aws:userid\b/i;

/** The name of a session as a trust policy names its principal: `arn:aws:sts::111122223333:assumed-role/batch/nightly`. */
const PRINCIPAL = /^arn:[^:]*:sts:[^:]*:[^:]*:assumed-role\/([^/]+)\/(.+)$/;

/** What AWS takes as the name of a session (STS API reference, AssumeRoleWithWebIdentity). */
export const isSessionName = (text: string) => /^[\w+=,.@-]{2,64}$/.test(text);

/** The name in `AROA…:nightly`; none where every session fits, or none can. */
function nameIn(userId: string): string[] {
  const [, name = '*'] = /^[^:]*:(.+)$/.exec(userId) ?? [];
  if (name.includes('${')) return ['*'];
  return name !== '*' && /^[\w+=,.@*?-]{1,64}$/.test(name) ? [name] : [];
}

/**
 * The names of sessions that statements depend on, in which `*` and `?` are wildcards; `*` where a variable stands for the
 * name.
 */
export function sessionNamesIn(
  statements: readonly PolicyStatement[],
): string[] {
  const names = statements
    .flatMap(({ Condition }) => Object.values((Condition ?? {}) as object))
    .flatMap(keys => Object.entries((keys ?? {}) as object))
    .filter(([key]) => key.toLowerCase() === USER_ID)
    .flatMap(([, values]) => asList(values).map(String))
    .flatMap(nameIn);
  return [
    ...new Set(
      VARIABLE.test(JSON.stringify(statements)) ? [...names, '*'] : names,
    ),
  ];
}

/** The role and the name of a session that is a principal; undefined for another principal. */
export function sessionOfPrincipal(
  arn: string,
): { role: string; name: string } | undefined {
  const [, role, name] = PRINCIPAL.exec(arn) ?? [];
  return name ? { role, name } : undefined;
}

import { asList, parsePolicyDocument } from './policyDocument';

/** `arn:aws:iam::111122223333:root` and `111122223333` name the same principal; IAM rewrites one to the other. */
function principalName(value: string): string {
  return /^arn:[^:]+:iam::(\d{12}):root$/.exec(value)?.[1] ?? value;
}

function sortedSet(values: unknown[], map: (text: string) => string): string[] {
  return [...new Set(values.map(value => map(String(value))))].sort();
}

function canonicalPrincipal(principal: unknown): unknown {
  if (principal === '*') return { AWS: ['*'] };
  if (typeof principal !== 'object' || principal === null) return principal;
  return Object.fromEntries(
    Object.entries(principal)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([kind, names]) => [kind, sortedSet(asList(names), principalName)]),
  );
}

function canonicalCondition(condition: unknown): unknown {
  if (typeof condition !== 'object' || condition === null) return condition;
  const blocks = Object.entries(condition).map(([operator, keys]) => {
    const entries = Object.entries((keys ?? {}) as object).map(
      ([key, values]): [string, string[]] => [
        key.toLowerCase(),
        sortedSet(asList(values), text => text),
      ],
    );
    entries.sort(([a], [b]) => a.localeCompare(b));
    return [operator.toLowerCase(), Object.fromEntries(entries)] as const;
  });
  blocks.sort(([a], [b]) => a.localeCompare(b));
  return Object.fromEntries(blocks);
}

function canonicalStatement(statement: Record<string, unknown>): string {
  const result: [string, unknown][] = [];
  for (const key of Object.keys(statement).sort()) {
    const value = statement[key];
    if (value === undefined) continue;
    if (key === 'Action' || key === 'NotAction') {
      result.push([key, sortedSet(asList(value), t => t.toLowerCase())]);
    } else if (key === 'Resource' || key === 'NotResource') {
      result.push([key, sortedSet(asList(value), text => text)]);
    } else if (key === 'Principal' || key === 'NotPrincipal') {
      result.push([key, canonicalPrincipal(value)]);
    } else {
      // Sid and Effect are texts, which stay as they are.
      result.push([key, canonicalCondition(value)]);
    }
  }
  return JSON.stringify(result);
}

/**
 * Canonical text of a policy: the order of statements, keys and list members, a scalar for a list of one, the case of
 * actions and condition keys, and account ids for root ARNs make no difference.
 *
 * @throws InputError when the document is not a policy
 */
function canonicalPolicy(document: unknown): string {
  const { Statement, Version, ...rest } = parsePolicyDocument(document);
  return JSON.stringify({
    // Source: IAM policy elements, "Version": without it the old language version applies.
    Version: Version ?? '2008-10-17',
    ...rest,
    Statement: Statement.map(canonicalStatement).sort(),
  });
}

/** True when both documents say the same; a document that cannot be read equals nothing. @public */
export function samePolicy(a: unknown, b: unknown): boolean {
  try {
    return canonicalPolicy(a) === canonicalPolicy(b);
  } catch {
    return false;
  }
}

/** True when both statements say the same. */
export function sameStatement(a: object, b: object): boolean {
  return samePolicy({ Statement: a }, { Statement: b });
}

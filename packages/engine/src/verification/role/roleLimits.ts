import type { InlinePolicy, RolePolicies } from '../../aws/role';
import {
  asList,
  parsePolicyDocument,
  type PolicyStatement,
} from '../../iam/policyDocument';
import { andThen } from '../access/askKubernetes';
import type { Collector } from '../framework/collecting';
import { known, valueOf } from '../framework/fact';
import type { RoleLimitsFact } from '../framework/facts/role';
import { REVOKES } from '../workloads/formerCredentials';
import { inlineDocuments } from './awsRole';

/** The statements of a document; none where it is not one. */
export function statementsOf(document: unknown) {
  try {
    return parsePolicyDocument(document).Statement;
  } catch {
    return [];
  }
}

/** The values that a condition compares a key with. */
export const comparedWith = (condition: unknown, key: string): string[] =>
  Object.values(condition ?? {}).flatMap(keys =>
    Object.entries(keys ?? {})
      .filter(([name]) => name.toLowerCase() === key)
      .flatMap(([, values]) => asList(values).map(String)),
  );

/** True for a policy without which nothing would be less: it has statements, and no Allow. */
export function allowsNothing(document: unknown): boolean {
  const statements = statementsOf(document);
  return (
    statements.length > 0 &&
    statements.every(({ Effect }) => Effect !== 'Allow')
  );
}

/** Before when a statement denies everything, as the console writes it. */
function deniedBefore(statement: PolicyStatement): number[] {
  const { Effect, Action, Resource, Condition } = statement;
  const operators = Object.entries(Condition ?? {});
  const isAll =
    Effect === 'Deny' &&
    asList(Action).includes('*') &&
    asList(Resource).includes('*') &&
    operators.length === 1 &&
    operators.every(
      ([operator, keys]) =>
        operator === 'DateLessThan' && Object.keys(keys ?? {}).length === 1,
    );
  return isAll
    ? comparedWith(Condition, 'aws:tokenissuetime').map(Date.parse)
    : [];
}

/** What the policies of a role say, as far as their documents are there. */
export function limitsOf(
  { attached, inline }: RolePolicies,
  documents: readonly InlinePolicy[],
  now: number,
): RoleLimitsFact {
  const revoked = documents
    .filter(({ name }) => name === REVOKES)
    .flatMap(({ document }) => statementsOf(document).flatMap(deniedBefore))
    .filter(at => at <= now);
  const isAll = attached.length === 0 && documents.length === inline.length;
  return {
    ...(revoked.length ? { revokedAt: Math.max(...revoked) } : {}),
    ...(isAll && documents.every(({ document }) => allowsNothing(document))
      ? { allowsNothing: true as const }
      : {}),
  };
}

/**
 * Reads one policy where its name says that sessions were revoked, and in a run that starts a pod those of a role that has
 * no others: at most what a page of the role shows.
 */
export const collectRoleLimits: Collector<'roleLimits'> = async c => {
  const [role, policies] = await Promise.all([
    c.get('role'),
    c.get('rolePolicies'),
  ]);
  if (!policies.known) return policies;
  const { attached, inline } = policies.value;
  const found = valueOf(role);
  const all =
    c.request.probe === 'pod' && attached.length === 0 && inline.length > 0;
  if (!found || !(all || inline.includes(REVOKES))) return known({});
  return andThen(
    await (all
      ? c.get('inlinePolicies')
      : inlineDocuments(c, found, [REVOKES])),
    documents => limitsOf(policies.value, documents, c.operation.clock.now()),
  );
};

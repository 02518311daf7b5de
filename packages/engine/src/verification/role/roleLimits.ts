import { asList, parsePolicyDocument } from '../../iam/policyDocument';
import { andThen } from '../access/askKubernetes';
import type { Collector } from '../framework/collecting';
import { known, valueOf } from '../framework/fact';
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

/** True for a policy without which nothing would be less: it has no Allow. */
export const allowsNothing = (document: unknown) =>
  statementsOf(document).every(({ Effect }) => Effect !== 'Allow');

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
    documents => {
      const revoked = documents
        .filter(({ name }) => name === REVOKES)
        .flatMap(({ document }) => statementsOf(document))
        .filter(({ Effect }) => Effect === 'Deny')
        .flatMap(({ Condition }) =>
          comparedWith(Condition, 'aws:tokenissuetime'),
        )
        .map(Date.parse)
        .filter(Number.isFinite);
      return {
        ...(revoked.length ? { revokedAt: Math.max(...revoked) } : {}),
        ...(all && documents.every(({ document }) => allowsNothing(document))
          ? { allowsNothing: true as const }
          : {}),
      };
    },
  );
};

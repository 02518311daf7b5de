import { defineCheck, pass } from '../framework/check';
import type { AwsRight } from '../framework/rights';
import { lacking, lacksOf } from './portalLacks';
import { iamPolicySnippet } from './rightsSnippets';
import { capitalised } from '../../text/capitalised';
import { voiceOf } from '../../text/voice';

/**
 * Needed at no level: each check that could not read its facts says so and counts. This one collects what to grant.
 */
export const accessAws = defineCheck({
  id: 'access.aws',
  category: 'access',
  title: 'AWS can be read',
  question:
    'Does AWS answer, and let the verification read the cluster, the association and the role?',
  neededBy: [],
  needs: [],
  uses: ['cluster', 'addon', 'association', 'role', 'rolePolicies'],
  evaluate(facts, { cluster }) {
    const { my } = voiceOf(cluster);
    const lacks = lacksOf(Object.values(facts)).filter(
      // The Kubernetes facts have a separate check.
      lack => !lack.kubernetes,
    );
    if (lacks.length === 0) {
      return pass(`AWS answered every question about ${cluster.name}.`);
    }
    const rights = lacks
      .map(lack => lack.aws)
      .filter((right): right is AwsRight => right !== undefined);
    const other = lacks.find(lack => lack.fix)?.fix;
    return lacking(
      lacks,
      rights.length
        ? {
            cause: `${capitalised(
              my,
            )} own role lacks permissions in this account.`,
            actions: [
              `Add this policy to ${
                cluster.roles.read ?? `${my} role in this account`
              }.`,
            ],
            snippet: iamPolicySnippet(rights),
          }
        : other,
    );
  },
});

import {
  analyseTrustPolicy,
  type TrustQuestion,
} from '../../identity/trustAnalysis';
import { consoleLinks } from '../../identity/consoleLinks';
import {
  ALL_LEVELS,
  type CheckContext,
  defineCheck,
  fail,
  pass,
  warn,
} from '../check';

/** The request of this ref that its trust policy is judged for. */
export function trustQuestion(
  { ref, cluster }: Pick<CheckContext, 'ref' | 'cluster'>,
  rest: Pick<TrustQuestion, 'sessionTags' | 'externalId' | 'sourceRoleArn'>,
): TrustQuestion {
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    namespace: ref.namespace,
    serviceAccount: ref.serviceAccount,
    ...rest,
  };
}

export const roleTrustPolicy = defineCheck({
  id: 'role.trust-policy',
  category: 'role',
  title: 'The role trusts this ServiceAccount',
  question:
    'Does the trust policy of the role let Pod Identity in for exactly this cluster, namespace and ServiceAccount?',
  neededBy: ALL_LEVELS,
  dependsOn: ['role.exists'],
  needs: ['role'],
  uses: ['association'],
  evaluate({ role, association }, context) {
    // A missing role has failed role.exists.
    if (!role) throw new Error('There is no role to judge');
    const sessionTags = !(
      association.known && association.value?.disableSessionTags
    );
    const finding = analyseTrustPolicy(
      role.trustPolicy,
      trustQuestion(context, { sessionTags }),
    );
    const resource = {
      kind: 'role',
      name: role.arn,
      consoleUrl: consoleLinks(context.cluster).role(role.arn),
    };
    const { namespace, serviceAccount } = context.ref;
    const reasons = finding.reasons.join('; ');
    const fix = {
      cause: `${reasons}.`,
      actions: [
        `Add this statement to the trust policy of ${role.name}; the others can stay.`,
        'Then verify again; running pods follow at their next renewal, new ones at once.',
      ],
      snippet: {
        language: 'json',
        text: JSON.stringify(finding.fixStatement, null, 2),
      },
    };
    switch (finding.verdict) {
      case 'allows':
        return pass(
          `The trust policy of ${role.name} lets ${namespace}/${serviceAccount} in.`,
          { resource },
        );
      case 'denies':
        return fail(
          `The trust policy of ${role.name} does not let ${namespace}/${serviceAccount} in: ${reasons}.`,
          {
            resource,
            expected:
              'pods.eks.amazonaws.com may sts:AssumeRole and sts:TagSession for this ServiceAccount',
            observed: reasons,
            fix: finding.missing.includes('no-deny')
              ? {
                  ...fix,
                  actions: [
                    `Remove or narrow the Deny statement of ${role.name}; no Allow outranks it.`,
                  ],
                  snippet: undefined,
                }
              : fix,
          },
        );
      default:
        return warn(
          `Whether the trust policy of ${role.name} lets ${namespace}/${serviceAccount} in cannot be told from here: ${reasons}.`,
          {
            resource,
            observed: reasons,
            fix: {
              ...fix,
              cause: `It holds something that only AWS can decide at run time: ${reasons}.`,
              actions: [
                'Verify with a pod: what it obtains is the proof.',
                `If it obtains nothing, add this statement to the trust policy of ${role.name}.`,
              ],
            },
          },
        );
    }
  },
});

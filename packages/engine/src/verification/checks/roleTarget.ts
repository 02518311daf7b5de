import { allowsRoleChaining } from '../../identity/roleChaining';
import { targetAssumePolicy, targetTrustPolicy } from '../../identity/snippets';
import { analyseTrustPolicy } from '../../identity/trustAnalysis';
import { parsePolicyDocument } from '../../iam/policyDocument';
import {
  type CheckContext,
  defineCheck,
  fail,
  pass,
  skip,
  unknown,
} from '../check';
import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import type { TargetRoleFact } from '../facts/types';
import { trustQuestion } from './roleTrustPolicy';

/** Whether the first role may assume the target role. Only its inline policies are evaluated. */
function mayAssume(target: TargetRoleFact): {
  answer: 'yes' | 'no' | 'unknown';
  why: string;
} {
  if (!target.documents.known) {
    return { answer: 'unknown', why: target.documents.lack.sentence };
  }
  const documents = target.documents.value.flatMap(({ document }) => {
    try {
      return [parsePolicyDocument(document)];
    } catch {
      return [];
    }
  });
  const judged = allowsRoleChaining(documents, target.arn);
  return { answer: judged.answer, why: judged.reasons.join('; ') };
}

/** Both policies of the second hop, for their owners to paste. */
function bothSnippets(
  context: CheckContext,
  association: Association,
  target: TargetRoleFact,
) {
  const trust = targetTrustPolicy(
    {
      clusterArn: context.cluster.arn,
      namespace: context.ref.namespace,
      serviceAccount: context.ref.serviceAccount,
    },
    {
      roleArn: association.roleArn,
      sessionTags: !association.disableSessionTags,
      externalId: target.externalId,
    },
  );
  return {
    language: 'json',
    text: [
      `// Permissions of ${association.roleArn}`,
      JSON.stringify(targetAssumePolicy(target.arn), null, 2),
      '',
      `// Trust policy of ${target.arn}`,
      trust,
    ].join('\n'),
  };
}

function judgeTrust(target: Role, source: Association, context: CheckContext) {
  return analyseTrustPolicy(
    target.trustPolicy,
    trustQuestion(context, {
      sessionTags: !source.disableSessionTags,
      externalId: source.externalId,
      sourceRoleArn: source.roleArn,
    }),
  );
}

export const roleTarget = defineCheck({
  id: 'role.target',
  category: 'role',
  title: 'The role can assume its target role',
  question:
    'May the role assume the target role, and does the target role trust it?',
  neededBy: [],
  dependsOn: ['role.exists'],
  needs: ['association', 'targetRole'],
  uses: ['rolePolicies'],
  evaluate({ association, targetRole: target, rolePolicies }, context) {
    if (!association || !target) {
      return skip('Not applicable: the association has no target role.');
    }
    const snippet = bothSnippets(context, association, target);
    const resource = { kind: 'role', name: target.arn };
    const first = mayAssume(target);
    if (!target.role.known) {
      return unknown(
        `The second hop cannot be checked. ${target.role.lack.sentence}`,
        {
          resource,
          fix: {
            cause: 'The portal cannot read the target role.',
            actions: [
              'Verify with a pod: what it obtains is the proof.',
              'Let the owners of both roles compare them with these two policies.',
            ],
            snippet,
          },
        },
      );
    }
    const role = target.role.value;
    if (!role) {
      return fail(`The target role ${target.arn} does not exist.`, {
        resource,
        fix: {
          cause: 'The association names a target role that does not exist.',
          actions: [
            'Create the target role with this trust policy, or remove it from the association.',
          ],
          snippet,
        },
      });
    }
    const trust = judgeTrust(role, association, context);
    if (trust.verdict === 'denies') {
      return fail(
        `The target role ${role.name} does not let ${
          association.roleArn
        } in: ${trust.reasons.join('; ')}.`,
        {
          resource,
          fix: {
            cause:
              'The second hop is refused, so pods get no credentials at all.',
            actions: [
              'Let the owner of the target role add the trust policy below.',
            ],
            snippet,
          },
        },
      );
    }
    if (trust.verdict === 'allows' && first.answer === 'yes') {
      return pass(
        `The role may assume ${role.name}, and that role trusts it.`,
        { resource },
      );
    }
    if (first.answer === 'no') {
      const sure = rolePolicies.known && !rolePolicies.value.attached.length;
      return (sure ? fail : unknown)(
        `No inline policy of the role allows it to assume ${target.arn}${
          sure ? '' : '; whether a managed one does was not read'
        }.`,
        {
          resource,
          fix: {
            cause:
              'The role needs sts:AssumeRole and sts:TagSession on the target role.',
            actions: ['Add the permissions below to the role.'],
            snippet,
          },
        },
      );
    }
    return unknown(
      `Whether the hop to ${target.arn} works cannot be told from here: ${[
        first.why,
        ...trust.reasons,
      ]
        .filter(Boolean)
        .join('; ')}.`,
      {
        resource,
        fix: {
          cause: 'Part of the second hop is decided at run time only.',
          actions: ['Verify with a pod: what it obtains is the proof.'],
          snippet,
        },
      },
    );
  },
});

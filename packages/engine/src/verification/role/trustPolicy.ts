import type { Association } from '../../aws/association';
import { roleResource } from '../../identity/consoleLinks';
import type { TrustFinding } from '../../identity/trustAnalysis';
import {
  ALL_LEVELS,
  type CheckContext,
  defineCheck,
  fail,
  note,
  type Outcome,
  pass,
  unknown,
} from '../framework/check';
import { valueOf } from '../framework/fact';
import type { Fix } from '../framework/fix';
import { type ByName, judgePods } from './podsByName';
import { comparedWith, statementsOf } from './roleLimits';
import { trustPolicyFix } from './trustFixes';
import { firstHop, judgeHop } from './trustQuestions';

/** `statement "A" allows it` */
function decidedBy({ deciding }: TrustFinding): string {
  const names = deciding
    .filter(({ effect }) => effect === 'Allow')
    .map(({ name }) => name);
  return `${names.join(' and ')} ${names.length === 1 ? 'allows' : 'allow'} it`;
}

const SECOND = 1_000;
/** An end that is farther away says nothing to who reads this now. */
const SOON = 90 * 86_400_000;

/** The role, the answer of the analysis, and what else the check knows. */
interface Judged extends ByName {
  association: Association | undefined;
  context: CheckContext;
  /** The association could not be read, and its setting for session tags would change the answer. */
  tagsDecide: boolean;
}

function fixOf({ hop, finding, association, context }: Judged): Fix {
  return trustPolicyFix(hop, finding, association, context);
}

function cannotTell(judged: Judged): Outcome {
  const { hop, finding, who } = judged;
  const reasons = finding.reasons.join('; ');
  const fix = fixOf(judged);
  return unknown(
    `Whether the trust policy of ${hop.role.name} lets ${who} in cannot be told from here: ${reasons}.`,
    {
      observed: reasons,
      onceProven: `The trust policy of ${hop.role.name} holds what only AWS can evaluate (${reasons}); the pod obtained the identity, so it lets ${who} in.`,
      fix: {
        ...fix,
        cause: `It holds something that only AWS can decide at run time: ${reasons}.`,
        actions: [
          'Verify with a pod: if it obtains the identity, the policy lets it in.',
          'If EKS still refuses the role, continue with:',
          ...fix.actions,
        ],
      },
    },
  );
}

/** When the policy soon begins to refuse what it lets in now, by its own conditions on the time; undefined if it does not. */
function endOf({ role, question }: Judged['hop']): number | undefined {
  const { now } = question;
  if (now === undefined) return undefined;
  return statementsOf(role.trustPolicy)
    .flatMap(({ Condition }) => [
      ...comparedWith(Condition, 'aws:currenttime').map(Date.parse),
      ...comparedWith(Condition, 'aws:epochtime').map(one => +one * SECOND),
    ])
    .filter(at => at >= now && at < now + SOON)
    .sort((one, other) => one - other)
    .find(
      at =>
        judgeHop({ role, question: { ...question, now: at + SECOND } })
          .verdict === 'denies',
    );
}

function allowed({ hop, finding, who, tagsDecide }: Judged): Outcome {
  const message = `The trust policy of ${
    hop.role.name
  } lets ${who} in: ${decidedBy(finding)}${
    tagsDecide
      ? ' where the association sends session tags, which was not looked at'
      : ''
  }.`;
  const end = endOf(hop);
  const notes = [
    ...finding.notes,
    ...(end === undefined
      ? []
      : [
          `It refuses them after ${new Date(
            end,
          ).toISOString()}, by its own condition on the time`,
        ]),
  ];
  return notes.length ? note([message, `${notes.join('. ')}.`]) : pass(message);
}

function judge(judged: Judged): Outcome {
  const { hop, finding, who } = judged;
  if (finding.verdict === 'allows') return allowed(judged);
  if (finding.dependsOnPod) return judgePods(judged);
  if (finding.verdict === 'cannot-tell') return cannotTell(judged);
  const reasons = finding.reasons.join('; ');
  return fail(
    finding.missing.every(one => one === 'principal')
      ? `The role ${hop.role.name} does not trust EKS Pod Identity.`
      : `The role ${hop.role.name} does not trust ${who}: ${reasons}.`,
    {
      expected:
        'pods.eks.amazonaws.com may sts:AssumeRole and sts:TagSession for this service account',
      observed: reasons,
      fix: fixOf(judged),
    },
  );
}

export const roleTrustPolicy = defineCheck({
  id: 'role.trust-policy',
  category: 'role',
  title: 'The role trusts this service account',
  question:
    'Does the trust policy of the role let Pod Identity in for exactly this cluster, namespace and service account?',
  neededBy: ALL_LEVELS,
  dependsOn: ['role.exists'],
  needs: ['role'],
  uses: ['association', 'pods'],
  evaluate({ role, association: linked, pods }, context: CheckContext) {
    // A missing role has failed role.exists.
    if (!role) throw new Error('There is no role to judge');
    const association = valueOf(linked) ?? undefined;
    const hop = { role, question: firstHop(context, association) };
    const finding = judgeHop(hop);
    const tagless = { ...hop.question, sessionTags: false };
    const tagsDecide =
      !linked.known &&
      judgeHop({ role, question: tagless }).verdict !== finding.verdict;
    const { namespace, serviceAccount } = context.ref;
    const who = `${namespace}/${serviceAccount}`;
    return {
      ...judge({ hop, finding, association, context, pods, who, tagsDecide }),
      resource: roleResource(context.cluster, role.arn),
    };
  },
});

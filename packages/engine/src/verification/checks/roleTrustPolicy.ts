import type { CheckFix } from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import { consoleLinks } from '../../identity/consoleLinks';
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
  warn,
} from '../check';
import { type Fact, valueOf } from '../facts/fact';
import type { PodFact } from '../facts/types';
import { trustPolicyFix } from '../fixes/trustPolicy';
import { firstHop, type Hop, judgeHop } from '../trust';

/** `statement "A" allows it` */
function decidedBy({ deciding }: TrustFinding): string {
  const names = deciding
    .filter(({ effect }) => effect === 'Allow')
    .map(({ name }) => name);
  return `${names.join(' and ')} ${names.length === 1 ? 'allows' : 'allow'} it`;
}

/** The role, the answer of the analysis, and what else the check knows. */
interface Judged {
  hop: Hop;
  finding: TrustFinding;
  association: Association | undefined;
  context: CheckContext;
  pods: Fact<PodFact[]>;
  /** `namespace/name` of the ServiceAccount. */
  who: string;
}

/** The running pods with the answer for each of them. */
function judgeEach({ hop, pods }: Judged) {
  return (valueOf(pods) ?? []).map(({ name, uid }) => {
    const question = { ...hop.question, pod: { name, uid } };
    return { name, finding: judgeHop({ ...hop, question }) };
  });
}

type JudgedPods = ReturnType<typeof judgeEach>;

/** No pod runs, or none could be read. */
function withoutPods(
  { finding, pods }: Judged,
  admits: string,
  observed: string,
): Outcome {
  return unknown(
    `${admits}, and ${
      pods.known ? 'none of them runs' : 'its pods could not be read'
    }: ${observed}.`,
    {
      observed,
      fix: {
        cause: `Only the name of a pod can tell whether the role lets it in: ${finding.reasons.join(
          '; ',
        )}.`,
        actions: [
          pods.known
            ? 'Start the workload, then verify again: its pods are judged by their names.'
            : `Let the portal list the pods, then verify again. ${pods.lack.sentence}`,
        ],
      },
    },
  );
}

/** Some running pods are refused: their names do not fit. */
function refusing(
  { hop }: Judged,
  all: JudgedPods,
  refused: JudgedPods,
  admits: string,
): Outcome {
  const [first] = refused;
  const observed = first.finding.reasons.join('; ');
  const which =
    refused.length === 1
      ? `the running pod ${first.name}`
      : `${refused.length} of ${all.length} running pods, ${first.name} among them`;
  return (refused.length === all.length ? fail : warn)(
    `${admits}, and it refuses ${which}: ${observed}.`,
    {
      observed,
      fix: {
        cause: `${observed}.`,
        actions: [
          `Let the owner of ${hop.role.name} compare the condition with the names of the pods, and widen it if these pods are meant.`,
          'Or give the workload the names that the condition asks for.',
        ],
      },
    },
  );
}

/** A policy that admits pods by their name or uid, judged for the pods that run. */
function judgePods(judged: Judged): Outcome {
  const { hop, finding, who } = judged;
  const admits = `The trust policy of ${hop.role.name} admits pods of ${who} by their name or uid`;
  const observed = finding.reasons.join('; ');
  const all = judgeEach(judged);
  if (!all.length) return withoutPods(judged, admits, observed);
  const of = (verdict: TrustFinding['verdict']) =>
    all.filter(one => one.finding.verdict === verdict);
  const refused = of('denies');
  if (refused.length) return refusing(judged, all, refused, admits);
  if (of('allows').length < all.length) {
    return unknown(`${admits}: ${observed}.`, { observed });
  }
  const which =
    all.length === 1
      ? `the running pod ${all[0].name}`
      : `all ${all.length} running pods`;
  return note(`${admits}. It lets ${which} in.`, { observed });
}

function fixOf({ hop, finding, association, context }: Judged): CheckFix {
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
          'If EKS refuses it the role, go on:',
          ...fix.actions,
        ],
      },
    },
  );
}

function allowed({ hop, finding, who }: Judged): Outcome {
  const message = `The trust policy of ${
    hop.role.name
  } lets ${who} in: ${decidedBy(finding)}.`;
  return finding.notes.length
    ? note(`${message} ${finding.notes.join('. ')}.`)
    : pass(message);
}

function judge(judged: Judged): Outcome {
  const { hop, finding, who } = judged;
  if (finding.verdict === 'allows') return allowed(judged);
  if (finding.dependsOnPod) return judgePods(judged);
  if (finding.verdict === 'cannot-tell') return cannotTell(judged);
  const reasons = finding.reasons.join('; ');
  return fail(
    `The trust policy of ${hop.role.name} does not let ${who} in: ${reasons}.`,
    {
      expected:
        'pods.eks.amazonaws.com may sts:AssumeRole and sts:TagSession for this ServiceAccount',
      observed: reasons,
      fix: fixOf(judged),
    },
  );
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
  uses: ['association', 'pods'],
  evaluate({ role, association: linked, pods }, context: CheckContext) {
    // A missing role has failed role.exists.
    if (!role) throw new Error('There is no role to judge');
    const association = valueOf(linked) ?? undefined;
    const hop = { role, question: firstHop(context, association) };
    const finding = judgeHop(hop);
    const { namespace, serviceAccount } = context.ref;
    const who = `${namespace}/${serviceAccount}`;
    return {
      ...judge({ hop, finding, association, context, pods, who }),
      resource: {
        kind: 'role',
        name: role.arn,
        consoleUrl: consoleLinks(context.cluster).role(role.arn),
      },
    };
  },
});

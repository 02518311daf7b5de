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
import { trustPolicyFix, withoutTagsFix } from '../fixes/trustPolicy';
import { firstHop, type Hop, judgeHop } from '../trust';

/** `statement "A" allows it` */
function decidedBy({ deciding }: TrustFinding): string {
  const names = deciding
    .filter(({ effect }) => effect === 'Allow')
    .map(({ name }) => name);
  return `${names.join(' and ')} ${names.length === 1 ? 'allows' : 'allow'} it`;
}

/** A policy that admits pods by their name or uid, judged for the pods that run. */
function judgePods(
  hop: Hop,
  finding: TrustFinding,
  pods: Fact<PodFact[]>,
  who: string,
): Outcome {
  const admits = `The trust policy of ${hop.role.name} admits pods of ${who} by their name or uid`;
  const observed = finding.reasons.join('; ');
  const running = valueOf(pods) ?? [];
  if (!running.length) {
    return unknown(
      `${admits}, and ${
        pods.known ? 'none of them runs' : 'its pods could not be read'
      }: ${observed}.`,
      {
        observed,
        fix: {
          cause: 'Only the name of a pod can tell whether the role lets it in.',
          actions: [
            pods.known
              ? 'Start the workload, then verify again: its pods are judged by their names.'
              : `Let the portal list the pods, then verify again. ${pods.lack.sentence}`,
          ],
        },
      },
    );
  }
  const judged = running.map(({ name, uid }) => ({
    name,
    finding: judgeHop({
      ...hop,
      question: { ...hop.question, pod: { name, uid } },
    }),
  }));
  const refused = judged.filter(one => one.finding.verdict === 'denies');
  if (!refused.length) {
    const surely = judged.every(one => one.finding.verdict === 'allows');
    return surely
      ? note(
          `${admits}. It lets ${
            judged.length === 1
              ? `the running pod ${judged[0].name}`
              : `all ${judged.length} running pods`
          } in.`,
          { observed },
        )
      : unknown(`${admits}: ${observed}.`, { observed });
  }
  const [{ finding: first }] = refused;
  return (refused.length === judged.length ? fail : warn)(
    `${admits}, and it refuses ${
      refused.length === 1
        ? `the running pod ${refused[0].name}`
        : `${refused.length} of ${judged.length} running pods, ${refused[0].name} among them`
    }: ${first.reasons.join('; ')}.`,
    {
      observed: first.reasons.join('; '),
      fix: {
        cause: `${first.reasons.join('; ')}.`,
        actions: [
          `Let the owner of ${hop.role.name} compare the condition with the names of the pods, and widen it if these pods are meant.`,
          'Or give the workload the names that the condition asks for.',
        ],
      },
    },
  );
}

function cannotTell(hop: Hop, finding: TrustFinding, who: string): Outcome {
  const reasons = finding.reasons.join('; ');
  const fix = trustPolicyFix(hop, finding);
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

function allowed(hop: Hop, finding: TrustFinding, who: string): Outcome {
  const message = `The trust policy of ${
    hop.role.name
  } lets ${who} in: ${decidedBy(finding)}.`;
  return finding.notes.length
    ? note(`${message} ${finding.notes.join('. ')}.`)
    : pass(message);
}

function judge(
  hop: Hop,
  finding: TrustFinding,
  pods: Fact<PodFact[]>,
  who: string,
): Outcome {
  if (finding.verdict === 'allows') return allowed(hop, finding, who);
  if (finding.dependsOnPod) return judgePods(hop, finding, pods, who);
  if (finding.verdict === 'cannot-tell') return cannotTell(hop, finding, who);
  const reasons = finding.reasons.join('; ');
  return fail(
    `The trust policy of ${hop.role.name} does not let ${who} in: ${reasons}.`,
    {
      expected:
        'pods.eks.amazonaws.com may sts:AssumeRole and sts:TagSession for this ServiceAccount',
      observed: reasons,
      fix: trustPolicyFix(hop, finding),
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
    const outcome = judge(hop, finding, pods, `${namespace}/${serviceAccount}`);
    const resource = {
      kind: 'role',
      name: role.arn,
      consoleUrl: consoleLinks(context.cluster).role(role.arn),
    };
    const tagsAreOff =
      association?.disableSessionTags &&
      finding.verdict === 'denies' &&
      !finding.missing.includes('no-deny');
    return {
      ...outcome,
      resource,
      ...(tagsAreOff
        ? {
            fix: withoutTagsFix(hop, finding, {
              association,
              cluster: context.cluster,
            }),
          }
        : {}),
    };
  },
});

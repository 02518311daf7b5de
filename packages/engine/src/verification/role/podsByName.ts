import type { TrustFinding } from '../../identity/trustAnalysis';
import { fail, note, type Outcome, unknown, warn } from '../framework/check';
import { type Fact, valueOf } from '../framework/fact';
import type { PodFact } from '../framework/facts/workloads';
import { type Hop, judgeHop } from './trustQuestions';

/** A trust policy that may admit pods by their name or uid, and the pods that run. */
export interface ByName {
  hop: Hop;
  finding: TrustFinding;
  pods: Fact<PodFact[]>;
  /** `namespace/name` of the service account. */
  who: string;
}

/** The running pods with the answer for each of them. */
function judgeEach({ hop, pods }: ByName) {
  return (valueOf(pods) ?? []).map(({ name, uid }) => {
    const question = { ...hop.question, pod: { name, uid } };
    return { name, finding: judgeHop({ ...hop, question }) };
  });
}

type EachPod = ReturnType<typeof judgeEach>;

/** No pod runs, or none could be read. */
function withoutPods(
  { finding, pods }: ByName,
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
            : `Allow the list of the pods, then verify again. ${pods.lack.sentence}`,
        ],
      },
    },
  );
}

/** Some running pods are refused: their names do not fit. */
function refusing(
  { hop }: ByName,
  all: EachPod,
  refused: EachPod,
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
      lacking: [{ how: 'identity', pods: refused.map(({ name }) => name) }],
      fix: {
        cause: 'The condition is on the name or the uid of a pod.',
        actions: [
          `Compare the condition in the trust policy of ${hop.role.name} with the names of the pods, and have it widened if these pods are meant.`,
          'Or give the workload the names that the condition asks for.',
        ],
      },
    },
  );
}

/** A policy that admits pods by their name or uid, judged for the pods that run. */
export function judgePods(judged: ByName): Outcome {
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
  return note([`${admits}.`, `It lets ${which} in.`], { observed });
}

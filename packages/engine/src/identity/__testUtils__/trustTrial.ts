import fc from 'fast-check';
import { type PolicyDocument, type SourceRole, trustAllows } from 'eks-sandbox';
import { analyseTrustPolicy, type TrustQuestion } from '../trustAnalysis';
import { trustEdit } from '../trustEdit';
import { trustSid } from '../names';
import {
  OTHERS,
  PODS,
  QUESTION,
  ROLE,
  SOURCE,
  Trial,
  trials,
} from './trustPolicies';

/** What the sandbox's evaluator, which shares no code with the analysis, says of one pod of a ref. */
function evaluator(
  policy: unknown,
  question: TrustQuestion,
  pod: (typeof PODS)[number],
  sourceArn = question.sourceRoleArn,
): boolean {
  const source: SourceRole | undefined = sourceArn
    ? {
        arn: sourceArn,
        roleId: 'AROALIVINGLIVINGLIVIN',
        externalId: question.externalId,
      }
    : undefined;
  const { clusterArn, clusterName, namespace, serviceAccount } = question;
  return trustAllows(policy as PolicyDocument, ROLE, {
    pod: { clusterArn, clusterName, namespace, serviceAccount, ...pod },
    sessionTags: question.sessionTags,
    source,
  });
}

/** Refs that are let in and that were not before. */
function opened(trial: Trial, after: unknown): string[] {
  const { policy, question } = trial;
  const strangers = [true, false].flatMap(sessionTags =>
    OTHERS.map(other => ({
      ...question,
      ...other,
      sessionTags,
      ...(question.externalId ? { externalId: 'of/another/ref' } : {}),
    })),
  );
  const requests = [
    ...strangers.map(stranger => ({
      stranger,
      source: question.sourceRoleArn,
    })),
    // The same ref through another first role.
    ...(question.sourceRoleArn
      ? [{ stranger: question, source: `${SOURCE}-2` }]
      : []),
  ];
  return requests
    .filter(
      ({ stranger, source }) =>
        !evaluator(policy, stranger, PODS[0], source) &&
        evaluator(after, stranger, PODS[0], source),
    )
    .map(({ stranger, source }) => JSON.stringify({ ...stranger, source }));
}

/** How the analysis of one policy compares with the evaluator. */
export interface TrialResult {
  verdict: 'allows' | 'denies' | 'cannot-tell';
  /** What the analysis got wrong; empty if nothing. */
  faults: string[];
  /** Of a policy that does not surely admit the ref: whether the edit turned it, or said that it cannot. */
  edit?: 'turned' | 'perhaps' | 'none';
}

/** Judges one random policy and holds the answer against the evaluator. */
function tryTrust(trial: Trial): TrialResult {
  const { policy, question } = trial;
  const finding = analyseTrustPolicy(policy, question);
  const { verdict } = finding;
  const letIn = PODS.map(pod => evaluator(policy, question, pod));
  const faults: string[] = [];
  if (verdict === 'allows' && letIn.includes(false)) {
    faults.push('"allows", and the evaluator refuses');
  }
  if (verdict === 'denies' && letIn.includes(true)) {
    faults.push('"denies", and the evaluator allows');
  }
  if (verdict === 'denies' && !finding.reasons.length) {
    faults.push('"denies" without a reason');
  }
  if (verdict === 'allows' && !finding.deciding.length) {
    faults.push('"allows" without a deciding statement');
  }
  if (verdict === 'allows') return { verdict, faults };
  const { document, obstacles } = trustEdit(policy, finding, question);
  if (!document) {
    if (!obstacles.length) faults.push('no edit and no reason for it');
    return { verdict, faults, edit: 'none' };
  }
  const sids = document.Statement.flatMap(({ Sid }) => Sid ?? []);
  if (new Set(sids).size < sids.length) {
    faults.push('the edit gives two statements one Sid');
  }
  const turned = PODS.every(pod => evaluator(document, question, pod));
  if (!turned && !obstacles.length) {
    faults.push('the edit does not turn the evaluator');
  }
  for (const who of opened(trial, document)) {
    faults.push(`the edit lets ${who} in`);
  }
  return { verdict, faults, edit: turned ? 'turned' : 'perhaps' };
}

/** Random trials, some of whose policies have the Sid of our own statement already. */
export const randomTrials = () => trials(trustSid(QUESTION), Date.now());

/**
 * Judges many random policies, always the same for a seed.
 *
 * @throws Error with the smallest policy that is judged wrongly
 */
export function tryManyTrusts(
  numRuns: number,
  seed: number,
  onResult: (result: TrialResult, trial: Trial) => void,
): void {
  fc.assert(
    fc.property(randomTrials(), trial => {
      const result = tryTrust(trial);
      onResult(result, trial);
      if (result.faults.length) throw new Error(result.faults.join('; '));
    }),
    { numRuns, seed },
  );
}

import {
  failureOf,
  type Operation,
  type PodIdentityClient,
  type StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import { type Shape, shapeOf } from './shape';

/** Runs of one operation while calls fail; then it waits for better times. */
const MOST_RUNS = 4;

export const STEPS = ['associate', 'change', 'verify', 'teardown'] as const;
type Step = (typeof STEPS)[number];

/** How one operation of a lifecycle went. */
interface StepOutcome {
  step: Step;
  /** Until it ended right, or all that were tried. */
  runs: number;
  right: boolean;
}

/** How one lifecycle went. */
export interface LifecycleOutcome {
  seed: number;
  steps: StepOutcome[];
  /** What a user read where an operation did not end right. */
  sentences: string[];
  /** What must not happen on any day. */
  problems: string[];
}

/** Where the lifecycles happen. */
export interface BadDay {
  client: PodIdentityClient;
  target: { clusterName: string; namespace: string; entityRef: string };
}

/** Traces of what only a developer should see. */
const RAW =
  /<\/?[A-Za-z][\w:]*>|\n\s+at |AWS SDK error wrapper|\$response|\[object |\bundefined\b|\bNaN\b|ECONNRESET|socket hang up/;

/** An error says what was tried, what was answered and what to do. */
const CLEAR =
  /^(Could not|Nothing was changed|The |Association|Role|Meanwhile|AWS |Not )[^]*(again|carries on from there)/;

const requestsOf = (shape: Shape, { target }: BadDay) => {
  const input = { ...target, serviceAccount: shape.serviceAccount };
  const associate = (managedPolicyArns: string[]): StartOperation => ({
    kind: 'associate',
    input: { ...input, managedPolicyArns, createServiceAccount: 'always' },
  });
  return {
    associate: associate(shape.policies),
    change: associate(shape.changedPolicies ?? shape.policies),
    verify: { kind: 'verify', input: { ...input, probe: shape.probe } },
    teardown: { kind: 'teardown', input },
  } satisfies Record<Step, StartOperation>;
};

/** Runs one operation to its end. */
export async function run(
  { client }: Pick<BadDay, 'client'>,
  request: StartOperation,
): Promise<Operation> {
  const { id } = await client.startOperation(request);
  for await (const _ of client.followOperation(id, { intervalMs: 50 }));
  return client.getOperation(id);
}

/** Undefined when the operation ended right, else what a user reads about it. */
function shortcoming({ result, error, state }: Operation): string | undefined {
  if (state !== 'succeeded' || !result) {
    return error?.message ?? `It ${state} without a word.`;
  }
  if (result.kind === 'associate' && result.effective !== 'yes') {
    return result.warnings.join(' ');
  }
  if (result.kind === 'verify' && result.status === 'could-not-check') {
    return result.report.checks
      .filter(({ status }) => status === 'unknown')
      .map(({ message }) => message)
      .join(' ');
  }
  return undefined;
}

/** What is wrong with the way in which an operation ended. */
function problemsOf({ result, error, state }: Operation): string[] {
  const problems: string[] = [];
  const raw = RAW.exec(JSON.stringify([result, error]));
  if (raw) problems.push(`it shows ${JSON.stringify(raw[0])}`);
  if (state === 'failed' && !CLEAR.test(error?.message ?? '')) {
    problems.push(`its error is not clear: ${error?.message}`);
  }
  // The identity is right, so what makes a verdict worse can only be the faults.
  if (result?.kind === 'verify' && failureOf(result.status) === 'finding') {
    const checks = result.report.checks
      .filter(({ status }) => status === 'fail' || status === 'warn')
      .map(({ id, message }) => `${id}: ${message}`);
    problems.push(`a false verdict, ${result.status}: ${checks.join(' ')}`);
  }
  return problems;
}

async function runStep(
  day: BadDay,
  outcome: LifecycleOutcome,
  step: Step,
  mostRuns: number,
): Promise<boolean> {
  const request = requestsOf(shapeOf(outcome.seed), day)[step];
  for (let runs = 1; ; runs++) {
    const operation = await run(day, request);
    const problems = problemsOf(operation);
    outcome.problems.push(...problems.map(text => `${step}: ${text}`));
    const sentence = shortcoming(operation);
    if (sentence !== undefined) outcome.sentences.push(sentence);
    const right = sentence === undefined && problems.length === 0;
    if (right || runs >= mostRuns) {
      outcome.steps.push({ step, runs, right });
      return right;
    }
  }
}

/** Gives an identity, changes it, proves it and takes it away, each with further runs if it does not end right. */
export async function runLifecycle(
  day: BadDay,
  seed: number,
): Promise<LifecycleOutcome> {
  const outcome: LifecycleOutcome = {
    seed,
    steps: [],
    sentences: [],
    problems: [],
  };
  const associated = await runStep(day, outcome, 'associate', MOST_RUNS);
  if (associated) {
    if (shapeOf(seed).changedPolicies) {
      await runStep(day, outcome, 'change', MOST_RUNS);
    }
    await runStep(day, outcome, 'verify', MOST_RUNS);
  }
  await runStep(day, outcome, 'teardown', MOST_RUNS);
  return outcome;
}

/** Runs again, once each and without faults, what did not end right. */
export async function runAgain(
  day: BadDay,
  outcome: LifecycleOutcome,
): Promise<void> {
  const clean: LifecycleOutcome = { ...outcome, steps: [] };
  if (outcome.steps.every(({ right }) => right)) return;
  for (const step of ['associate', 'verify', 'teardown'] as const) {
    if (!(await runStep(day, clean, step, 1))) {
      outcome.problems.push(`${step} does not end right without faults either`);
    }
  }
}

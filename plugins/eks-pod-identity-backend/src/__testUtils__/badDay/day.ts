import type { RecordedCall, SandboxClient, SeededFaults } from 'eks-sandbox';
import {
  type BadDay,
  type LifecycleOutcome,
  runAgain,
  runLifecycle,
  STEPS,
} from './lifecycle';
import { shapeOf } from './shape';
import { differences, stateOf } from './state';

/** Of all calls to AWS and Kubernetes. */
const RATES: SeededFaults['rates'] = {
  throttle: 0.3,
  'server-error': 0.05,
  unavailable: 0.05,
  reset: 0.02,
  'lost-answer': 0.02,
  truncate: 0.01,
};

/** What happened in one round. */
export interface Round {
  lifecycles: LifecycleOutcome[];
  /** Orphans and changes to what is not ours. */
  differences: string[];
  /** From outside the cluster, until the faults ended. */
  calls: Pick<RecordedCall, 'attempt' | 'fault'>[];
}

/** Puts what belongs to others into the same namespace: it has to survive. */
export async function putForeign(
  sandbox: SandboxClient,
  { target }: BadDay,
  seeds: number[],
): Promise<void> {
  const { clusterName, namespace } = target;
  const { arn } = await sandbox.aws.iam.putRole({
    name: 'bad-day-of-another-team',
    tags: { team: 'another' },
  });
  await sandbox.aws.eks.putAssociation(clusterName, {
    namespace,
    serviceAccount: 'bad-day-of-another-team',
    roleArn: arn,
  });
  const shapes = seeds.map(shapeOf).filter(shape => shape.serviceAccountExists);
  await sandbox.cluster(clusterName).apply(
    shapes.map(({ serviceAccount: name }) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace, labels: { team: 'another' } },
    })),
  );
}

/** Runs the lifecycles of some seeds at once under the faults of the first one, then again what did not end right. */
export async function runRound(
  sandbox: SandboxClient,
  day: BadDay,
  seeds: number[],
): Promise<Round> {
  const { clusterName } = day.target;
  const before = await stateOf(sandbox, clusterName);
  await sandbox.resetCalls();
  await sandbox.seedFaults({ seed: seeds[0], rates: RATES });
  const lifecycles = await Promise.all(
    seeds.map(seed => runLifecycle(day, seed)),
  );
  await sandbox.clearFaults();
  const calls = await sandbox.calls({ internal: false });
  for (const outcome of lifecycles) await runAgain(day, outcome);
  const after = await stateOf(sandbox, clusterName);
  return { lifecycles, differences: differences(before, after), calls };
}

/** Rows of a table in Markdown: how often each operation ended right at which run. */
export function outcomeTable(lifecycles: LifecycleOutcome[]): string[][] {
  const steps = lifecycles.flatMap(outcome => outcome.steps);
  return STEPS.map(step => {
    const all = steps.filter(one => one.step === step);
    const rightAt = (runs: (n: number) => boolean) =>
      String(all.filter(one => one.right && runs(one.runs)).length);
    return [
      step,
      String(all.length),
      rightAt(n => n === 1),
      rightAt(n => n === 2),
      rightAt(n => n > 2),
      String(all.filter(one => !one.right).length),
    ];
  });
}

export const OUTCOME_HEAD = [
  'operation',
  'all',
  'right at the first run',
  'at the second',
  'at a later one',
  'a clear error each time, right without faults',
];

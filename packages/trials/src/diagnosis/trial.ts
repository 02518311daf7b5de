import type {
  CheckResult,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  firstBrokenHop,
  stringifyServiceAccountRef,
  headline,
} from 'backstage-plugin-eks-pod-identity-common';
import { LifecycleWorld } from '../../../engine/src/lifecycle/__testUtils__/LifecycleWorld';
import { resetPortal } from './portal';
import { identityFrom, type SandboxCore, Stage } from 'eks-sandbox';
import type { Shell } from './shell';
import type { Expected } from './expected/expected';

/** A verification and what it led to. */
interface Round {
  report: VerificationReport;
  cause?: CheckResult;
  /** What was done then, and what came of it. */
  done?: string;
}

export interface Trial {
  name: string;
  /** What an operation said at first, and what was done then. */
  said?: string;
  done?: string;
  rounds: Round[];
  problems: string[];
}

/** Simulated seconds for each of the machine: waiting is not what is tried here. */
export const RATE = 10;
/** Rounds of verify and mend: one fix may uncover the next trouble. */
const MOST_ROUNDS = 5;
const LATER = 600_000;
const A_MINUTE = 60_000;
/** Wall time that controllers get after a fix. */
const SETTLED_MS = 15_000;

interface Identity {
  cluster: string;
  namespace: string;
  serviceAccount: string;
}

/** Names of probes differ from run to run. */
const isSame = (one: CheckResult, other: CheckResult | undefined) =>
  one.id === other?.id &&
  one.message.slice(0, 60) === other.message.slice(0, 60) &&
  one.fix?.snippet?.text === other.fix?.snippet?.text;

/** Breaks an identity, verifies it, does what the report says, and verifies it again. */
export async function tryScenario(
  world: LifecycleWorld,
  shell: Shell,
  name: string,
  expected: Expected,
): Promise<Trial> {
  world.sandbox.clock.setRate(expected.rate ?? RATE);
  await restore(world);
  if (expected.given) await world.associate(expected.given);
  const { identity } = (await world.sandbox.client.scenario(
    name,
    expected.given ? { identity: expected.given } : {},
  )) as { identity: Identity };
  const { ref = identity } = expected;
  await useCluster(world, shell, ref.cluster);
  if (!expected.fresh) await world.sandbox.clock.advance(LATER);
  const trial: Trial = { name, rounds: [], problems: [] };
  if (expected.operation) {
    return tryOperation(world, shell, trial, ref, expected);
  }
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const report = await verify(world, ref, expected);
    const cause = firstBrokenHop(report);
    const before = trial.rounds[trial.rounds.length - 1]?.cause;
    if (cause && isSame(cause, before)) {
      trial.rounds.push({ report, cause });
      trial.problems.push(`${cause.id} stays after its fix`);
      break;
    }
    const entry: Round = { report, cause };
    trial.rounds.push(entry);
    if (round === 0) trial.problems.push(...judge(report, cause, expected));
    const mended = round > 0 && report.status === expected.ends;
    if (report.status === 'verified' || mended || expected.mend === 'none') {
      break;
    }
    const { done, problem } = await mend(world, shell, {
      ref,
      cause,
      expected,
    });
    entry.done = done;
    if (problem) {
      trial.problems.push(problem);
      break;
    }
    await settle(world, ref);
    await world.sandbox.clock.advance(A_MINUTE);
  }
  const last = trial.rounds[trial.rounds.length - 1].report;
  const wanted = expected.ends ?? 'verified';
  if (last.status !== wanted && trial.problems.length === 0) {
    trial.problems.push(`ends ${last.status}: ${headline(last)}`);
  }
  return trial;
}

/** A printed command does not name its cluster: the reader's kubectl is at it. */
async function useCluster(
  { sandbox }: LifecycleWorld,
  shell: Shell,
  cluster: string,
): Promise<void> {
  const found = sandbox.connections().find(({ name }) => name === cluster);
  await shell(`kubectl config use-context '${found?.arn}'`);
}

/** Carries out an operation; its text is the error, or what a success reports. */
async function operate(
  world: LifecycleWorld,
  ref: Identity,
  operation: 'associate' | 'teardown',
): Promise<{ ok: boolean; text: string }> {
  const name = stringifyServiceAccountRef(ref);
  try {
    const result =
      operation === 'associate'
        ? await world.associate(name)
        : await world.teardown(name);
    return { ok: true, text: JSON.stringify(result) };
  } catch (error) {
    return { ok: false, text: (error as Error).message };
  }
}

/** As tryScenario, of what an operation of the portal says. */
async function tryOperation(
  world: LifecycleWorld,
  shell: Shell,
  trial: Trial,
  ref: Identity,
  expected: Expected,
): Promise<Trial> {
  const { operation = 'associate', mend: deed } = expected;
  const { ok, text } = await operate(world, ref, operation);
  trial.said = text;
  if (ok !== (expected.succeeds ?? false)) {
    trial.problems.push(ok ? 'succeeds at once' : 'fails');
  }
  if (!expected.says.test(text)) {
    trial.problems.push(`does not say ${expected.says}`);
  }
  if (typeof deed === 'function') {
    trial.done = await deed({ world, shell, ref, said: text, command: '' });
    const again = await operate(world, ref, operation);
    if (!again.ok) trial.problems.push(`still fails: ${again.text}`);
  }
  return trial;
}

/** The usual identity of a cluster, to be changed. */
export function stageOf({ sandbox }: LifecycleWorld, cluster?: string): Stage {
  const { aws, credentials, clock, delays, faults } = sandbox;
  const core = { clock, delays, faults } as SandboxCore;
  return new Stage(
    { core, aws, credentials, cluster: ref => sandbox.cluster(ref) },
    identityFrom(undefined, cluster),
  );
}

export async function restore(world: LifecycleWorld): Promise<void> {
  const { sandbox } = world;
  await resetPortal(world);
  const clusters = sandbox.connections().map(({ name }) => name);
  for (const name of clusters) await sandbox.cluster(name).clearTrouble();
  await sandbox.reset();
  sandbox.aws.set({ associationsPerCluster: 5_000 });
  for (const name of clusters) {
    if (!sandbox.aws.eks.cluster(name).addons.has('eks-pod-identity-agent')) {
      continue;
    }
    await sandbox
      .cluster(name)
      .waitFor(
        'daemonsets',
        'kube-system',
        'eks-pod-identity-agent',
        set =>
          set?.status?.numberReady > 0 &&
          set?.status?.numberReady === set?.status?.desiredNumberScheduled,
      );
  }
  await sandbox.clock.advance(LATER);
}

/** Waits until the controllers have done what a fix led to: Deployments and the agent's DaemonSet are rolled out. */
async function settle({ sandbox }: LifecycleWorld, ref: Identity) {
  const kube = sandbox.cluster(ref.cluster);
  const unready = () => [
    ...kube
      .list('deployments', ref.namespace)
      .filter(
        ({ metadata, spec, status }) =>
          status?.observedGeneration !== metadata.generation ||
          status?.updatedReplicas !== spec.replicas ||
          status?.replicas !== spec.replicas ||
          status?.readyReplicas !== spec.replicas,
      ),
    ...kube
      .list('daemonsets', 'kube-system')
      .filter(
        ({ status }) =>
          (status?.numberReady ?? 0) !== status?.desiredNumberScheduled,
      ),
    ...kube
      .list('pods', ref.namespace)
      .filter(({ metadata }) => metadata.deletionTimestamp),
  ];
  for (let waited = 0; waited < SETTLED_MS && unready().length; waited += 100) {
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

export function verify(
  world: LifecycleWorld,
  ref: Identity,
  expected: Pick<Expected, 'probe' | 'permissions' | 'role'>,
): Promise<VerificationReport> {
  return world.portal().verification.verify(
    {
      ref,
      trigger: 'user',
      probe: expected.probe ?? 'pod',
      permissionChecks: expected.permissions ?? [],
      expectedRoleArn: expected.role,
      timeoutSeconds: 300,
    },
    world.context(),
  );
}

/** How a first report differs from what is expected of it. */
function judge(
  report: VerificationReport,
  cause: CheckResult | undefined,
  expected: Expected,
): string[] {
  const problems: string[] = [];
  if (cause?.id !== expected.cause) {
    problems.push(
      `names ${cause?.id ?? 'nothing'}, not ${expected.cause ?? 'nothing'}`,
    );
  }
  if (report.status !== expected.status) {
    problems.push(`is ${report.status}, not ${expected.status}`);
  }
  const said = cause
    ? [cause.message, cause.fix?.cause].join(' ')
    : [headline(report), ...report.checks.map(({ message }) => message)].join(
        ' ',
      );
  if (!expected.says.test(said)) {
    problems.push(`does not say ${expected.says}: ${said}`);
  }
  return problems;
}

async function mend(
  world: LifecycleWorld,
  shell: Shell,
  {
    ref,
    cause,
    expected,
  }: { ref: Identity; cause?: CheckResult; expected: Expected },
): Promise<{ done: string; problem?: string }> {
  const snippet = cause?.fix?.snippet;
  // The deed is for the first cause; what it uncovers is mended by commands.
  const deed = cause?.id === expected.cause ? expected.mend : undefined;
  if (typeof deed === 'function') {
    return {
      done: await deed({
        world,
        shell,
        ref,
        said: cause?.message ?? '',
        command: snippet?.text ?? '',
      }),
    };
  }
  if (deed === 'wait') {
    return { done: 'waited' };
  }
  if (deed === 'template') {
    const result = await world.associate(stringifyServiceAccountRef(ref), {
      createRole: true,
    } as never);
    return { done: `associated ${result.roleArn}` };
  }
  const script =
    snippet?.language === 'yaml'
      ? `kubectl apply -f - <<'END'\n${snippet.text}\nEND`
      : snippet?.text;
  if (!script || snippet?.language === 'text') {
    return { done: '', problem: `prints no command: ${cause?.id}` };
  }
  const { code, stderr } = await shell(script);
  return {
    done: script,
    ...(code === 0 ? {} : { problem: `the command failed: ${stderr.trim()}` }),
  };
}

import type { V1Pod } from '../../kubernetes/objects';
import { pause } from '../../async/CallRecorder';
import { isKubernetesError } from '../../kubernetes/errors';
import { Deadline } from '../../async/deadline';
import { pausesOf, type Polling } from '../../async/polling';
import { foreign, type ForeignText } from '../../text/foreign';
import { fullStop } from '../../text/fullStop';
import type { Voice } from '../../text/voice';
import type { PodRunFact } from '../framework/facts/probe';
import { explainPostError, type GateDeps, readAdmitted } from './gate';
import type { Blocker } from '../framework/blocker';
import { sendFitting } from './defaultResources';
import {
  explainEnd,
  explainPending,
  hopeless,
  PROBE_CONTAINER,
} from './explainPending';
import { type Stuck, waitForNode } from './autoscaling';
import { unscheduled } from './podState';
import { parseProbeAnswer } from './parse';
import type { Placed } from './placement';
import { refusalOf } from '../framework/rights';

/** Most pods to create until one is injected; the gate has passed before, so more would mean flapping. */
const MAX_PODS = 5;
/** Time limit for deleting the pod after the run. */
const CLEANUP_MS = 10_000;

export interface ProbeRunOptions extends GateDeps {
  /** Ends the run; the pod is deleted anyway. */
  signal: AbortSignal;
  /** It carries what it asks with itself, so that nothing has to be given to it. */
  isByOwnToken?: boolean;
  /** The workload whose placement it copies. */
  like?: Placed;
  /** For the whole run, including the pod's start. */
  deadlineMs: number;
  /** Between two pods. */
  polling: Polling;
  onProgress(message: string): Promise<void>;
  /** Called when the pod could not be deleted. */
  onLeftover(podName: string, why: string): Promise<void>;
}

export type ProbeRun =
  | { kind: 'finished'; run: PodRunFact }
  | { kind: 'blocked'; blocker: Blocker; podName?: string; nodeName?: string };

/**
 * Runs the probe once and always deletes its pod: also after an error, a deadline and an abort. Leftovers of a
 * crash are swept by label and age.
 *
 * @throws the signal's reason when aborted
 */
export async function runProbe(options: ProbeRunOptions): Promise<ProbeRun> {
  const { clock, signal } = options;
  const startedAt = clock.now();
  const deadline = new Deadline(clock, signal).start(options.deadlineMs);
  try {
    const pauseAfter = pausesOf(options.polling);
    for (let pods = 1; ; pods++) {
      const attempt = await onePod(options, deadline.signal, pods, startedAt);
      if (attempt.kind !== 'not-injected') return attempt;
      signal.throwIfAborted();
      if (pods >= MAX_PODS || deadline.signal.aborted) {
        return {
          kind: 'blocked',
          blocker: {
            reason: 'not-injected',
            pods,
            missing: attempt.missing,
            sentence: `None of ${pods} probe pods received the identity when it was created: ${attempt.missing.join(
              ', ',
            )} missing.`,
            fix: {
              cause:
                'New pods do not get the identity, although dry runs do: the webhook of EKS does not answer every time, or another admission webhook treats real pods differently.',
              actions: [
                'Verify again in a few minutes: pods of the workload that are created now may lack the identity too.',
                'If it stays, open a case with AWS support and name this cluster: the webhook is part of the control plane.',
              ],
            },
          },
        };
      }
      await options.onProgress(
        'The probe pod was created without the identity; creating another one, since a restart would not change that.',
      );
      const ms = pauseAfter(clock.now() - startedAt);
      await pause('propagation', clock, ms, signal);
    }
  } finally {
    deadline.cancel();
  }
}

type Attempt = ProbeRun | { kind: 'not-injected'; missing: string[] };

async function onePod(
  options: ProbeRunOptions,
  until: AbortSignal,
  pods: number,
  startedAt: number,
): Promise<Attempt> {
  const body = options.pod();
  const podName = body.metadata!.name!;
  let created = false;
  try {
    const posted = await create(options, body, until, pods);
    if (posted.kind === 'blocked') return posted;
    created = true;
    const admitted = readAdmitted(posted.pod, options.serviceAccount);
    if (admitted.fargate && !options.isByOwnToken) {
      return { kind: 'blocked', blocker: fargateBlocker(), podName };
    }
    if (!admitted.injected && !options.isByOwnToken) {
      return { kind: 'not-injected', missing: admitted.missing };
    }
    await options.onProgress(
      `Probe pod ${options.namespace}/${podName} is created; waiting for its answer.`,
    );
    return await answerOf(options, posted.pod, until, pods, startedAt);
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason;
    return {
      kind: 'blocked',
      podName,
      blocker: blockerOfError(error, options),
    };
  } finally {
    // A create call that was cut off may still have succeeded.
    if (created || options.signal.aborted || until.aborted) {
      await remove(options, podName);
    }
  }
}

/** Why nothing is started on Fargate. */
export function fargateBlocker(): Blocker {
  return {
    reason: 'fargate',
    sentence:
      'A Fargate profile takes the pods of this service account, and on Fargate there is no Pod Identity agent.',
    fix: {
      cause:
        'EKS Pod Identity works on EC2 nodes and in Auto Mode, not on Fargate.',
      actions: [
        'Move the workload to EC2 nodes, by taking its namespace or labels out of the Fargate profile.',
        'Or use IAM roles for service accounts (IRSA) for this workload.',
      ],
    },
  };
}

function blockerOfError(
  error: unknown,
  { namespace, voice }: ProbeRunOptions,
): Blocker {
  if (isKubernetesError(error, 'forbidden')) {
    const verb = error.verb ?? 'get';
    const resource = error.resource ?? 'pods';
    const right = { verb, resource, namespace };
    return {
      reason: 'rbac',
      sentence: `${refusalOf(right, voice)}.`,
      right,
    };
  }
  return {
    reason: 'unreachable',
    sentence: `The probe pod could not be followed: ${fullStop(
      (error as Error).message,
    )}`,
  };
}

async function create(
  options: ProbeRunOptions,
  body: V1Pod,
  until: AbortSignal,
  nth: number,
): Promise<
  { kind: 'created'; pod: V1Pod } | Extract<ProbeRun, { kind: 'blocked' }>
> {
  const { kubernetes, namespace } = options;
  try {
    // A kept-alive connection would always reach the same API server, even for a replacement pod.
    const addresses = await kubernetes.addresses({ signal: until });
    return {
      kind: 'created',
      pod: await sendFitting(body, pod =>
        kubernetes.createPod(namespace, pod, {
          signal: until,
          address: addresses[(nth - 1) % addresses.length] ?? '',
        }),
      ),
    };
  } catch (error) {
    options.signal.throwIfAborted();
    const explained = await explainPostError(
      kubernetes,
      error,
      options,
      options.signal,
    );
    if (explained.kind === 'refused') {
      return { kind: 'blocked', blocker: explained.blocker };
    }
    // The answer was lost; the name is unique, so a pod of that name is ours.
    const pod = await kubernetes
      .readPod(namespace, body.metadata!.name!, { signal: until })
      .catch(() => undefined);
    if (pod) return { kind: 'created', pod };
    return {
      kind: 'blocked',
      blocker: {
        reason: 'unreachable',
        sentence: `Kubernetes did not answer when the probe pod was created: ${fullStop(
          explained.message,
        )}`,
      },
    };
  }
}

async function answerOf(
  options: ProbeRunOptions,
  first: V1Pod,
  until: AbortSignal,
  pods: number,
  startedAt: number,
): Promise<ProbeRun> {
  const { kubernetes, namespace } = options;
  const podName = first.metadata!.name!;
  let pod = first;
  let told = false;
  let toldPending = false;
  let stuck: Stuck | undefined;
  const hopelessly = new AbortController();
  const blocked = (blocker: Blocker): ProbeRun => ({
    kind: 'blocked',
    blocker,
    podName,
    nodeName: pod.spec?.nodeName,
  });
  try {
    for await (const event of kubernetes.watchPod(namespace, podName, {
      signal: AbortSignal.any([until, hopelessly.signal]),
      from: first,
    })) {
      pod = event.pod;
      if (unscheduled(pod) !== stuck?.why) {
        stuck?.over();
        stuck = waitForNode(options, pod, until, hopelessly);
      }
      const status = pod.status?.containerStatuses?.find(
        one => one.name === PROBE_CONTAINER,
      );
      const terminated = status?.state?.terminated;
      if (terminated) {
        return finish(pod, terminated.message, pods, options.voice);
      }
      if (event.type === 'DELETED') break;
      if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') {
        return blocked(explainEnd(pod, options.voice));
      }
      const blocker = hopeless(pod, options.voice);
      if (blocker) return blocked(blocker);
      const pending = unscheduled(pod);
      if (!toldPending && pending) {
        toldPending = true;
        await options.onProgress(
          `No node takes the probe pod yet: ${fullStop(pending)}`,
        );
      }
      if (!told && status?.state?.running) {
        told = true;
        await options.onProgress(
          `The probe runs on node ${pod.spec?.nodeName ?? 'unknown'}.`,
        );
      }
    }
  } finally {
    stuck?.over();
  }
  options.signal.throwIfAborted();
  if (!until.aborted && !hopelessly.signal.aborted) {
    return blocked({
      reason: 'gone',
      sentence: `Another client deleted the probe pod before it answered.`,
    });
  }
  const events = await kubernetes
    .listEvents(
      namespace,
      { fieldSelector: `involvedObject.name=${podName}` },
      { signal: options.signal },
    )
    .catch(() => []);
  options.signal.throwIfAborted();
  const waitedMs = options.clock.now() - startedAt;
  return blocked(
    explainPending(pod, events, waitedMs, options.voice, {
      like: options.like,
      autoscaling: stuck?.found,
    }),
  );
}

function finish(
  pod: V1Pod,
  message: ForeignText | undefined,
  pods: number,
  voice: Voice,
): ProbeRun {
  const podName = pod.metadata!.name!;
  const answer = parseProbeAnswer(message);
  if (!answer.identity) {
    const blocker = explainEnd(pod, voice);
    return {
      kind: 'blocked',
      blocker: answer.stray.length
        ? {
            ...blocker,
            sentence: `${blocker.sentence} It said: ${foreign(
              answer.stray.join(' '),
              300,
            )}`,
          }
        : blocker,
      podName,
      nodeName: pod.spec?.nodeName,
    };
  }
  const admitted = readAdmitted(pod);
  return {
    kind: 'finished',
    run: {
      podName,
      nodeName: pod.spec?.nodeName,
      pods,
      identity: answer.identity,
      permissions: answer.permissions,
      imds: answer.imds,
      attempts: answer.tries,
      injected: admitted.injected,
      irsaInstead: admitted.irsaInstead,
    },
  };
}

/** Deletes the pod with a separate deadline, because the run's signal may already be aborted. */
async function remove(
  options: ProbeRunOptions,
  podName: string,
): Promise<void> {
  const { kubernetes, clock, namespace } = options;
  const deadline = new Deadline(clock).start(CLEANUP_MS);
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        await kubernetes.deletePod(namespace, podName, {
          signal: deadline.signal,
          gracePeriodSeconds: 0,
        });
        return;
      } catch (error) {
        const givenUp = isKubernetesError(error) && error.givenUp;
        if (attempt >= 3 || givenUp || deadline.signal.aborted) {
          await options.onLeftover(podName, (error as Error).message);
          return;
        }
        await pause('retry', clock, 500, deadline.signal).catch(
          () => undefined,
        );
      }
    }
  } finally {
    deadline.cancel();
  }
}

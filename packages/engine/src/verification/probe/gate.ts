import type { V1Pod } from '../../kubernetes/objects';
import { pause } from '../../async/CallRecorder';
import type { Clock } from '../../async/clock';
import { pausesOf, type Polling } from '../../async/polling';
import {
  isKubernetesError,
  KubernetesError,
  type KubernetesErrorKind,
} from '../../kubernetes/errors';
import { explainForbidden } from '../../kubernetes/rbac';
import type { KubernetesApi } from '../../kubernetes/types';
import { fullStop } from '../../text/fullStop';
import { injectionOf } from './injection';
import { busyLack } from '../framework/busyLack';
import { noAnswerFix } from '../access/lacks';
import { explainRefusal, type Where } from './admissionRefusal';
import type { Blocker } from '../framework/blocker';
import { sendFitting } from './defaultResources';
import { PROBE_CONTAINER } from './explainPending';
import { explainDeadWebhook, explainSlowWebhook } from './webhookTrouble';
import type { Voice } from '../../text/voice';
import { refusalOf } from '../framework/rights';

/** Result of one dry run. */
export type DryRun =
  | {
      kind: 'answered';
      injected: boolean;
      missing: string[];
      /** The service account that admission gave the pod instead of its own. */
      account?: string;
      irsaInstead: boolean;
      fargate: boolean;
      /** How long the answer took, in real time; unknown of a pod that was created. */
      tookMs?: number;
    }
  /** Kubernetes refused the pod, which says nothing about injection. */
  | { kind: 'refused'; blocker: Blocker }
  /** No answer, or a temporary one. */
  | { kind: 'unanswered'; message: string };

/** Reads the probe pod as admission returned it. */
export function readAdmitted(
  pod: V1Pod,
  serviceAccount = pod.spec?.serviceAccountName,
): Extract<DryRun, { kind: 'answered' }> {
  const probe = injectionOf(pod).find(
    container => container.name === PROBE_CONTAINER,
  );
  const account = pod.spec?.serviceAccountName;
  const replaced = account !== undefined && account !== serviceAccount;
  return {
    kind: 'answered',
    injected: probe?.injected === true && !replaced,
    missing: [
      ...(replaced ? [`the service account ${serviceAccount}`] : []),
      ...(probe?.missing ?? ['the container']),
    ],
    ...(replaced ? { account } : {}),
    irsaInstead: probe?.irsaRoleArn !== undefined,
    fargate: pod.spec?.schedulerName === 'fargate-scheduler',
  };
}

/** Temporary errors, which say nothing about this pod. */
const PASSING = new Set<KubernetesErrorKind>([
  'unreachable',
  'timeout',
  'server',
]);

/** Explains an error of `POST pods` or before it, asking whether a 403 is RBAC. */
export async function explainPostError(
  kubernetes: KubernetesApi,
  error: unknown,
  where: Where & { voice: Voice },
  signal?: AbortSignal,
): Promise<Extract<DryRun, { kind: 'refused' | 'unanswered' }>> {
  signal?.throwIfAborted();
  if (isKubernetesError(error, 'unreachable', 'timeout') && error.givenUp) {
    return {
      kind: 'refused',
      blocker: {
        reason: 'unreachable',
        sentence: `The cluster's Kubernetes API did not answer: ${fullStop(
          error.message,
        )}`,
        fix: noAnswerFix(error, where.voice),
      },
    };
  }
  if (isKubernetesError(error, 'throttled')) {
    const { sentence, fix } = busyLack(error);
    return {
      kind: 'refused',
      blocker: { reason: 'unreachable', sentence, fix },
    };
  }
  if (error instanceof KubernetesError && error.slowAdmissionMs) {
    return {
      kind: 'refused',
      blocker: explainSlowWebhook(error.slowAdmissionMs / 1000, where.voice),
    };
  }
  const dead = explainDeadWebhook((error as Error).message);
  if (dead) return { kind: 'refused', blocker: dead };
  if (!(error instanceof KubernetesError) || PASSING.has(error.kind)) {
    return { kind: 'unanswered', message: (error as Error).message };
  }
  if (error.kind === 'unauthorized') {
    return {
      kind: 'refused',
      blocker: {
        reason: 'unreachable',
        sentence: `The cluster does not know ${where.voice.my} role (401): ${error.message}`,
        fix: {
          cause: `The cluster does not admit ${where.voice.my} role.`,
          actions: [
            'Verify the identity: the report has the command that admits it where it says how the cluster can be read.',
          ],
        },
      },
    };
  }
  if (error.kind === 'forbidden') {
    const cause = await explainForbidden(kubernetes, error, { signal });
    if (cause.by === 'rbac') {
      const right = {
        verb: 'create',
        resource: 'pods',
        namespace: where.namespace,
      };
      return {
        kind: 'refused',
        blocker: {
          reason: 'rbac',
          sentence: `${refusalOf(right, where.voice)}.`,
          right,
        },
      };
    }
  }
  return {
    kind: 'refused',
    blocker: explainRefusal(
      { status: error.status, message: error.message },
      where,
    ),
  };
}

/** Everything a dry run needs. */
export interface GateDeps {
  kubernetes: KubernetesApi;
  clock: Clock;
  voice: Voice;
  signal: AbortSignal;
  namespace: string;
  serviceAccount: string;
  /** Builds a pod with a new name each time. */
  pod(): V1Pod;
}

/** Dry-runs a pod once, on a separate connection. */
async function dryRunOnce(deps: GateDeps, address?: string): Promise<DryRun> {
  const startedAt = process.hrtime.bigint();
  try {
    const admitted = await sendFitting(deps.pod(), pod =>
      deps.kubernetes.dryRunPod(deps.namespace, pod, {
        signal: deps.signal,
        ...(address ? { address } : {}),
      }),
    );
    const tookMs = Number(process.hrtime.bigint() - startedAt) / 1e6;
    return { ...readAdmitted(admitted, deps.serviceAccount), tookMs };
  } catch (error) {
    return explainPostError(deps.kubernetes, error, deps, deps.signal);
  }
}

/** Which of the two ways to a role new pods are to get; the webhook gives each of them one. */
export type GateRoad = 'pod-identity' | 'irsa';

export interface GateOptions {
  deadlineMs: number;
  /** Default: Pod Identity. */
  road?: GateRoad;
  polling: Polling;
  /** Called when the first round did not pass and the gate starts to wait. */
  onWaiting?(message: string): Promise<void>;
}

/** How the gate ended. */
type GateEnd =
  | { kind: 'effective' }
  /** The deadline passed: some or all dry runs of the last round lacked what they were to get. */
  | {
      kind: 'not-effective';
      /** How many had it. */
      injected: number;
      asked: number;
      /** Of Pod Identity. */
      missing: string[];
    }
  | { kind: 'refused'; blocker: Blocker }
  | { kind: 'unanswered'; message: string };

export type GateOutcome = GateEnd & {
  afterMs: number;
  attempts: number;
  /** 0 where a proxy chose them. */
  addresses: number;
};

/** A refusal that may be outdated: another API server might not know the service account yet. */
function mayPass(run: DryRun): boolean {
  return (
    run.kind === 'unanswered' ||
    (run.kind === 'refused' && run.blocker.reason === 'missing-service-account')
  );
}

/** Rounds that confirm a first good one, all at once. */
const CONFIRMING = 2;

const has = (
  run: Extract<DryRun, { kind: 'answered' }>,
  road: GateRoad = 'pod-identity',
) =>
  road === 'irsa'
    ? run.irsaInstead && !run.injected && run.account === undefined
    : run.injected;

const isGood = (runs: readonly DryRun[], road: GateOptions['road']) =>
  runs.every(run => run.kind === 'answered' && has(run, road));

/**
 * Waits until every API server injects the identity into new pods, or gives them IRSA again after an association went. Each API server has its own webhook and file, and
 * a kept-alive connection always reaches the same server. So each round asks every address behind the endpoint on a
 * fresh connection, and only three full rounds in a row count.
 *
 * @throws the signal's reason when aborted
 */
export async function waitForInjection(
  deps: GateDeps,
  options: GateOptions,
): Promise<GateOutcome> {
  const { clock, signal } = deps;
  const { road } = options;
  const startedAt = clock.now();
  const end = startedAt + options.deadlineMs;
  const pauseAfter = pausesOf(options.polling);
  let attempts = 0;
  let addressCount = 0;
  let told = false;

  const outcome = (ended: GateEnd): GateOutcome => ({
    ...ended,
    afterMs: Math.max(0, clock.now() - startedAt),
    attempts,
    addresses: addressCount,
  });
  const ask = async (): Promise<DryRun[]> => {
    const { runs, addresses } = await round(deps);
    addressCount = addresses;
    attempts += runs.length;
    return runs;
  };

  for (;;) {
    signal.throwIfAborted();
    const askedAt = clock.now();
    const first = await ask();
    // The other rounds ask the same API servers again, on other connections, so none waits for another.
    const others = isGood(first, road)
      ? await Promise.all(Array.from({ length: CONFIRMING }, ask))
      : [];
    const rounds = [first, ...others];
    const refused = rounds
      .flat()
      .find(run => run.kind === 'refused' && !mayPass(run)) as
      | Extract<DryRun, { kind: 'refused' }>
      | undefined;
    if (refused) return outcome({ kind: 'refused', blocker: refused.blocker });
    const bad = rounds.find(runs => !isGood(runs, road));
    if (!bad) return outcome({ kind: 'effective' });
    if (askedAt >= end) return outcome(endOf(bad, road));
    if (!told) {
      told = true;
      await options.onWaiting?.(
        road === 'irsa'
          ? 'New pods do not receive the role of IRSA yet; waiting until every API server has forgotten the association.'
          : 'New pods do not receive the identity yet; waiting until every API server knows the association.',
      );
    }
    const now = clock.now();
    // From round to round, so that a slow answer does not delay the next question.
    const next = Math.min(askedAt + pauseAfter(askedAt - startedAt), end);
    await pause('propagation', clock, Math.max(0, next - now), signal);
  }
}

/** Of a proxy's choice none is known. */
const countOf = (addresses: (string | undefined)[]) =>
  addresses.filter(address => address !== '').length;

async function round(
  deps: GateDeps,
): Promise<{ runs: DryRun[]; addresses: number }> {
  let addresses: (string | undefined)[];
  try {
    addresses = await deps.kubernetes.addresses({ signal: deps.signal });
  } catch (error) {
    return {
      runs: [await explainPostError(deps.kubernetes, error, deps, deps.signal)],
      addresses: 1,
    };
  }
  if (addresses.length === 0) addresses = [undefined];
  return {
    runs: await Promise.all(
      addresses.map(address => dryRunOnce(deps, address)),
    ),
    addresses: countOf(addresses),
  };
}

function endOf(runs: readonly DryRun[], road: GateOptions['road']): GateEnd {
  const answered = runs.filter(
    (run): run is Extract<DryRun, { kind: 'answered' }> =>
      run.kind === 'answered',
  );
  const lacking = answered.find(run => !has(run, road));
  if (lacking) {
    return {
      kind: 'not-effective',
      injected: answered.filter(run => has(run, road)).length,
      asked: runs.length,
      missing: lacking.missing,
    };
  }
  const refused = runs.find(run => run.kind === 'refused');
  if (refused?.kind === 'refused') {
    return { kind: 'refused', blocker: refused.blocker };
  }
  const unanswered = runs.find(run => run.kind === 'unanswered');
  return {
    kind: 'unanswered',
    message:
      unanswered?.kind === 'unanswered'
        ? unanswered.message
        : 'the last round at the deadline was not complete',
  };
}

/** Dry runs for an identity without a recent change: five, and at least one for each address. */
const LOOKS = 5;

/** Asks every address in parallel, `LOOKS` times in all or once each. */
export async function lookAtInjection(
  deps: GateDeps,
): Promise<{ runs: DryRun[]; addresses: number }> {
  let addresses: (string | undefined)[];
  try {
    addresses = await deps.kubernetes.addresses({ signal: deps.signal });
  } catch (error) {
    deps.signal.throwIfAborted();
    return {
      runs: [{ kind: 'unanswered', message: (error as Error).message }],
      addresses: 0,
    };
  }
  if (addresses.length === 0) addresses = [undefined];
  const count = Math.max(LOOKS, addresses.length);
  const runs = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      dryRunOnce(deps, addresses[index % addresses.length]),
    ),
  );
  return { runs, addresses: countOf(addresses) };
}

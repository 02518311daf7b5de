import type { PermissionCheck } from 'backstage-plugin-eks-pod-identity-common';
import type { V1Pod } from '../../kubernetes/objects';
import { gatePolling } from '../../async/polling';
import { fullStop } from '../../text/fullStop';
import {
  DryRun,
  GateDeps,
  lookAtInjection,
  waitForInjection,
} from '../probe/gate';
import { probePod } from '../probe/podSpec';
import { sinceChange } from './sinceChange';
import type { Collecting, Collector } from '../framework/collecting';
import { Fact, known, lacking, valueOf } from '../framework/fact';
import { lackOfBlocker } from '../access/lacks';
import { askKubernetes, noKubernetes } from '../access/askKubernetes';
import { type KubernetesRight, refusalOf } from '../framework/rights';
import { INJECTED_PARTS } from '../probe/injection';
import type { AdmissionFact } from '../framework/facts/admission';
import type { PodFact } from '../framework/facts/workloads';
import { mutatingWebhooksOf, namedBlocker, webhooksOf } from './webhooks';
import { voiceOf } from '../../text/voice';

const NOT_IN_PROBE = lacking({
  kind: 'not-in-probe',
  sentence: 'Not checked: this run only reads, it admits no pod.',
});

/** The newest pod of the workload: the probe runs where it does. */
export async function podToCopy(c: Collecting): Promise<PodFact | undefined> {
  const pods = valueOf(await c.get('pods')) ?? [];
  return pods.find(pod => pod.phase === 'Running') ?? pods[0];
}

/** Builds the probe's pod for this run, with a new name each time; by default like the newest pod. */
export async function podMaker(
  c: Collecting,
  options: {
    deadlineMs: number;
    graceSeconds: number;
    like?: Pick<PodFact, 'placement'>;
    permissionChecks?: readonly PermissionCheck[];
  },
): Promise<() => V1Pod> {
  const like = options.like ?? (await podToCopy(c));
  const asked = options.permissionChecks ?? c.request.permissionChecks;
  const permissionChecks =
    asked.length > 0 && (await c.get('mayTest')).known ? asked : [];
  return () =>
    probePod({
      ref: c.request.ref,
      probe: c.verify.cluster.probe,
      portalId: c.operation.config.portalId,
      taskId: c.request.taskId,
      placement: like?.placement ?? {},
      deadlineSeconds: Math.max(30, Math.ceil(options.deadlineMs / 1000)),
      now: c.operation.clock.now(),
      graceSeconds: options.graceSeconds,
      permissionChecks,
    });
}

/** What must exist before a pod can prove anything. */
async function pointless(c: Collecting): Promise<Fact<never> | undefined> {
  if (c.request.probe === 'none') return NOT_IN_PROBE;
  if (c.verify.cluster.kubernetes.access === 'none') {
    return lacking(noKubernetes(c.verify.cluster));
  }
  const association = await c.get('association');
  if (association.known && !association.value) {
    return lacking({
      kind: 'because',
      because: 'association.exists',
      sentence: 'Not checked, because there is no association.',
    });
  }
  const account = await c.get('serviceAccount');
  if (account.known && !account.value) {
    return lacking({
      kind: 'because',
      because: 'service-account.exists',
      sentence: 'Not checked, because the service account does not exist.',
    });
  }
  return undefined;
}

/** A webhook that hangs takes seconds of every pod; a busy API server hardly ever as long. */
const SLOW_MS = 5_000;

async function slownessOf(
  c: Collecting,
  runs: readonly DryRun[],
): Promise<AdmissionFact['slow']> {
  const times = runs.flatMap(run =>
    run.kind === 'answered' ? run.tookMs ?? 0 : [],
  );
  const ms = Math.min(...times);
  return ms >= SLOW_MS ? { ms, webhooks: await webhooksOf(c) } : undefined;
}

/** Who else changes pods, where the webhook of EKS was called and not all that it adds is left. */
async function othersOf(
  c: Collecting,
  { missing, injected, answered, account }: AdmissionFact,
): Promise<AdmissionFact['others']> {
  const uncalled = !account && missing.length === INJECTED_PARTS;
  if (injected === answered || uncalled) {
    return undefined;
  }
  return mutatingWebhooksOf(c);
}

function summarize(
  runs: readonly DryRun[],
  rest: { addresses: number; attempts: number; waitedMs?: number },
): AdmissionFact | undefined {
  const answered = runs.filter(
    (run): run is Extract<DryRun, { kind: 'answered' }> =>
      run.kind === 'answered',
  );
  if (answered.length === 0) return undefined;
  const account = answered.find(run => run.account)?.account;
  return {
    answered: answered.length,
    injected: answered.filter(run => run.injected).length,
    missing: answered.find(run => !run.injected)?.missing ?? [],
    ...(account ? { account } : {}),
    irsaInstead: answered.some(run => run.irsaInstead && !run.injected),
    fargate: answered.some(run => run.fargate),
    fromCreatedPod: false,
    ...rest,
  };
}

async function lackOfRuns(
  c: Collecting,
  runs: readonly DryRun[],
): Promise<Fact<never>> {
  const refused = runs.find(run => run.kind === 'refused');
  if (refused?.kind === 'refused') {
    return lacking(lackOfBlocker(await namedBlocker(c, refused.blocker)));
  }
  const unanswered = runs.find(run => run.kind === 'unanswered');
  return lacking({
    kind: 'unreachable',
    via: 'kubernetes',
    sentence: `The cluster's Kubernetes API did not answer a dry run: ${fullStop(
      unanswered?.kind === 'unanswered' ? unanswered.message : 'no answer',
    )}`,
  });
}

/**
 * Five dry runs over all addresses. While a recent change may still be on its way to the API servers, the gate
 * is given the rest of its deadline first.
 */
export const collectDryRuns: Collector<'dryRuns'> = async c => {
  const stop = await pointless(c);
  if (stop) return stop;
  const reviews = await c.get('podRights');
  if (!reviews.known && reviews.lack.unauthorized) return reviews;
  const rights = valueOf(reviews);
  const { namespace, serviceAccount } = c.request.ref;
  const right: KubernetesRight = {
    verb: 'create',
    resource: 'pods',
    namespace,
    role: 'verify',
  };
  const voice = voiceOf(c.verify.cluster);
  if (rights?.create === false) {
    return lacking({
      kind: 'denied',
      via: 'kubernetes',
      sentence: `${refusalOf(right, voice)}.`,
      kubernetes: right,
      blocker: 'rbac',
    });
  }
  const kubernetes = await askKubernetes(c, right, async api => api, c.verify);
  if (!kubernetes.known) return kubernetes;
  const { clock, config } = c.operation;
  const deps: GateDeps = {
    kubernetes: kubernetes.value,
    clock,
    voice,
    signal: c.signal,
    namespace,
    serviceAccount,
    pod: await podMaker(c, { deadlineMs: 0, graceSeconds: 0 }),
  };
  let look = await lookAtInjection(deps);
  let attempts = look.runs.length;
  let waitedMs: number | undefined;
  const settled = (runs: readonly DryRun[]) =>
    runs.every(run => run.kind === 'answered' && run.injected) ||
    runs.some(
      run =>
        run.kind === 'refused' &&
        run.blocker.reason !== 'missing-service-account',
    ) ||
    // Time cures no policy.
    runs.some(run => run.kind === 'answered' && run.account);
  if (!settled(look.runs)) {
    const age = await sinceChange(c);
    const rest = config.timings.gateDeadline - (age ?? Infinity);
    if (rest > 0) {
      const gate = await waitForInjection(deps, {
        deadlineMs: Math.min(rest, c.remainingMs()),
        polling: gatePolling(config.timings),
        onWaiting: message => c.tell(message),
      });
      attempts += gate.attempts;
      waitedMs = gate.afterMs;
      // Counts again: the gate ends at its deadline with one round, but flapping shows only in five.
      look = await lookAtInjection(deps);
      attempts += look.runs.length;
    }
  }
  if (look.runs.some(run => run.kind === 'refused')) {
    return lackOfRuns(
      c,
      look.runs.filter(run => run.kind === 'refused'),
    );
  }
  const fact = summarize(look.runs, {
    addresses: look.addresses,
    attempts,
    ...(waitedMs === undefined ? {} : { waitedMs }),
  });
  if (!fact) return lackOfRuns(c, look.runs);
  const [slow, others] = await Promise.all([
    slownessOf(c, look.runs),
    othersOf(c, fact),
  ]);
  return known({
    ...fact,
    ...(slow ? { slow } : {}),
    ...(others ? { others } : {}),
  });
};

/** The dry runs or, where those are impossible, the result of a created pod. */
export const collectAdmission: Collector<'admission'> = async c => {
  const dryRuns = await c.get('dryRuns');
  if (
    dryRuns.known ||
    dryRuns.lack.blocker !== 'no-dry-run' ||
    c.request.probe !== 'pod'
  ) {
    return dryRuns;
  }
  const run = await c.get('podRun');
  const fromPod = (
    injected: boolean,
    pods: number,
    missing: string[] = [],
  ): Fact<AdmissionFact> =>
    known({
      answered: pods,
      injected: injected ? 1 : 0,
      addresses: 1,
      missing,
      irsaInstead: false,
      fargate: false,
      attempts: pods,
      fromCreatedPod: true,
    });
  if (run.known) return fromPod(run.value.injected, run.value.pods);
  if (run.lack.blocker === 'not-injected') {
    return fromPod(false, run.lack.pods ?? 1, run.lack.missing);
  }
  return dryRuns;
};

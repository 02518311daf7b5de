import { fargateBlocker, runProbe } from '../probe/run';
import { podMaker, podToCopy } from '../admission/dryRuns';
import { withoutAgent } from '../agent/agentObjects';
import { sinceChange } from '../admission/sinceChange';
import { firstHop, keepsProbesOut, secondHop } from '../role/trustQuestions';
import type { Collecting, Collector } from '../framework/collecting';
import { Fact, known, type Lack, lacking, valueOf } from '../framework/fact';
import type { PodRunFact } from '../framework/facts/probe';
import type { Placed } from '../probe/placement';
import { lackOfBlocker } from '../access/lacks';
import { askKubernetes, noKubernetes } from '../access/askKubernetes';
import { namedBlocker } from '../admission/webhooks';
import { voiceOf } from '../../text/voice';
import { refusalOf } from '../framework/rights';

/** A live pod may need a node to be started first (Karpenter, Auto Mode). */
const LEFT_FOR_THE_REPORT_MS = 5_000;
/** A pod needs about as long to pull its image and to answer. */
const LEAST_MS = 15_000;
const NO_TIME: Lack = {
  kind: 'unreachable',
  sentence: 'The time of this verification was over before its turn came.',
  fix: {
    cause: 'The probes run one after the other.',
    actions: ['Verify again with a longer timeout.'],
  },
};

/** A role that admits pods by their name refuses every probe, which would say nothing about the workload. */
async function keptOutByName(c: Collecting): Promise<Fact<never> | undefined> {
  const [linked, first, target] = await Promise.all([
    c.get('association'),
    c.get('role'),
    c.get('targetRole'),
  ]);
  const asker = {
    ref: c.request.ref,
    cluster: c.read.cluster,
    now: c.operation.clock.now(),
  };
  const association = valueOf(linked) ?? undefined;
  const role = valueOf(first);
  const targetFact = valueOf(target)?.role;
  const targetRole = targetFact && valueOf(targetFact);
  const refusing = [
    ...(role
      ? [
          {
            check: 'role.trust-policy' as const,
            hop: { role, question: firstHop(asker, association) },
          },
        ]
      : []),
    ...(targetRole && association
      ? [
          {
            check: 'role.target' as const,
            hop: { role: targetRole, question: secondHop(asker, association) },
          },
        ]
      : []),
  ].find(({ hop }) => keepsProbesOut(hop));
  return (
    refusing &&
    lacking({
      kind: 'because',
      because: refusing.check,
      sentence: `No probe was started: the trust policy of ${refusing.hop.role.name} admits pods by their name or uid, and a probe has another. The running pods were judged by the policy instead.`,
    })
  );
}

/** A probe runs on Linux nodes only, and proves nothing of a workload that never meets an agent. */
async function nowhereWithAgent(
  c: Collecting,
): Promise<Fact<never> | undefined> {
  const [pods, nodes] = await Promise.all([c.get('pods'), c.get('nodes')]);
  // On Fargate a pod waits for a node of its own.
  const running = (valueOf(pods) ?? []).filter(pod => pod.nodeName);
  const agentless = running.every(({ nodeName }) =>
    withoutAgent(
      valueOf(nodes)?.find(node => node.name === nodeName),
      nodeName,
    ),
  );
  return running.length > 0 && agentless
    ? lacking({
        kind: 'because',
        because: 'workloads.unsupported',
        sentence:
          'No probe was started: all running pods are where no agent can be, and a probe elsewhere would prove nothing of them.',
      })
    : undefined;
}

/** Why no pod is started at all; undefined when one may be. */
async function stopped(c: Collecting): Promise<Fact<never> | undefined> {
  if (c.request.probe !== 'pod') {
    return lacking({
      kind: 'not-in-probe',
      sentence: 'Not checked: this run starts no pod.',
    });
  }
  if (c.verify.cluster.kubernetes.access === 'none') {
    return lacking(noKubernetes(c.verify.cluster));
  }
  const mayRun = await c.get('mayRun');
  if (!mayRun.known) return mayRun;
  const dryRuns = await c.get('dryRuns');
  if (!dryRuns.known && dryRuns.lack.blocker !== 'no-dry-run') {
    return dryRuns;
  }
  if (dryRuns.known && dryRuns.value.fargate) {
    return lacking(lackOfBlocker(fargateBlocker()));
  }
  if (dryRuns.known && dryRuns.value.injected === 0) {
    return lacking({
      kind: 'because',
      because: 'admission.injects',
      sentence: 'Not checked, because new pods do not receive the identity.',
    });
  }
  const elsewhere = await nowhereWithAgent(c);
  if (elsewhere) return elsewhere;
  const otherNames = await keptOutByName(c);
  if (otherNames) return otherNames;
  const reviews = await c.get('podRights');
  if (!reviews.known && reviews.lack.unauthorized) return reviews;
  const rights = valueOf(reviews);
  for (const verb of ['create', 'list', 'watch', 'delete'] as const) {
    if (rights?.[verb] === false) {
      const { namespace } = c.request.ref;
      const right = {
        verb,
        resource: 'pods',
        namespace,
        role: 'verify',
      } as const;
      return lacking({
        kind: 'denied',
        via: 'kubernetes',
        sentence: `${refusalOf(
          right,
          voiceOf(c.verify.cluster),
        )}, so no probe was started.`,
        kubernetes: right,
        blocker: 'rbac',
      });
    }
  }
  return undefined;
}

/**
 * Runs one probe, in its turn on the cluster and within what is left of the time.
 *
 * @param beside - of a probe that is not the first one: where it goes; it tries no commands
 */
export function runPod(
  c: Collecting,
  beside?: Placed,
): Promise<Fact<PodRunFact>> {
  const { clock, config } = c.operation;
  const { namespace, serviceAccount } = c.request.ref;
  return c.withProbeSlot(async () => {
    const age = await sinceChange(c);
    const graceMs =
      age === undefined ? 0 : Math.max(0, config.timings.probeGrace - age);
    const leftMs = c.remainingMs() - LEFT_FOR_THE_REPORT_MS;
    if (beside && leftMs < LEAST_MS) return lacking(NO_TIME);
    const deadlineMs = Math.max(
      1_000,
      Math.min(config.timings.probeDeadline, leftMs),
    );
    const kubernetes = await askKubernetes(
      c,
      { verb: 'create', resource: 'pods', namespace },
      async api => api,
      c.verify,
    );
    if (!kubernetes.known) return kubernetes;
    const run = await runProbe({
      kubernetes: kubernetes.value,
      clock,
      voice: voiceOf(c.verify.cluster),
      signal: c.operation.signal,
      namespace,
      serviceAccount,
      like: beside ?? (await podToCopy(c)),
      pod: await podMaker(c, {
        deadlineMs,
        graceSeconds: graceMs / 1000,
        ...(beside ? { like: beside, permissionChecks: [] } : {}),
      }),
      deadlineMs,
      polling: {
        first: config.timings.gateMinPause,
        soon: config.timings.gateMaxPause,
        later: config.timings.gateMaxPause,
      },
      onProgress: message => c.tell(message),
      onLeftover: (podName, why) =>
        c.tell(
          `The probe pod ${namespace}/${podName} could not be deleted (${why}); it ends on its own and a sweep deletes it later.`,
          'warn',
        ),
    });
    return run.kind === 'finished'
      ? known(run.run)
      : lacking(lackOfBlocker(await namedBlocker(c, run.blocker)));
  });
}

export const collectPodRun: Collector<'podRun'> = async c =>
  (await stopped(c)) ?? runPod(c);

import { Memo } from '../../async/memo';
import type { V1OwnerReference, V1Pod } from '../../kubernetes/objects';
import { HASH_LABEL, podOfTemplate } from '../../kubernetes/podOfTemplate';
import { fullStop } from '../../text/fullStop';
import { voiceOf } from '../../text/voice';
import { askKubernetes } from '../access/askKubernetes';
import type { Admitted } from '../framework/admittedPods';
import type { Blocker } from '../framework/blocker';
import type { Collecting, Collector } from '../framework/collecting';
import { known, type Lack, lacking, valueOf } from '../framework/fact';
import type { OwnDryRunFact } from '../framework/facts/admission';
import type { PodFact, WorkloadFact } from '../framework/facts/workloads';
import { explainPostError } from '../probe/gate';
import { INJECTED_PARTS, injectionOf } from '../probe/injection';
import { hashOf } from '../framework/canonical';
import { makerOf, newestFirst } from './kubernetesWorkload';
import { ownWorkloads } from './templates';
import { objectOf, templateOf } from './workloads';
import { mutatingWebhooksOf } from '../admission/webhooks';

/** Most workloads that one run tries. */
const MOST = 10;

/** How often a pod is tried that no webhook seems to have seen: another API server may have. */
const TRIES = 3;

/** Refusals of the probe that hold for its shape, and maybe not for that of a workload's pod. */
const OF_ITS_SHAPE: readonly Blocker['reason'][] = [
  'quota',
  'limit-range',
  'pod-security',
  'admission-webhook',
  'refused',
];

/** The cluster refuses the probe's pod, which says nothing about the workload's. */
export const refusesProbe = ({ blocker }: Lack) =>
  blocker !== undefined && OF_ITS_SHAPE.includes(blocker);

/**
 * A pod of the ReplicaSet of a Deployment's present template, as far as pods show it, for no ReplicaSet is read: the one
 * with as many pods as the Deployment counts of its template, else the one whose first pod is the youngest. Right after a
 * roll-back, while the count is of before or fits both, that can be the abandoned one. The youngest pod of all can be of a
 * former one, where a roll-out does not go on and a node was lost.
 */
export function ofPresentSet(
  { kind, name, replicas }: Pick<WorkloadFact, 'kind' | 'name' | 'replicas'>,
  pods: readonly PodFact[],
): PodFact | undefined {
  const sets = new Map<string | undefined, PodFact[]>();
  for (const pod of pods) {
    if (pod.owner.kind !== kind || pod.owner.name !== name) continue;
    const hash = pod.labels[HASH_LABEL];
    sets.set(hash, [...(sets.get(hash) ?? []), pod]);
  }
  const madeAt = ({ createdAt = 0 }: PodFact) => createdAt;
  const counted = [...sets.values()].filter(
    ({ length }) => length === replicas?.updated,
  );
  return (counted.length > 0 ? counted : [...sets.values()])
    .map(set => newestFirst(set).at(-1)!)
    .sort((a, b) => madeAt(b) - madeAt(a))[0];
}

/** What the controller of a workload adds to its pods, as far as it can be known without it. */
function byController(
  workload: WorkloadFact,
  uid: string,
  pods: readonly PodFact[],
): { labels?: Record<string, string>; owner: V1OwnerReference } {
  const { kind, name } = workload;
  const owner = {
    apiVersion: 'apps/v1',
    kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  if (kind === 'Deployment') {
    const like = ofPresentSet(workload, pods);
    // Without a pod nothing shows its ReplicaSet, if it is there already.
    const hash = like?.labels[HASH_LABEL] ?? hashOf(uid).slice(0, 10);
    return {
      labels: { [HASH_LABEL]: hash },
      owner: (like && makerOf(like)) ?? {
        ...owner,
        kind: 'ReplicaSet',
        name: `${name}-${hash}`,
      },
    };
  }
  if (kind === 'CronJob') {
    const job = `${name}-1`;
    return {
      labels: { 'batch.kubernetes.io/job-name': job, 'job-name': job },
      owner: { ...owner, apiVersion: 'batch/v1', kind: 'Job', name: job },
    };
  }
  return { owner };
}

/** A pod of a workload, as its controller would make it; undefined where its template was not read in this run. */
function podOf(
  workload: WorkloadFact,
  namespace: string,
  pods: readonly PodFact[],
): V1Pod | undefined {
  const object = objectOf(workload);
  const template = object && templateOf(object);
  if (!template) return undefined;
  const { name } = workload;
  const { labels, owner } = byController(
    workload,
    object.metadata?.uid ?? '',
    pods,
  );
  const { volumeClaimTemplates } = object.spec ?? {};
  return podOfTemplate(
    { template, volumeClaimTemplates },
    { name, namespace, labels, maker: owner.name, owners: [owner] },
  );
}

/** What of the run would change the outcome, as far as it can be seen. */
async function surroundings(c: Collecting) {
  const { ref } = c.request;
  const around = await Promise.all(
    (['association', 'serviceAccount', 'namespace', 'webhook'] as const).map(
      name => c.get(name),
    ),
  );
  return { ref, around: around.map(valueOf) };
}

const NO_DRY_RUN = lacking({
  kind: 'because',
  because: 'admission.injects',
  sentence:
    'Not checked, because no pod can be dry-run here: this report says why where it judges new pods.',
});

/** A pod that is not valid, which Kubernetes says with values of the pod. */
const NOT_TAKEN =
  'Kubernetes did not take a pod of its template. Its words can quote the template, so they are left out here.';

/** The webhook of EKS left nothing in it. */
const isUntouched = ({ admitted }: Admitted) =>
  admitted?.containers.every(
    ({ missing }) => missing.length === INJECTED_PARTS,
  ) === true;

/** It has the identity, and nothing more than its template. */
const asItShould = (
  { admitted }: Admitted,
  { serviceAccount, template }: WorkloadFact,
) =>
  admitted?.serviceAccount === serviceAccount &&
  !admitted.fargate &&
  admitted.containers.every(({ name, injected, carried, proxied }) => {
    const own = template.containers.find(one => one.name === name);
    return (
      injected &&
      (proxied !== 'yes' || own?.proxied === 'yes') &&
      carried.every(
        ({ what, likely }) =>
          !likely || own?.carried.some(one => one.what === what),
      )
    );
  });

/**
 * A dry run of a pod of each workload whose template names the service account, one for each distinct template. A good
 * one is remembered as long as proofs are; a person who asks has a reason that the portal might not see.
 */
export const collectOwnDryRuns: Collector<'ownDryRuns'> = async c => {
  const probe = await c.get('dryRuns');
  if (!probe.known && !refusesProbe(probe.lack)) {
    const { kind, via } = probe.lack;
    return kind === 'blocked' && !via ? NO_DRY_RUN : probe;
  }
  const [workloads, running] = await Promise.all([
    c.get('workloads'),
    c.get('pods'),
  ]);
  if (!workloads.known) return workloads;
  const { namespace, serviceAccount } = c.request.ref;
  const pods = valueOf(running) ?? [];
  const own = ownWorkloads(workloads.value.found, pods).filter(
    one => one.kind !== 'Job' && one.serviceAccount === serviceAccount,
  );
  const made = own.slice(0, MOST).flatMap(workload => {
    const pod = podOf(workload, namespace, pods);
    return pod ? [{ workload, pod }] : [];
  });
  if (made.length === 0 && own.length > 0) {
    return lacking({
      kind: 'not-in-probe',
      sentence: 'Not checked: the templates were not read in this run.',
    });
  }
  const right = { verb: 'create', resource: 'pods', namespace } as const;
  const opened = await askKubernetes(
    c,
    { ...right, role: 'verify' },
    async api => api,
    c.verify,
  );
  if (!opened.known) return opened;
  const { clock, config } = c.operation;
  const around = await surroundings(c);
  const where = {
    namespace,
    serviceAccount,
    voice: voiceOf(c.verify.cluster),
    what: 'a pod of its template',
  };

  const send = async (pod: V1Pod, address?: string): Promise<Admitted> => {
    const names = injectionOf(pod).map(({ name }) => name);
    try {
      const { spec, ...rest } = await opened.value.dryRunPod(namespace, pod, {
        signal: c.signal,
        ...(address ? { address } : {}),
      });
      return {
        admitted: {
          serviceAccount: spec?.serviceAccountName ?? 'default',
          containers: injectionOf({ ...rest, spec }).filter(({ name }) =>
            names.includes(name),
          ),
          ...(spec?.schedulerName === 'fargate-scheduler'
            ? { fargate: true as const }
            : {}),
        },
      };
    } catch (error) {
      const why = await explainPostError(opened.value, error, where, c.signal);
      if (why.kind === 'unanswered') return { refused: fullStop(why.message) };
      const { reason, sentence } = why.blocker;
      return reason === 'refused'
        ? { refused: NOT_TAKEN }
        : { refused: fullStop(sentence), blocked: true };
    }
  };
  /** A connection that is kept reaches the same API server; one to an address is new each time. */
  const sendOften = async (pod: V1Pod): Promise<Admitted> => {
    let seen = await send(pod);
    for (let tries = 1; tries < TRIES && isUntouched(seen); tries++) {
      const addresses = await opened.value
        .addresses({ signal: c.signal })
        .catch(() => []);
      if (addresses.length === 0) break;
      seen = await send(pod, addresses[tries % addresses.length]);
    }
    return seen;
  };
  const asking = new Memo<string, Promise<Admitted>>();
  const ask = (workload: WorkloadFact, pod: V1Pod): Promise<Admitted> => {
    const { kind } = workload;
    const { annotations } = pod.metadata!;
    const labels = { ...pod.metadata!.labels, [HASH_LABEL]: undefined };
    const key = hashOf({ kind, labels, annotations, spec: pod.spec, around });
    const keepMs = config.timings.probeInterval;
    const before =
      c.request.trigger === 'user'
        ? undefined
        : c.admitted?.since(clock.now() - keepMs, key);
    if (before) return Promise.resolve(before);
    return asking.get(key, async (): Promise<Admitted> => {
      const seen = await sendOften(pod);
      if (asItShould(seen, workload)) {
        c.admitted?.keep(key, clock.now(), seen, keepMs);
      }
      return seen;
    });
  };
  const runs = await Promise.all(
    made.map(async ({ workload, pod }): Promise<OwnDryRunFact> => {
      const { kind, name } = workload;
      const labels = pod.metadata?.labels ?? {};
      return { kind, name, labels, ...(await ask(workload, pod)) };
    }),
  );
  const odd = runs.some(
    (run, index) => run.admitted && !asItShould(run, made[index].workload),
  );
  return known({
    runs,
    untried: own.length - made.length,
    ...(odd ? { others: await mutatingWebhooksOf(c) } : {}),
  });
};

import { SandboxCore } from '../../core/contract';
import { KubeObject } from '../types';
import { InternalClient } from './client';
import { RETRY_MS } from './controller';
import { EventRecorder } from './events';
import { controllerOf, isReady, podFrom, templateHash } from './ownership';
import { recordRevision } from './revisions';
import { matchesNode, untolerated } from './scheduling';
import { keyOf, splitKey, WorkQueue } from './workQueue';

const HASH_LABEL = 'controller-revision-hash';

/** Tolerations that the controller adds to its pods. */
const OWN_TOLERATIONS = [
  {
    key: 'node.kubernetes.io/not-ready',
    operator: 'Exists',
    effect: 'NoExecute',
  },
  {
    key: 'node.kubernetes.io/unreachable',
    operator: 'Exists',
    effect: 'NoExecute',
  },
  {
    key: 'node.kubernetes.io/disk-pressure',
    operator: 'Exists',
    effect: 'NoSchedule',
  },
  {
    key: 'node.kubernetes.io/memory-pressure',
    operator: 'Exists',
    effect: 'NoSchedule',
  },
  {
    key: 'node.kubernetes.io/pid-pressure',
    operator: 'Exists',
    effect: 'NoSchedule',
  },
  {
    key: 'node.kubernetes.io/unschedulable',
    operator: 'Exists',
    effect: 'NoSchedule',
  },
];

/** Runs one pod of the template on every matching node. */
export class DaemonSetController {
  readonly #queue: WorkQueue;
  readonly #stops: (() => void)[] = [];

  constructor(
    private readonly core: SandboxCore,
    private readonly client: InternalClient,
    private readonly events: EventRecorder,
  ) {
    this.#queue = new WorkQueue(
      key => this.reconcile(key),
      (error, key) =>
        core.log(`The DaemonSet controller failed on ${key}: ${error}`),
    );
  }

  start() {
    this.#stops.push(
      this.client.watch('daemonsets', ({ object }) =>
        this.#queue.add(keyOf(object)),
      ),
      this.client.watch('nodes', () => this.all()),
      this.client.watch('pods', ({ object }) => {
        const owner = controllerOf(object);
        if (owner?.kind === 'DaemonSet') {
          this.#queue.add(`${object.metadata.namespace}/${owner.name}`);
        }
      }),
    );
  }

  stop() {
    this.#queue.stop();
    this.#stops.forEach(stop => stop());
  }

  private all() {
    this.client.list('daemonsets').forEach(set => this.#queue.add(keyOf(set)));
  }

  private async reconcile(key: string) {
    const { namespace, name } = splitKey(key);
    const set = this.client.get('daemonsets', namespace, name);
    if (!set || set.metadata.deletionTimestamp) {
      return;
    }
    const hash = templateHash(set.spec.template);
    await recordRevision(this.client, set, `${name}-${hash}`);
    const nodes = this.client
      .list('nodes')
      .filter(node => this.fits(set, node));
    const wanted = new Set(nodes.map(n => n.metadata.name));
    const replaced = toReplace(set, this.podsOf(set), wanted, hash);
    for (const pod of this.podsOf(set)) {
      const outdated = replaced.has(pod.metadata.uid!);
      const over = ['Succeeded', 'Failed'].includes(pod.status?.phase);
      const misplaced = pod.spec.nodeName && !wanted.has(pod.spec.nodeName);
      if (!pod.metadata.deletionTimestamp && (outdated || over || misplaced)) {
        await this.client.remove('pods', namespace, pod.metadata.name);
      }
    }
    const taken = new Set(this.podsOf(set).map(nodeOf));
    const free = nodes.filter(node => !taken.has(node.metadata.name));
    try {
      for (const node of free) await this.createPod(set, node, hash);
    } catch (error) {
      await this.refused(set, error as Error);
    }
    await this.writeStatus(set, wanted, hash);
  }

  private fits(set: KubeObject, node: KubeObject): boolean {
    const { spec } = set.spec.template;
    const pod = {
      ...spec,
      tolerations: [...(spec.tolerations ?? []), ...OWN_TOLERATIONS],
    };
    return matchesNode(pod, node) && !untolerated(pod, node);
  }

  private podsOf(set: KubeObject): KubeObject[] {
    return this.client
      .list('pods', set.metadata.namespace)
      .filter(pod => controllerOf(pod)?.uid === set.metadata.uid);
  }

  private async createPod(set: KubeObject, node: KubeObject, hash: string) {
    const { template } = set.spec;
    const pod = podFrom(template, set, { labels: { [HASH_LABEL]: hash } });
    const pinned = {
      matchFields: [
        { key: 'metadata.name', operator: 'In', values: [node.metadata.name] },
      ],
    };
    const nodeAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [pinned],
      },
    };
    const created = await this.client.create('pods', set.metadata.namespace, {
      ...pod,
      spec: {
        ...template.spec,
        affinity: { ...template.spec.affinity, nodeAffinity },
        tolerations: [...(template.spec.tolerations ?? []), ...OWN_TOLERATIONS],
      },
    });
    await this.events.record(set, {
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Created pod: ${created.metadata.name}`,
      component: 'daemonset-controller',
    });
  }

  private async refused(set: KubeObject, { message }: Error) {
    await this.events.record(set, {
      type: 'Warning',
      reason: 'FailedCreate',
      message: `Error creating: ${message}`,
      component: 'daemonset-controller',
    });
    const { clock } = this.core;
    clock.schedule(clock.now() + RETRY_MS, () => this.#queue.add(keyOf(set)));
  }

  private async writeStatus(
    set: KubeObject,
    wanted: Set<string>,
    hash: string,
  ) {
    const pods = this.podsOf(set).filter(
      pod => !pod.metadata.deletionTimestamp,
    );
    const ready = pods.filter(isReady).length;
    const updated = pods.filter(
      pod => pod.metadata.labels?.[HASH_LABEL] === hash,
    ).length;
    const { namespace, name } = set.metadata;
    await this.client.changeStatus('daemonsets', namespace, name, object => {
      object.status = {
        currentNumberScheduled: pods.length,
        desiredNumberScheduled: wanted.size,
        ...(ready > 0 && { numberAvailable: ready }),
        numberMisscheduled: 0,
        numberReady: ready,
        ...(wanted.size > ready && { numberUnavailable: wanted.size - ready }),
        observedGeneration: set.metadata.generation,
        ...(updated > 0 && { updatedNumberScheduled: updated }),
      };
    });
  }
}

/** A number of pods, which may be given as a share of all, rounded up. */
const countOf = (value: number | string, all: number) =>
  typeof value === 'number'
    ? value
    : Math.ceil((Number.parseFloat(value) * all) / 100);

/**
 * The uids of pods of a former template that are replaced now: all that are not ready, and of the others as many as may
 * be missing.
 */
function toReplace(
  set: KubeObject,
  pods: KubeObject[],
  wanted: Set<string>,
  hash: string,
): Set<string> {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === 'OnDelete') {
    return new Set();
  }
  const alive = pods.filter(pod => !pod.metadata.deletionTimestamp);
  const former = alive.filter(
    pod => pod.metadata.labels?.[HASH_LABEL] !== hash,
  );
  const served = new Set(alive.filter(isReady).map(nodeOf));
  const missing = [...wanted].filter(node => !served.has(node)).length;
  const room = Math.max(
    0,
    countOf(rollingUpdate?.maxUnavailable ?? 1, wanted.size) - missing,
  );
  return new Set(
    [
      ...former.filter(pod => !isReady(pod)),
      ...former.filter(isReady).slice(0, room),
    ].map(pod => pod.metadata.uid!),
  );
}

/** The node of a pod, or the node that a pending pod is pinned to. */
function nodeOf(pod: KubeObject): string | undefined {
  return (
    pod.spec.nodeName ??
    pod.spec.affinity?.nodeAffinity
      ?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.[0]
      ?.matchFields?.[0]?.values?.[0]
  );
}

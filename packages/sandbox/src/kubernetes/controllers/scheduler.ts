import { SandboxCore } from '../../core/contract';
import { isoTime, KubeObject } from '../types';
import { InternalClient } from './client';
import { EventRecorder } from './events';
import { unfit, unschedulableMessage } from './scheduling';
import { keyOf, splitKey, WorkQueue } from './workQueue';

const DONE = new Set(['Succeeded', 'Failed']);

/** Assigns pods of `default-scheduler` to nodes; a pod that fits no node waits until something changes. */
export class Scheduler {
  readonly #queue: WorkQueue;
  readonly #stops: (() => void)[] = [];

  constructor(
    private readonly core: SandboxCore,
    private readonly client: InternalClient,
    private readonly events: EventRecorder,
    private readonly version: string,
  ) {
    this.#queue = new WorkQueue(
      key => this.schedule(key),
      (error, key) => core.log(`The scheduler failed on ${key}: ${error}`),
    );
  }

  start() {
    this.#stops.push(
      this.client.watch('pods', ({ object, type }) => {
        if (type === 'DELETED') {
          this.retryPending();
        } else if (this.isWaiting(object)) {
          this.#queue.add(keyOf(object));
        }
      }),
      this.client.watch('nodes', () => this.retryPending()),
    );
  }

  stop() {
    this.#queue.stop();
    this.#stops.forEach(stop => stop());
  }

  private isWaiting(pod: KubeObject) {
    return (
      !pod.spec.nodeName &&
      !pod.metadata.deletionTimestamp &&
      pod.spec.schedulerName === 'default-scheduler'
    );
  }

  private retryPending() {
    this.client
      .list('pods')
      .filter(pod => this.isWaiting(pod))
      .forEach(pod => this.#queue.add(keyOf(pod)));
  }

  private async schedule(key: string) {
    const { namespace, name } = splitKey(key);
    const pod = this.client.get('pods', namespace, name);
    if (!pod || !this.isWaiting(pod)) {
      return;
    }
    const pods = this.client
      .list('pods')
      .filter(p => !DONE.has(p.status?.phase));
    const looked = this.client.list('nodes').map(node => {
      const there = pods.filter(p => p.spec.nodeName === node.metadata.name);
      return { node, there, reason: unfit(pod.spec, node, there) };
    });
    const fitting = looked
      .filter(l => l.reason === undefined)
      .sort((a, b) => a.there.length - b.there.length);
    if (fitting.length > 0) {
      await this.bind(pod, fitting[0].node.metadata.name);
    } else {
      const reasons = looked.map(l => l.reason!);
      await this.giveUp(pod, unschedulableMessage(reasons, this.version));
    }
  }

  /** Assigns a pod to a node; also used by controllers that place pods themselves. */
  async bind(pod: KubeObject, nodeName: string) {
    const { namespace, name } = pod.metadata;
    await this.client.bind(pod, nodeName);
    await this.events.record(pod, {
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${namespace}/${name} to ${nodeName}`,
      component: pod.spec.schedulerName,
      action: 'Binding',
    });
  }

  private async giveUp(pod: KubeObject, message: string) {
    const before = (pod.status?.conditions ?? []).find(
      (c: any) => c.type === 'PodScheduled',
    );
    if (before?.message === message) {
      return;
    }
    await this.setUnschedulable(pod, message);
    await this.events.record(pod, {
      type: 'Warning',
      reason: 'FailedScheduling',
      message,
      component: 'default-scheduler',
      action: 'Scheduling',
    });
  }

  private async setUnschedulable(pod: KubeObject, message: string) {
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      lastProbeTime: null,
      lastTransitionTime: isoTime(this.core.clock.now()),
      reason: 'Unschedulable',
      message,
    };
    await this.client.changeStatus(
      'pods',
      pod.metadata.namespace,
      pod.metadata.name,
      object => {
        const others = (object.status?.conditions ?? []).filter(
          (c: any) => c.type !== 'PodScheduled',
        );
        object.status = {
          ...object.status,
          conditions: [...others, condition],
        };
      },
    );
  }
}

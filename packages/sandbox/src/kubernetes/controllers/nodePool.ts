import { ClusterKey, SandboxCore } from '../../core/contract';
import { FARGATE_SCHEDULER } from '../admission/fargate';
import { ClusterOptions } from '../options';
import { KubeObject } from '../types';
import { InternalClient } from './client';
import { createNode, NodeFacts, NodeOptions } from './nodes';
import { Scheduler } from './scheduler';
import { tolerates } from './scheduling';

/** The nodes of a cluster. Tests add, taint and remove them; Fargate nodes exist as long as their pods. */
export class NodePool {
  readonly #facts = new Map<string, NodeFacts>();
  readonly #stops: (() => void)[] = [];

  constructor(
    private readonly core: SandboxCore,
    private readonly cluster: ClusterKey,
    private readonly version: string,
    private readonly fargate: ClusterOptions['fargate'],
    private readonly client: InternalClient,
    private readonly scheduler: Scheduler,
  ) {}

  start() {
    this.#stops.push(
      this.client.watch('pods', ({ type, object }) => {
        if (
          type === 'ADDED' &&
          object.spec.schedulerName === FARGATE_SCHEDULER
        ) {
          void this.startFargate(object).catch(error => this.failed(error));
        }
        const node = this.#facts.get(object.spec.nodeName);
        if (type === 'DELETED' && node?.kind === 'fargate' && !node.onPaper) {
          void this.remove(object.spec.nodeName).catch(error =>
            this.failed(error),
          );
        }
      }),
      this.client.watch('nodes', ({ type, object }) => {
        if (type === 'DELETED') {
          this.#facts.delete(object.metadata.name);
          void this.evict(object.metadata.name, () => true, 0);
        } else if (type === 'MODIFIED') {
          this.evictUntolerated(object);
        }
      }),
    );
  }

  stop() {
    this.#stops.forEach(stop => stop());
  }

  facts(name: string): NodeFacts | undefined {
    return this.#facts.get(name);
  }

  /** The nodes that are EC2 instances of the account. */
  instances(): NodeFacts[] {
    return [...this.#facts.values()].filter(
      ({ kind }) => kind !== 'fargate' && kind !== 'hybrid',
    );
  }

  /** The node that the loopback agent represents: the first one with an agent. */
  agentNode(): NodeFacts {
    const nodes = [...this.#facts.values()];
    const node =
      nodes.find(n => n.kind === 'managed' || n.kind === 'auto') ?? nodes[0];
    if (!node) {
      throw new Error(
        `The cluster ${this.cluster.name} has no node with an agent`,
      );
    }
    return node;
  }

  async add(options: NodeOptions): Promise<string> {
    const { node, status, facts } = createNode(
      this.core,
      this.cluster.region,
      this.version,
      options,
    );
    this.#facts.set(facts.name, facts);
    await this.client.as('kubelet').create('nodes', undefined, node);
    await this.client
      .as('kubelet')
      .changeStatus('nodes', undefined, facts.name, object => {
        object.status = status;
      });
    return facts.name;
  }

  async remove(name: string): Promise<void> {
    await this.client.remove('nodes', undefined, name);
  }

  private async startFargate(pod: KubeObject) {
    const name = await this.add({
      kind: 'fargate',
      roleArn: this.fargate!.roleArn,
    });
    await this.scheduler.bind(pod, name);
  }

  private evictUntolerated(node: KubeObject) {
    const taints = (node.spec?.taints ?? []).filter(
      (t: any) => t.effect === 'NoExecute',
    );
    if (taints.length > 0) {
      void this.evict(
        node.metadata.name,
        pod => taints.some((t: any) => !tolerates(pod.spec.tolerations, t)),
        undefined,
      );
    }
  }

  private async evict(
    node: string,
    matches: (pod: KubeObject) => boolean,
    gracePeriodSeconds: number | undefined,
  ) {
    const pods = this.client
      .list('pods')
      .filter(
        p =>
          p.spec.nodeName === node &&
          !p.metadata.deletionTimestamp &&
          matches(p),
      );
    for (const { metadata } of pods) {
      await this.client
        .remove('pods', metadata.namespace, metadata.name, {
          gracePeriodSeconds,
        })
        .catch(error => this.failed(error));
    }
  }

  private failed(error: unknown) {
    this.core.log(
      `The nodes of ${this.cluster.name}: ${(error as Error).stack ?? error}`,
    );
  }
}

import { SandboxCore } from '../../core/contract';
import { badRequest, internalError } from '../model/status';
import { InternalClient } from '../controllers/client';
import { EventRecorder } from '../controllers/events';
import { NodeFacts } from '../controllers/nodes';
import {
  ExecRequest,
  ExecStreams,
  KubeletApi,
  LogOptions,
} from '../http/dependencies';
import { PodSandbox } from '../runtime/podSandbox';
import { KubeObject } from '../types';
import { execIn } from './exec';
import { ImageRegistry } from './images';
import { paperPod } from './paperPod';
import { ContainerState } from './podStatus';
import { PodWorker } from './podWorker';

const DEFAULT_TERMINATION_MS = 500;

export interface KubeletsOptions {
  core: SandboxCore;
  client: InternalClient;
  events: EventRecorder;
  images: ImageRegistry;
  node(name: string): NodeFacts | undefined;
  createSandbox(pod: KubeObject, node: NodeFacts): Promise<PodSandbox>;
}

/** The kubelets of all nodes, with a worker for each scheduled pod. */
export class Kubelets implements KubeletApi {
  readonly #workers = new Map<string, PodWorker>();
  readonly #seen = new Set<string>();
  readonly #hanging: ((pod: KubeObject) => boolean)[] = [];
  #nextAddress = 0;
  #stopWatching = () => {};

  constructor(private readonly options: KubeletsOptions) {}

  start() {
    this.#stopWatching = this.options.client.watch(
      'pods',
      ({ type, object }) => {
        const uid = object.metadata.uid!;
        if (type === 'DELETED') {
          this.#workers.get(uid)?.kill();
          this.#workers.delete(uid);
          this.#seen.delete(uid);
        } else if (object.spec.nodeName) {
          this.sync(uid, object);
        }
      },
    );
  }

  stop() {
    this.#stopWatching();
    this.#workers.forEach(worker => worker.kill());
    this.#workers.clear();
  }

  /** Makes matching pods run for ever; returns a function that ends this for new pods. */
  hang(matches: (pod: KubeObject) => boolean): () => void {
    this.#hanging.push(matches);
    return () => {
      this.#hanging.splice(this.#hanging.indexOf(matches), 1);
    };
  }

  clearHanging() {
    this.#hanging.length = 0;
  }

  isRunning(pod: KubeObject, container: string): boolean {
    const worker = this.#workers.get(pod.metadata.uid!);
    return worker?.container(container)?.run !== undefined;
  }

  logs(
    pod: KubeObject,
    options: LogOptions,
    signal: AbortSignal,
  ): AsyncIterable<string> {
    const worker = this.#workers.get(pod.metadata.uid!);
    const run = options.previous
      ? worker?.previous.get(options.container)
      : worker?.container(options.container)?.run;
    if (run) {
      return run.log.read(options, signal);
    }
    const { name } = pod.metadata;
    if (options.previous) {
      throw badRequest(
        `previous terminated container "${options.container}" in pod "${name}" not found`,
      );
    }
    if (!pod.spec.nodeName) {
      throw badRequest(`pod ${name} does not have a host assigned`);
    }
    const waiting =
      worker?.container(options.container)?.waiting?.reason ??
      'ContainerCreating';
    throw badRequest(
      `container "${options.container}" in pod "${name}" is waiting to start: ${waiting}`,
    );
  }

  assertCanExec(pod: KubeObject, container: string) {
    const state = this.state(pod, container);
    if (['Succeeded', 'Failed'].includes(pod.status?.phase)) {
      throw badRequest(
        `cannot exec into a container in a completed pod; current phase is ${pod.status.phase}`,
      );
    }
    if (!pod.spec.nodeName) {
      throw badRequest(
        `pod ${pod.metadata.name} does not have a host assigned`,
      );
    }
    if (!state?.run || state.terminated) {
      throw internalError(
        `unable to upgrade connection: container not found ("${container}")`,
      );
    }
  }

  exec(
    pod: KubeObject,
    request: ExecRequest,
    streams: ExecStreams,
  ): Promise<number> {
    return execIn(
      this.state(pod, request.container)!.run!.shell,
      request,
      streams,
    );
  }

  /** Runs a command in a container without the API. */
  run(pod: KubeObject, container: string, command: string[]) {
    this.assertCanExec(pod, container);
    return this.state(pod, container)!.run!.shell.run(command);
  }

  private state(
    pod: KubeObject,
    container: string,
  ): ContainerState | undefined {
    return this.#workers.get(pod.metadata.uid!)?.container(container);
  }

  private sync(uid: string, pod: KubeObject) {
    const node = this.options.node(pod.spec.nodeName);
    if (node?.onPaper) {
      const client = this.options.client.as('kubelet');
      const now = this.options.core.clock.now();
      const podIP = pod.status?.podIP ?? this.address();
      void paperPod(client, pod, node, { podIP, now }).catch(error =>
        this.failed(pod, error),
      );
      return;
    }
    const worker = this.#workers.get(uid);
    if (pod.metadata.deletionTimestamp) {
      void (worker ?? this.add(uid, pod))
        ?.terminate(pod)
        .catch(error => this.failed(pod, error));
    } else if (!worker && !this.#seen.has(uid)) {
      const added = this.add(uid, pod);
      void added?.run().catch(error => this.failed(pod, error));
    }
  }

  private add(uid: string, pod: KubeObject): PodWorker | undefined {
    const node = this.options.node(pod.spec.nodeName);
    if (!node) {
      return undefined;
    }
    this.#seen.add(uid);
    const worker = new PodWorker(
      {
        core: this.options.core,
        client: this.options.client.as('kubelet'),
        events: this.options.events,
        node,
        images: this.options.images,
        podIP: this.address(),
        terminationMs: DEFAULT_TERMINATION_MS,
        createSandbox: current => this.options.createSandbox(current, node),
        hangs: current => this.#hanging.some(matches => matches(current)),
      },
      pod,
    );
    this.#workers.set(uid, worker);
    return worker;
  }

  private address(): string {
    this.#nextAddress++;
    return `10.0.${128 + Math.floor(this.#nextAddress / 250)}.${
      (this.#nextAddress % 250) + 2
    }`;
  }

  private failed(pod: KubeObject, error: unknown) {
    this.options.core.log(
      `Kubelet failed on ${pod.metadata.namespace}/${pod.metadata.name}: ${
        (error as Error).stack ?? error
      }`,
    );
  }
}

import { SandboxCore } from '../../core/contract';
import { InternalClient } from '../controllers/client';
import { EventRecorder } from '../controllers/events';
import { NodeFacts } from '../controllers/nodes';
import { ContainerConfigError } from '../runtime/environment';
import { probeReadiness } from './readiness';
import { PodSandbox } from '../runtime/podSandbox';
import { MountError } from '../runtime/volumes';
import { isoTime, KubeObject } from '../types';
import { ContainerRun } from './containerRun';
import { pullImage } from './imagePuller';
import { ImageRegistry } from './images';
import {
  ContainerState,
  isSidecar,
  phaseOf,
  podStatus,
  willRestart,
} from './podStatus';

/** Simulated milliseconds. */
const RETRY_MS = 2_000;
const LONGEST_BACKOFF_MS = 300_000;
const FIRST_BACKOFF_MS = 10_000;

export interface PodWorkerOptions {
  core: SandboxCore;
  client: InternalClient;
  events: EventRecorder;
  node: NodeFacts;
  images: ImageRegistry;
  podIP: string;
  /** How long a process takes to end after SIGTERM. */
  terminationMs: number;
  createSandbox(pod: KubeObject): Promise<PodSandbox>;
  hangs(pod: KubeObject): boolean;
}

class Ended extends Error {}

/** Kubelet's work on one pod, from its scheduling to its removal. */
export class PodWorker {
  readonly states: ContainerState[];
  readonly previous = new Map<string, ContainerRun>();
  readonly #killed = new AbortController();
  readonly #startTime: string;
  readonly #cancels: (() => void)[] = [];
  #sandbox: PodSandbox | undefined;
  #podIP: string | undefined;
  #final: { phase: string; reason: string; message: string } | undefined;
  #terminating = false;
  #reporting = Promise.resolve();

  constructor(
    private readonly options: PodWorkerOptions,
    private pod: KubeObject,
  ) {
    this.#startTime = isoTime(options.core.clock.now());
    const state = (init: boolean) => (spec: any) => ({
      spec,
      init,
      restarts: 0,
      ready: false,
    });
    this.states = [
      ...(pod.spec.initContainers ?? []).map(state(true)),
      ...pod.spec.containers.map(state(false)),
    ];
  }

  get uid() {
    return this.pod.metadata.uid!;
  }

  container(name: string): ContainerState | undefined {
    return this.states.find(s => s.spec.name === name);
  }

  /** Starts and supervises the pod; returns when its containers have ended for good. */
  async run(): Promise<void> {
    try {
      this.watchDeadline();
      // Starts before the pod becomes visible, so that a test that sees the pod and advances the clock ends this wait.
      const starting = this.sleep(this.options.core.delays.podStart);
      starting.catch(() => undefined);
      await this.report();
      await starting;
      this.#sandbox = await this.mountVolumes();
      this.#podIP = this.pod.spec.hostNetwork
        ? this.options.node.ip
        : this.options.podIP;
      if (!(await this.runInitContainers())) {
        return;
      }
      const main = this.states.filter(s => !s.init);
      await Promise.all(main.map(state => this.supervise(state)));
      await this.stopSidecars();
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
    } finally {
      await this.report();
      this.#sandbox?.close();
      this.#cancels.forEach(cancel => cancel());
    }
  }

  /** Deletes the pod: SIGTERM, SIGKILL at the end of the grace period, then removes the object. */
  async terminate(pod: KubeObject): Promise<void> {
    if (this.#terminating) {
      return;
    }
    this.#terminating = true;
    this.pod = pod;
    const grace = (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
    const running = this.states.some(s => s.run && !s.terminated);
    const stubborn = this.states.some(s => s.run?.hangs && !s.terminated);
    if (running) {
      for (const { spec } of this.states.filter(s => s.run && !s.terminated)) {
        this.event(
          'Normal',
          'Killing',
          `Stopping container ${spec.name}`,
          spec,
        );
      }
      const wait = stubborn
        ? grace
        : Math.min(grace, this.options.terminationMs);
      await this.options.core.clock.sleep(wait).catch(() => undefined);
    }
    this.kill(stubborn ? 'SIGKILL' : 'SIGTERM');
    await Promise.all(this.states.map(s => s.run?.ended));
    await this.report();
    const { namespace, name, uid } = pod.metadata;
    await this.options.client.remove('pods', namespace, name, {
      gracePeriodSeconds: 0,
      preconditions: { uid },
    });
  }

  /** Ends all containers at once, after the object was deleted or the deadline passed. */
  kill(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL') {
    this.#killed.abort(new Ended());
    this.states.forEach(s => s.run?.stop(signal));
  }

  private watchDeadline() {
    const seconds = this.pod.spec.activeDeadlineSeconds;
    if (!seconds) {
      return;
    }
    const { clock } = this.options.core;
    const cancel = clock.schedule(clock.now() + seconds * 1000, async () => {
      const message =
        'Pod was active on the node longer than the specified deadline';
      this.#final = { phase: 'Failed', reason: 'DeadlineExceeded', message };
      this.event('Normal', 'DeadlineExceeded', message);
      this.kill();
      await this.report();
    });
    this.#cancels.push(cancel);
  }

  private async mountVolumes(): Promise<PodSandbox> {
    for (;;) {
      try {
        return await this.options.createSandbox(this.pod);
      } catch (error) {
        if (!(error instanceof MountError)) throw error;
        this.event('Warning', 'FailedMount', error.message);
        await this.sleep(RETRY_MS);
      }
    }
  }

  private async runInitContainers(): Promise<boolean> {
    const { restartPolicy } = this.pod.spec;
    for (const state of this.states.filter(s => s.init)) {
      this.states
        .filter(s => s !== state && !s.run && !s.terminated)
        .forEach(s => {
          s.waiting = { reason: 'PodInitializing' };
        });
      if (isSidecar(state)) {
        void this.supervise(state).catch(() => undefined);
        await this.untilStarted(state);
        continue;
      }
      await this.supervise(state);
      if (state.terminated?.exitCode !== 0 && restartPolicy === 'Never') {
        return false;
      }
    }
    this.states.forEach(s => {
      if (s.waiting?.reason === 'PodInitializing') s.waiting = undefined;
    });
    return true;
  }

  private async untilStarted(state: ContainerState) {
    while (!state.run) {
      await this.sleep(10);
    }
  }

  /** Runs a container, and restarts it as its restart policy says. */
  private async supervise(state: ContainerState): Promise<void> {
    let backoff = FIRST_BACKOFF_MS;
    for (;;) {
      await pullImage(state, {
        core: this.options.core,
        images: this.options.images,
        node: this.options.node.name,
        killed: this.#killed.signal,
        event: (type, reason, message) =>
          this.event(type, reason, message, state.spec),
        report: () => this.report(),
      });
      await this.start(state);
      state.terminated = await state.run!.ended;
      state.ready = false;
      if (this.#killed.signal.aborted) {
        throw new Ended();
      }
      if (!willRestart(state, this.pod.spec.restartPolicy)) {
        await this.report();
        return;
      }
      if (state.restarts > 0) {
        state.waiting = {
          reason: 'CrashLoopBackOff',
          message: `back-off ${backoff / 1000}s restarting failed container=${
            state.spec.name
          } pod=${this.pod.metadata.name}_${this.pod.metadata.namespace}(${
            this.uid
          })`,
        };
        this.event(
          'Warning',
          'BackOff',
          `Back-off restarting failed container ${state.spec.name} in pod ${this.pod.metadata.name}_${this.pod.metadata.namespace}(${this.uid})`,
          state.spec,
        );
        await this.report();
        await this.sleep(backoff);
        backoff = Math.min(backoff * 2, LONGEST_BACKOFF_MS);
      }
      state.last = state.terminated;
      this.previous.set(state.spec.name, state.run!);
      state.terminated = undefined;
      state.waiting = undefined;
      state.restarts++;
      this.#sandbox!.forget(state.spec.name);
    }
  }

  private async start(state: ContainerState) {
    const { spec } = state;
    for (;;) {
      try {
        const shell = this.#sandbox!.container(spec.name, this.currentPod());
        state.waiting = undefined;
        state.run = new ContainerRun({
          core: this.options.core,
          spec,
          shell,
          hangs: this.options.hangs(this.pod),
        });
        break;
      } catch (error) {
        if (!(error instanceof ContainerConfigError)) throw error;
        state.waiting = {
          reason: 'CreateContainerConfigError',
          message: error.message,
        };
        this.event('Warning', 'Failed', `Error: ${error.message}`, spec);
        await this.report();
        await this.sleep(RETRY_MS);
      }
    }
    state.ready = !spec.readinessProbe?.exec;
    this.event('Normal', 'Created', `Created container: ${spec.name}`, spec);
    this.event('Normal', 'Started', `Started container ${spec.name}`, spec);
    await this.report();
    if (spec.readinessProbe?.exec) {
      // Ends when the pod ends.
      void probeReadiness(state, {
        killed: this.#killed.signal,
        sleep: ms => this.sleep(ms),
        unhealthy: text => this.event('Warning', 'Unhealthy', text, spec),
        report: () => this.report(),
      }).catch(() => undefined);
    }
  }

  private async stopSidecars() {
    const sidecars = this.states.filter(
      s => isSidecar(s) && s.run && !s.terminated,
    );
    if (sidecars.length > 0) {
      this.#killed.abort(new Ended());
      sidecars.forEach(s => s.run!.stop('SIGTERM'));
      await Promise.all(
        sidecars.map(async s => {
          s.terminated = await s.run!.ended;
        }),
      );
    }
  }

  /** Sleeps on the simulated clock; a delay of 0 passes even while the clock is stopped. */
  private async sleep(ms: number) {
    this.#killed.signal.throwIfAborted();
    if (ms > 0) {
      await this.options.core.clock.sleep(ms, this.#killed.signal);
    }
  }

  private currentPod(): KubeObject {
    const { namespace, name } = this.pod.metadata;
    return this.options.client.get('pods', namespace, name) ?? this.pod;
  }

  /** Queues a write of the status, so that writes run one after the other. */
  private report(): Promise<void> {
    this.#reporting = this.#reporting.then(() => this.writeStatus());
    return this.#reporting;
  }

  private async writeStatus() {
    await Promise.all(
      this.states.map(async state => {
        if (state.run && !state.terminated && this.#killed.signal.aborted) {
          state.terminated = await state.run.ended;
        }
      }),
    );
    const { client, core, node } = this.options;
    const { namespace, name } = this.pod.metadata;
    const phase =
      this.#final?.phase ?? phaseOf(this.states, this.pod.spec.restartPolicy);
    await client.changeStatus('pods', namespace, name, pod => {
      if (pod.metadata.uid !== this.uid) return;
      pod.status = podStatus(
        {
          states: this.states,
          startTime: this.#startTime,
          hostIP: node.ip,
          podIP: this.#podIP,
          phase,
          reason: this.#final?.reason,
          message: this.#final?.message,
        },
        pod,
        core.clock.now(),
      );
    });
  }

  private event(
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    container?: any,
  ) {
    const field = this.states.find(s => s.spec === container)?.init
      ? 'initContainers'
      : 'containers';
    void this.options.events
      .record(this.pod, {
        type,
        reason,
        message,
        component: 'kubelet',
        host: this.options.node.name,
        ...(container && { fieldPath: `spec.${field}{${container.name}}` }),
      })
      .catch(error =>
        this.options.core.log(`Could not write an event: ${error}`),
      );
  }
}

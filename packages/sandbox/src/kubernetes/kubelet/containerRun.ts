import { createHash } from 'node:crypto';
import { SandboxCore } from '../../core/contract';
import { ContainerShell, ExecutableNotFound } from '../runtime/containerShell';
import { pause } from '../runtime/commands';
import { isoTime } from '../types';
import { ContainerLog } from './containerLog';

const TERMINATION_MESSAGE_BYTES = 4096;
const FALLBACK = { lines: 80, bytes: 2048 };
const SIGTERM = 143;
const SIGKILL = 137;

/** Why and how a container ended. */
export interface Terminated {
  exitCode: number;
  reason: string;
  message?: string;
  startedAt: string | null;
  finishedAt: string;
  containerID: string;
}

export interface ContainerRunOptions {
  core: SandboxCore;
  /** The container of the pod spec. */
  spec: any;
  shell: ContainerShell;
  /** Whether the process neither ends by itself nor at SIGTERM. */
  hangs: boolean;
}

const reasonOf = (exitCode: number) => (exitCode === 0 ? 'Completed' : 'Error');

const containerId = (seed: string) =>
  `containerd://${createHash('sha256').update(seed).digest('hex')}`;

/** One run of one container, from start to end. */
export class ContainerRun {
  readonly log = new ContainerLog();
  readonly startedAt: string;
  readonly id: string;
  readonly ended: Promise<Terminated>;
  readonly #stop = new AbortController();
  #killedWith = SIGKILL;

  constructor(private readonly options: ContainerRunOptions) {
    const now = options.core.clock.now();
    this.startedAt = isoTime(now);
    this.id = containerId(
      `${options.spec.name} ${now} ${options.core.random()}`,
    );
    this.ended = this.run();
  }

  get shell(): ContainerShell {
    return this.options.shell;
  }

  get hangs() {
    return this.options.hangs;
  }

  /** Ends the process; it handles SIGTERM first, SIGKILL ends it at once. */
  stop(signal: 'SIGTERM' | 'SIGKILL') {
    this.#killedWith = signal === 'SIGTERM' ? SIGTERM : SIGKILL;
    this.#stop.abort(new Error(signal));
  }

  private async run(): Promise<Terminated> {
    const { clock } = this.options.core;
    try {
      if (this.options.hangs) {
        await pause(clock, Infinity, this.#stop.signal).catch(() => undefined);
        return await this.finish(this.#killedWith);
      }
      const result = await this.shell.main(this.#stop.signal, line =>
        this.log.write(clock.now(), `${line}\n`),
      );
      if (!result) {
        return await this.finish(this.#killedWith);
      }
      this.log.write(clock.now(), result.stdout);
      this.log.write(clock.now(), result.stderr);
      return await this.finish(result.exitCode, result.outOfMemory);
    } catch (error) {
      return this.failedToStart(error);
    } finally {
      this.log.end();
    }
  }

  private async finish(
    exitCode: number,
    outOfMemory = false,
  ): Promise<Terminated> {
    const message = await this.terminationMessage(exitCode);
    return {
      containerID: this.id,
      exitCode,
      reason: outOfMemory ? 'OOMKilled' : reasonOf(exitCode),
      ...(message && { message }),
      startedAt: this.startedAt,
      finishedAt: isoTime(this.options.core.clock.now()),
    };
  }

  private async terminationMessage(exitCode: number): Promise<string> {
    const { terminationMessagePath, terminationMessagePolicy } =
      this.options.spec;
    const file = await this.shell.written(terminationMessagePath);
    const text = Buffer.from(file)
      .subarray(0, TERMINATION_MESSAGE_BYTES)
      .toString('utf8');
    if (
      text ||
      terminationMessagePolicy !== 'FallbackToLogsOnError' ||
      exitCode === 0
    ) {
      return text;
    }
    return this.log.tail(FALLBACK.lines, FALLBACK.bytes);
  }

  private failedToStart(error: unknown): Terminated {
    if (!(error instanceof ExecutableNotFound)) {
      this.options.core.log(
        `A container failed: ${(error as Error).stack ?? error}`,
      );
    }
    return {
      containerID: this.id,
      exitCode: 128,
      reason: 'StartError',
      message: `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${
        (error as Error).message
      }`,
      startedAt: '1970-01-01T00:00:00Z',
      finishedAt: isoTime(this.options.core.clock.now()),
    };
  }
}

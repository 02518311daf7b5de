import assert from 'node:assert';
import {
  Bash,
  CustomCommand,
  defineCommand,
  getCommandNames,
  getNetworkCommandNames,
  IFileSystem,
  InMemoryFs,
} from 'just-bash';
import { SimulatedClock } from '../../core/contract';
import { Application, runApplication } from './application/application';
import { isAgentImage, startAgent } from './agentProgram';
import { awsCommand } from './aws/command';
import { networkText } from './aws/credentials';
import { backgroundPlugin, JOB_COMMANDS, jobCommands } from './backgroundJobs';
import { pause, sleepMs, SYSTEM_COMMANDS, systemCommands } from './commands';
import { expandVariables } from './environment';
import { parseQuantity } from '../validation/quantity';
import { ImageProfile } from './images';
import { NetworkError, PodNetwork } from './network';
import { Processor } from './processor';
import { ReadOnlyError } from './readonlyFs';

const CURL_TIMEOUT_MS = 10_000;

/** `curl` in a container, limited to the pod's network. */
const curlThrough =
  (network: PodNetwork) =>
  async (url: string, options: any = {}) => {
    const headers = Object.fromEntries(
      new Headers(options.headers ?? {}).entries(),
    );
    try {
      const timeout = options.timeoutMs ?? CURL_TIMEOUT_MS;
      const { status, body } = await network.request(url, {
        method: options.method ?? 'GET',
        headers: {
          ...headers,
          ...(headers.authorization && {
            Authorization: headers.authorization,
          }),
        },
        connectTimeoutMs: timeout,
        readTimeoutMs: timeout,
        signal: options.signal,
      });
      return {
        status,
        statusText: '',
        headers: {},
        body: new TextEncoder().encode(body),
        url,
      };
    } catch (error) {
      throw error instanceof NetworkError
        ? new Error(networkText(error))
        : error;
    }
  };

const asResult = (r: {
  exitCode: number;
  stdout: string;
  stderr: string;
}): RunResult => ({
  exitCode: r.exitCode,
  stdout: r.stdout,
  stderr: r.stderr,
});

const basename = (path: string) => path.split('/').pop()!;

const isIdle = (argv: string[]) =>
  basename(argv[0]) === 'pause' ||
  (basename(argv[0]) === 'tail' &&
    argv.includes('-f') &&
    argv.includes('/dev/null'));

/** Commands in containers may run for hours; the interpreter's default limit is one hour. */
const LONGEST_RUN_MS = 2 ** 31 - 1;

const PATH = ['/usr/local/bin', '/usr/bin', '/bin'];

const KNOWN_COMMANDS = new Set<string>([
  ...getCommandNames(),
  ...getNetworkCommandNames(),
  // Builtins of the interpreter that are separate programs in every image.
  'test',
  '[',
  'kill',
]);

export interface ContainerShellOptions {
  clock: SimulatedClock;
  /** The container of the pod spec. */
  spec: any;
  image: ImageProfile;
  /** Whether it is an init container, which ends by itself. */
  init: boolean;
  env: Record<string, string>;
  /** Called once, at the first access to the container's files, which most services never make. */
  createFs: () => IFileSystem;
  hostname: string;
  uid: number;
  gid: number;
  network: PodNetwork;
  awsEndpoint: () => string;
  /** Processor time of one start of `aws`, milliseconds. */
  awsCliMs: () => number;
  /** Of the cluster. */
  region: string;
  /** What its program does beside running. */
  application?: Application;
}

export interface RunResult {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** The kernel killed it, because it took more memory than its container may have. */
  outOfMemory?: boolean;
}

/** Kills `stress` when its `--vm-bytes` exceeds the memory limit of the container, as the kernel does. */
function outOfMemory(argv: string[], limit: unknown): RunResult | undefined {
  const at = argv.indexOf('--vm-bytes');
  const taken = at < 0 ? undefined : parseQuantity(argv[at + 1]);
  return basename(argv[0]) === 'stress' &&
    (taken ?? 0) > (parseQuantity(limit) ?? Infinity)
    ? { exitCode: 137, stdout: '', stderr: '', outOfMemory: true }
    : undefined;
}

export class ExecutableNotFound extends Error {
  constructor(readonly command: string) {
    super(
      command.includes('/')
        ? `exec: "${command}": stat ${command}: no such file or directory: unknown`
        : `exec: "${command}": executable file not found in $PATH: unknown`,
    );
  }
}

/** A container: its file system, environment and commands. */
export class ContainerShell {
  #fs: IFileSystem | undefined;
  readonly #processor: Processor;

  constructor(private readonly options: ContainerShellOptions) {
    const { clock, spec } = options;
    this.#processor = new Processor(clock, spec.resources?.limits?.cpu);
  }

  /**
   * Adds the interpreter's files to a root file system before it becomes read-only. The interpreter finds commands by
   * their files on `$PATH`.
   */
  static prepare(root: InMemoryFs, image: ImageProfile): void {
    const names = [
      ...SYSTEM_COMMANDS,
      ...JOB_COMMANDS,
      ...(image.hasAws ? ['aws'] : []),
    ];
    const unused = async () => ({ stdout: '', stderr: '', exitCode: 0 });
    const bash = new Bash({
      fs: root,
      fetch: async url => ({
        status: 0,
        statusText: '',
        headers: {},
        body: new Uint8Array(),
        url,
      }),
      customCommands: names.map(name => defineCommand(name, unused)),
    });
    assert(
      bash.fs === root,
      'the interpreter works on the file system that it is given',
    );
  }

  get fs(): IFileSystem {
    this.#fs ??= this.options.createFs();
    return this.#fs;
  }

  /** Content of a file; empty if nothing was written to this container. */
  async written(path: string): Promise<Uint8Array> {
    return this.#fs
      ? this.#fs.readFileBuffer(path).catch(() => new Uint8Array())
      : new Uint8Array();
  }

  /** Command line of the main process: the pod's command and args, or the image's. */
  get mainCommand(): string[] | undefined {
    const { spec, image, env } = this.options;
    const words = (list: string[] | undefined) =>
      list?.map(word => expandVariables(word, env));
    const command = words(spec.command);
    const args = words(spec.args);
    if (!command && !image.entrypoint) {
      return undefined;
    }
    const rest = args ?? (command ? [] : image.command);
    return [...(command ?? image.entrypoint!), ...rest];
  }

  /** Runs the main process, which may print lines meanwhile; undefined means that the signal ended it. */
  async main(
    signal: AbortSignal,
    print: (line: string) => void = () => {},
  ): Promise<RunResult | undefined> {
    const argv = this.mainCommand;
    if (argv?.length === 0) {
      throw new ExecutableNotFound('');
    }
    const killed =
      argv && outOfMemory(argv, this.options.spec.resources?.limits?.memory);
    if (killed) {
      return killed;
    }
    const own =
      this.options.image.opaque && argv && !(await this.exists(argv[0]));
    const ended = this.options.init ? undefined : this.startAgent();
    if (ended) {
      return ended;
    }
    if (own && this.options.init) {
      return { exitCode: 0, stdout: '', stderr: '' };
    }
    const idle = !argv || own || isIdle(argv);
    const sleeping =
      argv && basename(argv[0]) === 'sleep'
        ? sleepMs(argv.slice(1))
        : undefined;
    try {
      if (idle || sleeping !== undefined) {
        const over = new AbortController();
        this.startApplication(AbortSignal.any([signal, over.signal]), print);
        await pause(this.options.clock, sleeping ?? Infinity, signal);
        over.abort();
        return { exitCode: 0, stdout: '', stderr: '' };
      }
      const result = await this.run(argv, { signal });
      return signal.aborted ? undefined : result;
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  private startApplication(signal: AbortSignal, print: (line: string) => void) {
    const { application, ...context } = this.options;
    if (application) {
      runApplication(application, {
        ...context,
        readFile: path => this.fs.readFile(path),
        signal,
        print,
      });
    }
  }

  private startAgent(): RunResult | undefined {
    const { spec, network, clock } = this.options;
    return isAgentImage(spec.image)
      ? startAgent(spec.args ?? [], network, clock.now())
      : undefined;
  }

  /** Runs one command in this container. */
  async run(
    argv: string[],
    options: {
      stdin?: Buffer;
      signal?: AbortSignal;
      env?: Record<string, string>;
      cwd?: string;
    } = {},
  ): Promise<RunResult> {
    const over = new AbortController();
    const signals = [over.signal, ...(options.signal ? [options.signal] : [])];
    const bash = this.bash(AbortSignal.any(signals));
    const [command, ...args] = argv;
    if (!(await this.exists(command))) {
      throw new ExecutableNotFound(command);
    }
    try {
      const result = await bash.exec(command, {
        args,
        signal: options.signal,
        ...(options.stdin && {
          stdin: options.stdin.toString('latin1'),
          stdinKind: 'bytes' as const,
        }),
      });
      return asResult(result);
    } catch (error) {
      return this.failed(error);
    } finally {
      over.abort();
    }
  }

  private failed(error: unknown): RunResult {
    if (
      error instanceof ReadOnlyError ||
      (error as Error)?.message?.startsWith('EROFS')
    ) {
      const path = (error as Error).message.match(/'([^']*)'/)?.[1] ?? '';
      return {
        exitCode: 1,
        stdout: '',
        stderr: `bash: ${path}: Read-only file system\n`,
      };
    }
    throw error;
  }

  /** Whether `$PATH` has the command: the interpreter's, the sandbox's or a file in the container. */
  private async exists(command: string): Promise<boolean> {
    const { fs } = this;
    if (command.includes('/')) {
      const inPath = PATH.find(
        d => command === `${d}/${command.slice(d.length + 1)}`,
      );
      return (
        (inPath !== undefined &&
          this.isCommand(command.slice(inPath.length + 1))) ||
        fs.exists(command)
      );
    }
    if (this.isCommand(command)) {
      return true;
    }
    const found = await Promise.all(
      PATH.map(d => fs.exists(`${d}/${command}`)),
    );
    return found.includes(true);
  }

  private isCommand(name: string): boolean {
    return (
      this.options.image.hasShell &&
      (KNOWN_COMMANDS.has(name) || this.commands().some(c => c.name === name))
    );
  }

  private commands(signal = new AbortController().signal): CustomCommand[] {
    const { clock, image, hostname, uid, gid, network } = this.options;
    const { awsEndpoint, awsCliMs } = this.options;
    const start = (until: AbortSignal) =>
      this.#processor.work(awsCliMs(), until);
    return [
      ...systemCommands({ clock, hostname, uid, gid }),
      ...jobCommands(
        () => this.fs,
        ([program, ...args], env, cwd) =>
          this.bash(signal, env, cwd).exec(program, { args, signal }),
      ),
      ...(image.hasAws
        ? [awsCommand({ clock, network, endpoint: awsEndpoint, start })]
        : []),
    ];
  }

  /** @param signal - ends what it started and did not wait for */
  private bash(
    signal: AbortSignal,
    env = this.options.env,
    cwd: string = this.options.spec.workingDir ?? '/',
  ): Bash {
    const { clock, uid, gid, network } = this.options;
    const bash = new Bash({
      fs: this.fs,
      env,
      cwd,
      processInfo: { pid: 1, ppid: 0, uid, gid },
      executionLimits: { maxExecutionTimeMs: LONGEST_RUN_MS },
      defenseInDepth: false,
      fetch: curlThrough(network),
      customCommands: this.commands(signal),
    });
    bash.registerTransformPlugin(backgroundPlugin);
    followClock(bash, clock);
    return bash;
  }
}

/**
 * The interpreter computes `$SECONDS` as wall time minus the shell's start time, and no option sets that time. This
 * replaces the start time with a moving number, so that scripts measure simulated time.
 */
function followClock(bash: Bash, clock: SimulatedClock) {
  const started = clock.now();
  const { state } = bash as unknown as { state: { startTime: unknown } };
  state.startTime = { valueOf: () => Date.now() - (clock.now() - started) };
}

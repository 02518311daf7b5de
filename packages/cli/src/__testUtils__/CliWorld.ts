import { readFileSync } from 'node:fs';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { startSandbox, type Sandbox, useEndpoint } from 'eks-sandbox';
import type { Io } from '../io';
import { run } from '../program';

/** What the program gave back. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** The commands that find or explain something; `judge` keeps the voice of its bundle. */
const FINDING = ['verify', 'doctor', 'plan', 'explain', 'inventory', 'gate'];

const OF_PORTAL = /\b(the|this|another) portal\b|portal's|Give a component/i;

/** Of app-config, which only a user of `--config` has. */
const KEYS =
  /\b(eksPodIdentity|guardrails|evidence|pacing|timings)\.\w|\b(kubernetes\.access|aws\.(accounts|mainAccount)|namespaces\.(allow|deny)|probe\.(image|commands)|role\.(path|permissionsBoundaryArn)|roles\.(read|verify|write)|app-config)\b/;

/** Nothing that they say is meant for the user of a portal, or names a setting that its user does not have. */
function assertOwnVoice(argv: string[], { stdout, stderr }: Ended): void {
  const lines = `${stdout}\n${stderr}`.split('\n');
  const said = lines.filter(
    line =>
      OF_PORTAL.test(line) ||
      (KEYS.test(line) &&
        // The page of the checks says which settings are of a portal
        !(argv[0] === 'explain' && /\ba portal\b/i.test(line)) &&
        // A refusal of guardrails says below it which file has them
        ![...argv, line, argv[0] === 'plan' ? stderr : ''].some(text =>
          text.includes('--config'),
        )),
  );
  if (said.length) throw new Error(`It speaks as a portal: ${said.join('\n')}`);
}

/** A sandbox, and a shell with keys in which the program runs. */
export class CliWorld {
  private constructor(
    readonly sandbox: Sandbox,
    private readonly restore: () => void,
  ) {}

  static async start(): Promise<CliWorld> {
    const sandbox = await startSandbox({ clusters: ['payments-prod'] });
    sandbox.aws.set({ lookupsPerSecond: 1_000 });
    const restore = useEndpoint(sandbox.awsEndpoint);
    const world = new CliWorld(sandbox, restore);
    world.use(sandbox.credentials.admin);
    process.env.AWS_REGION = sandbox.region;
    await world.settled();
    return world;
  }

  /** The keys of the shell. */
  use(keys: { accessKeyId: string; secretAccessKey: string }): void {
    process.env.AWS_ACCESS_KEY_ID = keys.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = keys.secretAccessKey;
  }

  /** Runs the program; `io` replaces parts of its surroundings. */
  async run(argv: string[], io: Partial<Io> = {}): Promise<Ended> {
    const ended: Ended = { code: -1, stdout: '', stderr: '' };
    ended.code = await run(argv, {
      stdout: { write: text => (ended.stdout += text) },
      stderr: { write: text => (ended.stderr += text) },
      env: process.env,
      signal: new AbortController().signal,
      requestTimeoutMs: PATIENCE_MS,
      readFile: path => readFileSync(path, 'utf8'),
      writeFile: path => {
        throw new Error(`wrote ${path}`);
      },
      ...io,
    });
    const help = argv.includes('--help');
    if (FINDING.includes(argv[0]) && !help) assertOwnVoice(argv, ended);
    return ended;
  }

  /** Waits until every agent is ready. */
  async settled(): Promise<void> {
    await this.sandbox.cluster('payments-prod').agentReady();
  }

  /** Restores the state after the start, and the administrator's keys. */
  async reset(): Promise<void> {
    this.use(this.sandbox.credentials.admin);
    await this.sandbox.reset();
    await this.settled();
  }

  async stop(): Promise<void> {
    this.restore();
    await this.sandbox.stop();
  }
}

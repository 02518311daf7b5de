import { SimulatedClock } from '../../../core/contract';
import { KubeObject } from '../../types';
import { PodNetwork } from '../network';
import { callAws, exchangeToken, isKnownCall, serviceOf } from './calls';
import { NoKeys, Obtained, obtainKeys } from './obtain';
import { SDKS, SdkModel, userAgentOf } from './sdks';

/** Annotations of a pod that only the sandbox reads. */
const PREFIX = 'sandbox.example.com';
const DURATION = /^(\d+)(s|m|h)$/;
const UNITS = { s: 1_000, m: 60_000, h: 3_600_000 };

/** A program that calls AWS by an SDK, as a pod's annotations say. */
export interface Application {
  sdk: SdkModel;
  version: string;
  /** `s3:ListBuckets`, … */
  calls: string[];
  everyMs: number;
  /** A client made for each turn, which obtains credentials for itself. */
  isNewEachTime: boolean;
}

/** The application of a pod; undefined for one without, or whose annotations say nothing known. */
export function applicationOf({
  metadata: { annotations = {} },
}: KubeObject): Application | undefined {
  const [name, version] = (annotations[`${PREFIX}/sdk`] ?? '').split('/');
  const every = DURATION.exec(annotations[`${PREFIX}/every`] ?? '5m');
  if (!Object.hasOwn(SDKS, name) || !version || !every) {
    return undefined;
  }
  return {
    sdk: SDKS[name],
    version,
    calls: (annotations[`${PREFIX}/calls`] ?? 'sts:GetCallerIdentity')
      .split(/[\s,]+/)
      .filter(isKnownCall),
    everyMs: Number(every[1]) * UNITS[every[2] as keyof typeof UNITS],
    isNewEachTime: annotations[`${PREFIX}/client`] === 'new',
  };
}

/** The annotations of a pod that runs an application. */
export const applicationAnnotations = (
  sdk: string,
  more: { calls?: string[]; every?: string } = {},
): Record<string, string> => ({
  [`${PREFIX}/sdk`]: sdk,
  ...(more.calls && { [`${PREFIX}/calls`]: more.calls.join(' ') }),
  ...(more.every && { [`${PREFIX}/every`]: more.every }),
});

/** What an application finds in its container. */
export interface ApplicationContext {
  clock: SimulatedClock;
  env: Record<string, string>;
  network: PodNetwork;
  readFile(path: string): Promise<string>;
  awsEndpoint: () => string;
  /** Of the cluster, for a pod without variables. */
  region: string;
  signal: AbortSignal;
  print(line: string): void;
}

/** SDKs renew what ends sooner than this. */
const RENEWED_BEFORE_MS = 300_000;

/** A moved clock waits this long, by the wall, for calls of applications; those that wait for the clock go on later. */
const TURN_MS = 200;

/** One run of an application. */
class Run {
  #kept: { obtained: Obtained; until: number } | undefined;
  #last = '';

  constructor(
    private readonly app: Application,
    private readonly context: ApplicationContext,
  ) {}

  /** Calls everything once. */
  async turn(): Promise<void> {
    try {
      const { keys, source } = await this.#keys();
      const answers = [];
      for (const call of this.app.calls) {
        answers.push(`${call} ${await this.#call(call, keys, source)}`);
      }
      this.#say(`with keys of ${source}: ${answers.join(', ')}`);
    } catch (error) {
      this.#kept = undefined;
      if (!this.context.signal.aborted) {
        this.#say(
          `no credentials: ${
            error instanceof NoKeys ? error.message : `failed: ${error}`
          }`,
        );
      }
    }
  }

  async #call(
    call: string,
    keys: Obtained['keys'],
    source: Obtained['source'],
  ): Promise<string> {
    const service = serviceOf(call);
    if (this.context.network.isBlocked(service)) {
      return 'timed out';
    }
    const { ok, problem } = await callAws(
      call,
      keys,
      this.#sender(service, source),
    );
    if (problem && /^(Expired|InvalidClientToken)/.test(problem.code)) {
      this.#kept = undefined;
    }
    return ok ? 'ok' : `${problem?.code}: ${problem?.message}`;
  }

  #sender(service: string, source: Obtained['source']) {
    const { env, awsEndpoint, region, signal } = this.context;
    const { sdk, version } = this.app;
    return {
      endpoint: awsEndpoint(),
      region: env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? region,
      userAgent: userAgentOf(sdk, version, source, service),
      signal,
    };
  }

  async #keys(): Promise<Obtained> {
    const now = this.context.clock.now();
    if (!this.app.isNewEachTime && this.#kept && this.#kept.until > now) {
      return this.#kept.obtained;
    }
    const { env, network, readFile, signal } = this.context;
    const obtained = await obtainKeys({
      ...this.app,
      env,
      network,
      readFile,
      signal,
      exchange: async (roleArn, token) => {
        const { keys, problem } = await exchangeToken(
          roleArn,
          token,
          this.#sender('sts', 'irsa'),
          env.AWS_ROLE_SESSION_NAME,
        );
        if (!keys) throw new NoKeys(`${problem?.code}: ${problem?.message}`);
        return keys;
      },
    });
    const life = obtained.lifeMs ?? 0;
    this.#kept = { obtained, until: now + life - RENEWED_BEFORE_MS };
    return obtained;
  }

  /** Only what is new, so that the log of a pod stays short. */
  #say(line: string): void {
    if (line !== this.#last) {
      this.#last = line;
      this.context.print(line);
    }
  }
}

/** Runs an application until the signal ends it. */
export function runApplication(
  app: Application,
  context: ApplicationContext,
): void {
  const { clock, signal } = context;
  const run = new Run(app, context);
  let cancel = () => {};
  const next = async () => {
    const turn = run.turn().then(() => {
      if (!signal.aborted) {
        cancel = clock.schedule(clock.now() + app.everyMs, next);
      }
    });
    const waited = new AbortController();
    await Promise.race([turn, wallMs(TURN_MS, waited.signal)]);
    waited.abort();
  };
  signal.addEventListener('abort', () => cancel(), { once: true });
  void next();
}

function wallMs(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}

import type { AwsDirect } from '../aws/direct';
import type { ClusterRef } from '../aws/direct/eks';
import type { CLUSTER_METHODS } from '../control/direct';
import type { KubernetesClusterHandle } from '../kubernetes';
import type { Delays, RecordedCall } from '../core/contract';
import type { SandboxCredentials } from '../seed/accounts';

/** The same methods as in the sandbox's own process, each answering a promise. */
export type Remote<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : T[K] extends object
    ? Remote<T[K]>
    : never;
};

/** The part of a cluster's Kubernetes side that can be reached from other processes. */
export type RemoteCluster = Remote<
  Pick<KubernetesClusterHandle, (typeof CLUSTER_METHODS)[number]>
>;

/** Which recorded calls are meant; what is left out does not limit. */
export interface CallFilter {
  /** `eks:*`, `kubernetes:create pods`, … */
  operation?: string;
  write?: boolean;
  /** The sandbox's own agent, nodes and pods were the caller. */
  internal?: boolean;
}

/** The state of the simulated clock. */
export interface ClockState {
  /** Simulated epoch milliseconds. */
  now: number;
  rate: number;
}

/** The control API answered with an error. */
export class SandboxControlError extends Error {
  constructor(message: string, readonly status: number) {
    super(message);
    this.name = 'SandboxControlError';
  }
}

/** Steers a sandbox that runs in another process. */
export class SandboxClient {
  /** Direct access to the AWS side's state. */
  readonly aws: Remote<AwsDirect> = this.#remote('/aws', {}, '');

  /**
   * @param url - base URL of the sandbox's AWS side, which is also `AWS_ENDPOINT_URL`
   */
  constructor(readonly url: string) {}

  /** What there is: accounts, clusters with their endpoints, delays, scenarios. */
  summary(): Promise<Record<string, unknown>> {
    return this.#call('GET', '/');
  }

  /** Keys of the users that the sandbox starts with, and ARNs of the portal's roles. */
  credentials(): Promise<SandboxCredentials> {
    return this.#call('GET', '/credentials');
  }

  clock(): Promise<ClockState> {
    return this.#call('GET', '/clock');
  }

  /** Moves the simulated clock; what became due has run when the promise resolves. */
  advance(ms: number): Promise<ClockState> {
    return this.#call('POST', '/clock/advance', { ms });
  }

  /** Simulated milliseconds per wall millisecond; 0 stops the clock. */
  setRate(rate: number): Promise<ClockState> {
    return this.#call('POST', '/clock/rate', { rate });
  }

  delays(): Promise<Delays> {
    return this.#call('GET', '/delays');
  }

  /** Changes some of the delays, simulated milliseconds; answers all of them. */
  setDelays(delays: Partial<Delays>): Promise<Delays> {
    return this.#call('POST', '/delays', { ...delays });
  }

  /** Answers matching calls later, by wall milliseconds. */
  async setLatency(pattern: string, ms: number): Promise<void> {
    await this.#call('POST', '/latency', { pattern, ms });
  }

  async clearLatency(): Promise<void> {
    await this.#call('DELETE', '/latency');
  }

  /** Calls since the last reset, oldest first. */
  calls(filter: CallFilter = {}): Promise<RecordedCall[]> {
    return this.#call('GET', `/calls${query(filter)}`);
  }

  /** How many calls by `service:operation`. */
  counters(filter: CallFilter = {}): Promise<Record<string, number>> {
    return this.#call('GET', `/calls/counters${query(filter)}`);
  }

  async resetCalls(): Promise<void> {
    await this.#call('DELETE', '/calls');
  }

  /** Keeps the state of now under a name. */
  async snapshot(name: string): Promise<void> {
    await this.#call('POST', '/snapshots', { name });
  }

  /** Puts a kept state back; `start` is that of the start. Time does not go back with it. */
  async restore(name = 'start'): Promise<void> {
    await this.#call('POST', `/snapshots/${encodeURIComponent(name)}/restore`);
  }

  scenarios(): Promise<{ name: string; description: string }[]> {
    return this.#call('GET', '/scenarios');
  }

  /** Runs a named change of the state. */
  scenario(
    name: string,
    input: Record<string, unknown> = {},
  ): Promise<unknown> {
    return this.#call('POST', `/scenarios/${encodeURIComponent(name)}`, input);
  }

  /** Direct access to one cluster's Kubernetes side. */
  cluster(ref: ClusterRef): RemoteCluster {
    return this.#remote('/kubernetes', { cluster: ref }, '');
  }

  #remote<T>(
    route: string,
    target: Record<string, unknown>,
    method: string,
  ): Remote<T> {
    const call = (...args: unknown[]) =>
      this.#call('POST', route, { ...target, method, args });
    return new Proxy(call, {
      get: (_target, step) =>
        typeof step === 'string' && step !== 'then'
          ? this.#remote(route, target, method ? `${method}.${step}` : step)
          : undefined,
    }) as unknown as Remote<T>;
  }

  async #call<T>(
    method: string,
    path: string,
    body?: Record<string, unknown>,
  ): Promise<T> {
    const response = await fetch(`${this.url}/_sandbox${path}`, {
      method,
      headers: body ? { 'content-type': 'application/json' } : undefined,
      body: body ? JSON.stringify(body) : undefined,
    });
    const answer = (await response.json()) as T & { error?: string };
    if (!response.ok) {
      throw new SandboxControlError(
        answer?.error ?? `The sandbox answered ${response.status}.`,
        response.status,
      );
    }
    return answer;
  }
}

function query(filter: CallFilter): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(filter)) {
    if (value !== undefined) {
      parameters.set(key, String(value));
    }
  }
  return parameters.size > 0 ? `?${parameters}` : '';
}

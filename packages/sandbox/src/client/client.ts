import type { AwsDirect } from '../aws/direct';
import type { ClusterRef } from '../aws/direct/eks';
import type { CLUSTER_METHODS } from '../control/direct';
import type { KubernetesClusterHandle } from '../kubernetes';
import type {
  Delays,
  FaultRule,
  FaultState,
  RecordedCall,
  SeededFaults,
} from '../core/contract';
import type { SandboxCredentials } from '../seed/accounts';

/** The methods of T, each returning a promise. */
export type Remote<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : T[K] extends object
    ? Remote<T[K]>
    : never;
};

/** The part of a cluster's Kubernetes side that other processes can use. */
export type RemoteCluster = Remote<
  Pick<KubernetesClusterHandle, (typeof CLUSTER_METHODS)[number]>
>;

/** Selects recorded calls; an omitted field does not limit. */
export interface CallFilter {
  /** `eks:*`, `kubernetes:create pods`, … */
  operation?: string;
  write?: boolean;
  /** Whether the caller was the sandbox itself: its agents, nodes and pods. */
  internal?: boolean;
  /** Whether a fault was injected. */
  fault?: boolean;
}

/** The state of the simulated clock. */
export interface ClockState {
  /** Simulated epoch milliseconds. */
  now: number;
  rate: number;
}

/** An error from the control API. */
export class SandboxControlError extends Error {
  constructor(message: string, readonly status: number) {
    super(message);
    this.name = 'SandboxControlError';
  }
}

/** Controls a sandbox that runs in another process. */
export class SandboxClient {
  /** Direct access to the AWS side's state. */
  readonly aws: Remote<AwsDirect> = this.#remote('/aws', {}, '');

  /**
   * @param url - base URL of the sandbox's AWS side, which is also `AWS_ENDPOINT_URL`
   */
  constructor(readonly url: string) {}

  /** Lists accounts, clusters with their endpoints, delays and scenarios. */
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

  /** Advances the simulated clock; the promise resolves once everything due has run. */
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

  /** Changes some delays, simulated milliseconds; returns all of them. */
  setDelays(delays: Partial<Delays>): Promise<Delays> {
    return this.#call('POST', '/delays', { ...delays });
  }

  /** Delays the answers to matching calls by wall milliseconds. */
  async setLatency(pattern: string, ms: number): Promise<void> {
    await this.#call('POST', '/latency', { pattern, ms });
  }

  async clearLatency(): Promise<void> {
    await this.#call('DELETE', '/latency');
  }

  faults(): Promise<FaultState> {
    return this.#call('GET', '/faults');
  }

  /** Adds a fault of matching calls. */
  async addFault(rule: FaultRule): Promise<void> {
    await this.#call('POST', '/faults', { ...rule });
  }

  /** Draws faults from a seed, in place of an earlier one. */
  async seedFaults(options: SeededFaults): Promise<void> {
    await this.#call('POST', '/faults', { ...options });
  }

  /** Sets how far the clocks of AWS and of the API servers are ahead of the callers'; may be negative. */
  async setSkew(skewMs: number): Promise<void> {
    await this.#call('POST', '/faults', { skewMs });
  }

  /** Ends all faults. */
  async clearFaults(): Promise<void> {
    await this.#call('DELETE', '/faults');
  }

  /** Calls since the last reset, oldest first. */
  calls(filter: CallFilter = {}): Promise<RecordedCall[]> {
    return this.#call('GET', `/calls${query(filter)}`);
  }

  /** Number of calls by `service:operation`. */
  counters(filter: CallFilter = {}): Promise<Record<string, number>> {
    return this.#call('GET', `/calls/counters${query(filter)}`);
  }

  async resetCalls(): Promise<void> {
    await this.#call('DELETE', '/calls');
  }

  /** Saves the current state under a name. */
  async snapshot(name: string): Promise<void> {
    await this.#call('POST', '/snapshots', { name });
  }

  /** Restores a saved state; `start` is the state after start-up. The clock keeps its time. */
  async restore(name = 'start'): Promise<void> {
    await this.#call('POST', `/snapshots/${encodeURIComponent(name)}/restore`);
  }

  /** Each with the known failures (rows) that it shows, and what one sees then. */
  scenarios(): Promise<
    { name: string; description: string; rows: string[]; shows?: string }[]
  > {
    return this.#call('GET', '/scenarios');
  }

  /** Runs a scenario. `identity` (cluster/namespace/service-account) says what it breaks. */
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

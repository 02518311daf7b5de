/** How a connection fails, in clients' terms. */
export type NetworkFailure =
  | 'connect-timeout'
  | 'read-timeout'
  | 'refused'
  | 'unknown-host';

export class NetworkError extends Error {
  constructor(readonly failure: NetworkFailure, readonly url: string) {
    super(`${failure}: ${url}`);
    this.name = 'NetworkError';
  }
}

export interface NetworkRequest {
  method?: string;
  headers?: Record<string, string>;
  connectTimeoutMs: number;
  readTimeoutMs: number;
  signal?: AbortSignal;
}

export interface NetworkResponse {
  status: number;
  body: string;
}

/** The services that a pod can reach over plain HTTP: only its node's agent and instance metadata. */
export interface PodNetwork {
  request(url: string, request: NetworkRequest): Promise<NetworkResponse>;
  /** Opens a port of the node's network for a program there; answers why that cannot be, in Go's words. */
  listen(address: string, port: number): string | undefined;
  /** Whether an AWS endpoint is blocked for this pod; the caller waits for its own connect timeout. */
  isBlocked(service: string): boolean;
  /** Id of the VPC endpoint that leads to an AWS service. */
  endpointFor(service: string): string | undefined;
}

/** How a connection fails, in the terms that clients print. */
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

/** What a pod reaches over plain HTTP: the agent and the instance metadata of its node, and nothing else. */
export interface PodNetwork {
  request(url: string, request: NetworkRequest): Promise<NetworkResponse>;
  /** AWS endpoints that are cut off for this pod; the wait is the caller's connect timeout. */
  isBlocked(service: string): boolean;
}

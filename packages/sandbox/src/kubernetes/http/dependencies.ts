import { Writable } from 'node:stream';
import { ClusterKey, SandboxCore } from '../../core/contract';
import { Registry } from '../api/registry';
import { Authenticator } from '../auth/authenticator';
import { Authorizer } from '../auth/authorizer';
import { Store } from '../store/store';
import { KubeObject } from '../types';

export interface LogOptions {
  container: string;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines?: number;
  sinceMs?: number;
  limitBytes?: number;
}

export interface ExecRequest {
  container: string;
  command: string[];
  tty: boolean;
  /** Whether the client sends standard input. */
  interactive: boolean;
}

/** The streams of one exec. */
export interface ExecStreams {
  stdin: AsyncIterable<Buffer>;
  stdout: Writable;
  stderr: Writable;
  signal: AbortSignal;
}

/** What the API server needs from the kubelet of a pod's node. */
export interface KubeletApi {
  /** Throws an ApiError when the container has no logs yet. */
  logs(
    pod: KubeObject,
    options: LogOptions,
    signal: AbortSignal,
  ): AsyncIterable<string>;
  /** Resolves to the exit code; throws an ApiError when the container is not running. */
  exec(
    pod: KubeObject,
    request: ExecRequest,
    streams: ExecStreams,
  ): Promise<number>;
  /** Refuses an exec before the connection is upgraded. */
  assertCanExec(pod: KubeObject, container: string): void;
}

export interface TokenRequestSpec {
  audiences: string[];
  expirationSeconds: number;
  boundPod?: { name: string; uid: string };
}

export interface TokenIssuer {
  issue(
    serviceAccount: KubeObject,
    request: TokenRequestSpec,
  ): Promise<{ token: string; expiresAt: Date }>;
}

/** The parts that an API server needs. */
export interface ApiServerDependencies {
  core: SandboxCore;
  cluster: ClusterKey;
  /** Kubernetes version, e.g. `1.32`. */
  version: string;
  store: Store;
  registry: Registry;
  authenticator: Authenticator;
  authorizer: Authorizer;
  kubelet: KubeletApi;
  tokens: TokenIssuer;
}

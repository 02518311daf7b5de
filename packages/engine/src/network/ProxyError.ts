import type { Proxy } from './proxies';

/** What is known of a proxy that opened no way. */
export interface ProxyTrouble extends Pick<Proxy, 'host' | 'setting'> {
  /** Host and port behind it. */
  target: string;
  /** What it answered, if it did: 407, or 403. */
  status?: number;
}

/** The codes of undici that have one of Node's. */
function codeOf(code: unknown): string {
  if (typeof code !== 'string') return 'ECONNRESET';
  if (code.includes('TIMEOUT')) return 'ETIMEDOUT';
  return code.startsWith('UND_ERR') ? 'ECONNRESET' : code;
}

/** A proxy did not open a way to the host that was called, which has seen nothing of the call. */
export class ProxyError extends Error {
  readonly name = 'ProxyError';
  /** Node's, or `PROXY_407` with what it answered. */
  readonly code: string;
  readonly trouble: ProxyTrouble;

  constructor(trouble: ProxyTrouble, cause?: any) {
    const { host, target, status } = trouble;
    const code = status ? `PROXY_${status}` : codeOf(cause?.code);
    super(
      status
        ? `the proxy ${host} answered ${status} to the call of ${target}`
        : `the proxy ${host} opened no way to ${target}: ${
            cause?.message || code
          }`,
    );
    this.code = code;
    this.trouble = trouble;
  }
}

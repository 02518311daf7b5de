import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { SandboxCore } from '../../core/contract';

/** A webhook that could not be called, in the words of the API server's client. */
export class WebhookCallError extends Error {}

/** Where a webhook is, and how long a call of it may take. */
export interface WebhookAddress {
  /** As the API server prints it. */
  url: string;
  caBundle?: string;
  timeoutSeconds: number;
}

const failed = ({ url, timeoutSeconds }: WebhookAddress, why: string) =>
  new WebhookCallError(
    `failed to call webhook: Post "${url}?timeout=${timeoutSeconds}s": ${why}`,
  );

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || /^127\./.test(host);

const TOO_LATE = 'context deadline exceeded';

const UNKNOWN_AUTHORITY =
  'tls: failed to verify certificate: x509: certificate signed by unknown authority';

/** Node's errors of a connection, in Go's words. */
const GO_TEXTS: Record<string, (address: string) => string> = {
  ECONNREFUSED: address => `dial tcp ${address}: connect: connection refused`,
  ECONNRESET: () => 'EOF',
  EHOSTUNREACH: address => `dial tcp ${address}: connect: no route to host`,
  EPROTO: () => 'http: server gave HTTP response to HTTPS client',
  ERR_SSL_WRONG_VERSION_NUMBER: () =>
    'http: server gave HTTP response to HTTPS client',
  DEPTH_ZERO_SELF_SIGNED_CERT: () => UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: () => UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: () => UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: () => UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: () =>
    'tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
  ERR_TLS_CERT_ALTNAME_INVALID: () =>
    'tls: failed to verify certificate: x509: certificate is not valid for any names, but wanted to match the host',
};

/** What the client makes of a status that is no success. */
function statusText(status: number, body: string): string | undefined {
  if (status >= 200 && status < 300) {
    return undefined;
  }
  switch (status) {
    case 404:
      return 'the server could not find the requested resource';
    case 403:
      return 'forbidden';
    default:
      return status >= 500
        ? `an error on the server (${JSON.stringify(
            body.slice(0, 2048) || 'unknown',
          )}) has prevented the request from succeeding`
        : 'the server rejected our request for an unknown reason';
  }
}

/** Fails when the time of a call is over that nothing answers, on the sandbox's clock. */
export async function noAnswer(
  core: SandboxCore,
  address: WebhookAddress,
): Promise<never> {
  await core.clock.sleep(address.timeoutSeconds * 1000);
  throw failed(address, TOO_LATE);
}

function send(
  address: WebhookAddress,
  target: URL,
  body: string,
): Promise<unknown> {
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const port = target.port || '443';
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      {
        host,
        port,
        path: `${target.pathname}?timeout=${address.timeoutSeconds}s`,
        method: 'POST',
        agent: false,
        // A real connection takes real time.
        signal: AbortSignal.timeout(address.timeoutSeconds * 1000),
        ...(address.caBundle && {
          ca: Buffer.from(address.caBundle, 'base64'),
        }),
        headers: {
          accept: 'application/json, */*',
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'kube-apiserver-admission',
        },
      },
      response => {
        const chunks: Buffer[] = [];
        response.on('data', chunk => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const fault = statusText(response.statusCode ?? 0, text);
          if (fault) {
            reject(new WebhookCallError(`failed to call webhook: ${fault}`));
            return;
          }
          try {
            resolve(JSON.parse(text));
          } catch {
            reject(
              new WebhookCallError(
                "failed to call webhook: couldn't get version/kind; json parse error",
              ),
            );
          }
        });
      },
    );
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const text =
        error.name === 'AbortError'
          ? TOO_LATE
          : GO_TEXTS[error.code ?? '']?.(`${host}:${port}`);
      reject(failed(address, text ?? error.message));
    });
    outgoing.end(body);
  });
}

/** Posts a review to a URL. The sandbox connects to this machine only: another host cannot be reached from it. */
export async function post(
  core: SandboxCore,
  address: WebhookAddress,
  review: unknown,
): Promise<unknown> {
  const target = new URL(address.url);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  if (!isLoopback(host) && !isIP(host)) {
    throw failed(
      address,
      `dial tcp: lookup ${host} on 10.100.0.10:53: no such host`,
    );
  }
  return isLoopback(host)
    ? send(address, target, JSON.stringify(review))
    : noAnswer(core, address);
}

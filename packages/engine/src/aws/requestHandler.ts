import http from 'node:http';
import https from 'node:https';
import { isIPv6 } from 'node:net';
import { type Duplex, pipeline, type Readable, Transform } from 'node:stream';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { AnswerTooLong } from '../network/answers';
import { type Proxy, proxyOf, usesProxies } from '../network/proxies';
import { openTunnel } from '../network/tunnel';

/** Time limits of calls to AWS. */
export interface AwsTimeouts {
  requestTimeoutMs: number;
  connectTimeoutMs: number;
}

/** As the SDK's own agents. */
const KEPT = { keepAlive: true, maxSockets: 50 };

/** Has an agent open its connections by the proxies that the environment names. */
function behindProxies<A extends http.Agent>(
  agent: A,
  protocol: 'http:' | 'https:',
  connectTimeoutMs: number,
): A {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const { host = '', port } = options as { host?: string; port: number };
    const finish = done as (error: unknown, socket?: Duplex | null) => void;
    let proxy: Proxy | undefined;
    try {
      const name = isIPv6(host) ? `[${host}]` : host;
      proxy = proxyOf(new URL(`${protocol}//${name}:${port}`));
    } catch (error) {
      // Thrown, it would leave timers of the SDK behind.
      finish(error);
      return undefined;
    }
    if (!proxy) return connect(options, done);
    // Sooner than the SDK, which would not name the proxy.
    openTunnel(proxy, { host, port: Number(port) }, 0.9 * connectTimeoutMs)
      .then(socket =>
        protocol === 'https:'
          ? connect({ ...options, socket } as typeof options)
          : socket,
      )
      .then(socket => finish(null, socket), finish);
    return undefined;
  };
  return agent;
}

/**
 * Longest answer of AWS, in bytes. GetAccountAuthorizationDetails has most: up to 1,000 roles or policies, whose documents
 * are URL-encoded (inline policies of a role have 10,240 characters, a managed one 5 versions of 6,144), so tens of MB in
 * a large account. LookupEvents has 50 records of at most 256 kB, each as an escaped string.
 */
const LONGEST_ANSWER = 64 * 2 ** 20;

/** Passes an answer on, and fails where it is too long. */
function bounded(body: Readable): Readable {
  let bytes = 0;
  const counted = new Transform({
    transform(chunk, _encoding, done) {
      bytes += chunk.length;
      if (bytes > LONGEST_ANSWER) done(new AnswerTooLong(LONGEST_ANSWER));
      else done(null, chunk);
    },
  });
  // Its reader sees the error, as that of the body.
  return pipeline(body, counted, () => {});
}

class BoundedHandler extends NodeHttpHandler {
  async handle(...asked: Parameters<NodeHttpHandler['handle']>) {
    const { response } = await super.handle(...asked);
    response.body = bounded(response.body);
    return { response };
  }
}

/** What sends the SDK's requests: without proxies in the environment the SDK's own agents, else such with a way round. */
export function createRequestHandler({
  requestTimeoutMs,
  connectTimeoutMs,
}: AwsTimeouts): NodeHttpHandler {
  return new BoundedHandler({
    requestTimeout: requestTimeoutMs,
    connectionTimeout: connectTimeoutMs,
    // Without this the request timeout would only log a warning.
    throwOnRequestTimeout: true,
    ...(usesProxies()
      ? {
          httpAgent: behindProxies(
            new http.Agent(KEPT),
            'http:',
            connectTimeoutMs,
          ),
          httpsAgent: behindProxies(
            new https.Agent(KEPT),
            'https:',
            connectTimeoutMs,
          ),
        }
      : {}),
  });
}

/** What a provider of keys takes over from the client that asks it, as the SDK hands it on. */
export interface AskedBy {
  callerClientConfig?: { requestHandler?: NodeHttpHandler };
}

/**
 * Has providers of the SDK and of Backstage make their own calls, as to STS, by the proxies of the environment; without
 * proxies they keep to their own ways.
 */
export const askedByProxies = (timeouts: AwsTimeouts): AskedBy =>
  usesProxies()
    ? { callerClientConfig: { requestHandler: createRequestHandler(timeouts) } }
    : {};

import { trimEnd } from '../text/search';
import type { Agent, buildConnector, Dispatcher } from 'undici';
import { isIP } from 'node:net';
import { packages } from '../async/packages';
import type { CallObserver } from '../async/CallObserver';
import { recordCall, type RecordedCall } from '../async/CallRecorder';
import type { Clock } from '../async/clock';
import { Deadline } from '../async/deadline';
import { raceAbort } from '../async/raceAbort';
import { type Proxy, proxyAt, proxyOf } from '../network/proxies';
import { AnswerTooLong, readAnswer } from '../network/answers';
import { ProxyError } from '../network/ProxyError';
import { openTunnel } from '../network/tunnel';
import { reaching, type ReachingCall } from './givingUp';
import { untrusted } from '../text/foreign';
import { errorOfAnswer, isBroken, KubernetesError } from './errors';
import type { KubernetesCall } from './paths';

/** Bearer tokens of one cluster under one role. */
export interface TokenSource {
  /** A token that is valid for at least a minute; empty where a certificate says who calls. */
  get(): Promise<string>;
  /** Drops `token` if it is still the current one, after the API server answered it with 401. */
  forget(token: string): void;
}

export interface TransportOptions {
  /** `https://…`, from DescribeCluster. */
  endpoint: string;
  /** PEM; default: what Node.js trusts. */
  ca?: string;
  /** PEM, where the server knows callers by certificates. */
  clientCertificate?: { cert: string; key: string };
  token: TokenSource;
  /** Of a proxy for all calls; default: as the environment says for the endpoint. May hold a password. */
  proxyUrl?: string;
  /** Counts the request timeout; the operating system counts that of a connection. */
  clock: Clock;
  requestTimeoutMs: number;
  connectTimeoutMs: number;
  observer?: CallObserver;
}

export interface TransportRequest {
  call: KubernetesCall;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, relative to the endpoint. */
  path: string;
  body?: string;
  /** Default: JSON. */
  accept?: string;
  signal?: AbortSignal;
  /** Address behind the endpoint's name for a separate connection ('' for any). */
  freshTo?: string;
}

/** Merges lists by their keys, and takes a precondition on the uid. */
const CONTENT_TYPE: Partial<Record<TransportRequest['method'], string>> = {
  PATCH: 'application/strategic-merge-patch+json',
};

const UNREACHABLE =
  /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|EPROTO|UND_ERR_CONNECT|UND_ERR_SOCKET|ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

const MB = 2 ** 20;
/** Bytes of an answer: 500 objects with 128 kB each. Parsing that much JSON blocks the thread for half a second. */
const LONGEST_ANSWER = 64 * MB;
/** Characters of a line of a watch: etcd takes objects of at most 1.5 MB. */
const LONGEST_LINE = 8 * MB;
/** What is read of an unsuccessful answer: a Status names each cause, so that of a webhook or a quota can be long. */
const LONGEST_ERROR = MB;

/** HTTP to one API server: its CA, our token, one re-signing after a 401, deadlines, aborts. */
export class KubernetesTransport {
  readonly #agent: Agent;

  readonly #options: TransportOptions;

  readonly #proxy?: Proxy;

  /** @throws ServiceUnavailableError where the proxy has no address that can be used */
  constructor(options: TransportOptions) {
    this.#options = options;
    this.#proxy = options.proxyUrl
      ? proxyAt(options.proxyUrl, 'proxy-url')
      : proxyOf(new URL(options.endpoint));
    this.#agent = this.#newAgent();
  }

  /** A proxy chooses the addresses that its connections reach. */
  get behindProxy(): boolean {
    return this.#proxy !== undefined;
  }

  /**
   * Sends one request; answers the body.
   *
   * @throws KubernetesError for every answer that is not a 2xx
   */
  async send(asked: TransportRequest): Promise<string> {
    const reach = this.#reaching(asked);
    const req = { ...asked, signal: reach.signal };
    const deadline = new Deadline(this.#options.clock, req.signal);
    const dispatcher =
      req.freshTo === undefined ? this.#agent : this.#newAgent(req.freshTo);
    const recorded = record(req.call);
    try {
      const answer = await this.#exchange(req, dispatcher, deadline, body =>
        readAnswer(body, LONGEST_ANSWER, true),
      );
      this.#observe(req.call, 'ok');
      recorded?.ended('ok');
      reach.answered();
      return answer;
    } catch (error) {
      throw reach.failed(
        this.#observed(this.#explain(error, req, deadline), recorded),
      );
    } finally {
      deadline.cancel();
      if (dispatcher !== this.#agent) await dispatcher.destroy();
    }
  }

  /**
   * Opens a stream of lines (a watch). The request timeout covers the headers; then `idleMs` limits the pause between
   * two chunks of the body, after which the stream ends without an error.
   */
  async *lines(
    asked: TransportRequest,
    idleMs: number,
  ): AsyncGenerator<string, void, undefined> {
    const reach = this.#reaching(asked);
    const req = { ...asked, signal: reach.signal };
    const deadline = new Deadline(this.#options.clock, req.signal);
    let opened = false;
    const recorded = record(req.call);
    try {
      const stream = await this.#exchange(
        req,
        this.#agent,
        deadline,
        async body => body,
      );
      opened = true;
      this.#observe(req.call, 'ok');
      reach.answered();
      const decoder = new TextDecoder();
      let rest = '';
      deadline.start(idleMs);
      for await (const chunk of stream) {
        deadline.start(idleMs);
        reach.answered();
        const [first, ...more] = decoder
          .decode(chunk as Uint8Array, { stream: true })
          .split('\n');
        rest += first;
        if (rest.length > LONGEST_LINE) throw new AnswerTooLong(LONGEST_LINE);
        for (const next of more) {
          if (rest.trim()) yield rest;
          rest = next;
        }
      }
      if (rest.trim()) yield rest;
    } catch (error) {
      // An idle stream is not an error: the caller resumes from its last version.
      if (opened && deadline.passed && !req.signal?.aborted) return;
      throw reach.failed(
        this.#observed(this.#explain(error, req, deadline), recorded),
      );
    } finally {
      // Also when its reader has seen enough of the stream.
      recorded?.ended('ok');
      deadline.end();
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** Sends the request, and again with a new token if the first answer is 401. */
  async #exchange<T>(
    req: TransportRequest,
    dispatcher: Dispatcher,
    deadline: Deadline,
    read: (body: Dispatcher.ResponseData['body']) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      // Signing may call STS first, which has its own deadlines.
      const token = await raceAbort(this.#options.token.get(), deadline.signal);
      deadline.start(this.#options.requestTimeoutMs);
      const pending = packages.undici.request(`${this.#base()}${req.path}`, {
        dispatcher,
        method: req.method,
        signal: deadline.signal,
        body: req.body,
        headers: {
          accept: req.accept ?? 'application/json',
          'user-agent': 'backstage-eks-pod-identity',
          ...(req.body === undefined
            ? {}
            : {
                'content-type': CONTENT_TYPE[req.method] ?? 'application/json',
              }),
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
      });
      // undici ignores the signal while it opens a connection.
      const response = await raceAbort(pending, deadline.signal);
      const { statusCode, body, headers } = response;
      if (statusCode === 401 && attempt === 1) {
        await body.dump();
        this.#options.token.forget(token);
        this.#observe(req.call, 'unauthorized');
        continue;
      }
      if (statusCode < 200 || statusCode > 299) {
        throw errorOfAnswer(
          req.call,
          statusCode,
          untrusted(await readAnswer(body, LONGEST_ERROR, false)),
          headers,
        );
      }
      return await read(body);
    }
  }

  #reaching({ signal, freshTo }: TransportRequest): ReachingCall {
    return reaching(this.#base(), {
      signal,
      clock: this.#options.clock,
      patienceMs: this.#options.requestTimeoutMs,
      toOneAddress: Boolean(freshTo),
    });
  }

  #base(): string {
    return trimEnd(this.#options.endpoint, '/');
  }

  #newAgent(address?: string): Agent {
    const connect = {
      ca: this.#options.ca,
      ...this.#options.clientCertificate,
      timeout: this.#options.connectTimeoutMs,
      // TLS and the Host header still use the name; only its resolution is replaced.
      ...(address && isIP(address)
        ? {
            lookup: (
              _host: string,
              lookupOptions: { all?: boolean },
              done: (
                error: Error | null,
                address: any,
                family?: number,
              ) => void,
            ) =>
              lookupOptions.all
                ? done(null, [{ address, family: isIP(address) }])
                : done(null, address, isIP(address)),
          }
        : {}),
    };
    return new packages.undici.Agent({
      // Our own deadlines are exact; undici's would give a less precise error.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 4_000,
      connect: this.#proxy
        ? this.#byTunnel(this.#proxy, packages.undici.buildConnector(connect))
        : connect,
    });
  }

  #byTunnel(
    proxy: Proxy,
    encrypt: buildConnector.connector,
  ): buildConnector.connector {
    const { connectTimeoutMs } = this.#options;
    return (options, done) => {
      const port = Number(options.port) || 443;
      openTunnel(proxy, { host: options.hostname, port }, connectTimeoutMs)
        .then(httpSocket => {
          encrypt({ ...options, httpSocket }, done);
        })
        .catch(error => done(error, null));
    };
  }

  #explain(error: unknown, req: TransportRequest, deadline: Deadline): Error {
    if (error instanceof KubernetesError) return error;
    const e = error as any;
    const host = new URL(this.#options.endpoint).host;
    if (req.signal?.aborted) {
      return new KubernetesError({
        ...req.call,
        kind: 'aborted',
        message: 'the call was cancelled',
        cause: req.signal.reason,
      });
    }
    if (deadline.passed) {
      return new KubernetesError({
        ...req.call,
        kind: 'timeout',
        message: `${host} did not answer within ${
          this.#options.requestTimeoutMs
        } ms`,
        cause: error,
      });
    }
    if (e instanceof AnswerTooLong) {
      return new KubernetesError({
        ...req.call,
        kind: 'too-long',
        message: `the answer to ${req.call.verb} ${req.call.resource} cannot be used: ${e.message}`,
      });
    }
    if (e instanceof ProxyError) {
      return new KubernetesError({
        ...req.call,
        kind: 'unreachable',
        reason: e.code,
        message: e.message,
        proxy: e.trouble,
        cause: error,
      });
    }
    const code = [e?.code, e?.cause?.code, e?.errors?.[0]?.code].find(
      value => typeof value === 'string',
    );
    if (code && UNREACHABLE.test(code)) {
      const text = e?.message || e?.errors?.[0]?.message || code;
      return new KubernetesError({
        ...req.call,
        kind: 'unreachable',
        reason: code,
        message: isBroken({ reason: code })
          ? `the connection to ${host} was closed before the answer was complete`
          : `no connection to ${host}: ${text}`,
        cause: error,
      });
    }
    // Signing failed for lack of credentials: an AWS error, thrown unchanged.
    return e instanceof Error ? e : new Error(String(e));
  }

  #observe(call: KubernetesCall, outcome: string): void {
    this.#options.observer?.onCall(
      'kubernetes',
      `${call.verb} ${call.resource}`,
      outcome,
    );
  }

  #observed(error: Error, recorded: RecordedCall | undefined): Error {
    if (error instanceof KubernetesError && error.verb && error.resource) {
      this.#observe({ verb: error.verb, resource: error.resource }, error.kind);
    }
    recorded?.ended(error instanceof KubernetesError ? error.kind : 'other');
    return error;
  }
}

function record({ verb, resource }: KubernetesCall): RecordedCall | undefined {
  return recordCall('kubernetes', `${verb} ${resource}`);
}

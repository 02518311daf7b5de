import { PATIENCE_MS } from 'eks-sandbox/patience';
import https from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { generate } from 'selfsigned';
import type { Clock } from '../../async/clock';
import { systemClock } from '../../async/clock';
import { createKubernetesApi } from '../api';

/** One request as it arrived. */
export interface SeenRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  authorization: string;
  contentType?: string;
  body: string;
  /** Number of its TLS connection, counted from 1. */
  connection: number;
}

export type Handler = (request: SeenRequest, response: ServerResponse) => void;

/**
 * An HTTPS server that answers as a test scripts it, for faults that the sandbox's API server cannot produce (cut-off
 * answers, silence, outdated watches).
 */
export class ScriptedServer {
  readonly seen: SeenRequest[] = [];
  handler: Handler = (_, response) => json(response, 500, {});
  private connections = 0;

  private constructor(
    private readonly server: https.Server,
    readonly ca: string,
  ) {}

  static async start(): Promise<ScriptedServer> {
    const { cert, private: key } = await generate(
      [{ name: 'commonName', value: 'scripted' }],
      {
        algorithm: 'sha256',
        extensions: [
          {
            name: 'subjectAltName',
            altNames: [
              { type: 7, ip: '127.0.0.1' },
              { type: 2, value: 'localhost' },
            ],
          },
        ],
      },
    );
    const server = https.createServer({ key, cert });
    const scripted = new ScriptedServer(server, cert);
    const numbers = new WeakMap<Socket, number>();
    server.on('secureConnection', socket => {
      scripted.connections += 1;
      numbers.set(socket, scripted.connections);
    });
    server.on('request', (request, response) => {
      read(request, numbers.get(request.socket) ?? 0).then(seen => {
        scripted.seen.push(seen);
        scripted.handler(seen, response);
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return scripted;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** A client of this server. */
  client(
    options: {
      host?: string;
      requestTimeoutMs?: number;
      clock?: Clock;
      tokens?: string[];
      ca?: string;
    } = {},
  ) {
    const tokens = [...(options.tokens ?? ['first'])];
    const forgotten: string[] = [];
    const outcomes: string[] = [];
    const api = createKubernetesApi({
      endpoint: `https://${options.host ?? '127.0.0.1'}:${this.port}`,
      ca: options.ca ?? this.ca,
      clock: options.clock ?? systemClock,
      requestTimeoutMs: options.requestTimeoutMs ?? PATIENCE_MS,
      connectTimeoutMs: PATIENCE_MS,
      retryPauseMs: 10,
      token: {
        get: async () => tokens[0],
        forget: token => {
          forgotten.push(token);
          if (tokens.length > 1) tokens.shift();
        },
      },
      observer: {
        onCall: (_service, operation, outcome) =>
          outcomes.push(`${operation}: ${outcome}`),
      },
    });
    return { api, forgotten, outcomes };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>(resolve => this.server.close(() => resolve()));
  }
}

async function read(
  request: IncomingMessage,
  connection: number,
): Promise<SeenRequest> {
  let body = '';
  for await (const chunk of request) body += chunk;
  const url = new URL(request.url ?? '/', 'https://x');
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    authorization: request.headers.authorization ?? '',
    contentType: request.headers['content-type'],
    body,
    connection,
  };
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

const VARIABLES = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'].flatMap(name => [
  name,
  name.toLowerCase(),
]);

/** Sets the proxies of this process, and no others; returns a function that undoes it. */
export function useProxies(settings: Record<string, string> = {}): () => void {
  const before = VARIABLES.map(name => [name, process.env[name]] as const);
  for (const name of VARIABLES) delete process.env[name];
  Object.assign(process.env, settings);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

/**
 * An HTTP proxy that counts. It takes every name below `invalid`, which DNS does not know, for this machine, so that a call
 * which arrives came through it.
 */
export class TestProxy {
  /** Host and port of each CONNECT. */
  readonly asked: string[] = [];
  /** Requests that were not CONNECT: none is expected. */
  readonly forwarded: string[] = [];
  /** The header by which the last one said who asks. */
  authorization?: string;
  /** What it answers instead of opening a way; `silence` is no answer. */
  refusal?: number | 'silence';
  /** The only name that it refuses; default: all. */
  refused?: string;
  /** Where a port leads that is not this one, such as 443. */
  readonly ports: Record<string, number> = {};
  readonly #sockets = new Set<Duplex>();
  readonly #server = http.createServer((request, response) => {
    this.forwarded.push(request.url ?? '');
    response.writeHead(405).end();
  });

  static async start(): Promise<TestProxy> {
    const proxy = new TestProxy();
    proxy.#server.on('connect', (request, socket, head) =>
      proxy.#connect(request, socket, head),
    );
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  /** The hosts alone, each once, sorted. */
  get hosts(): string[] {
    return [...new Set(this.asked.map(one => one.split(':')[0]))].sort();
  }

  reset(): void {
    this.asked.length = 0;
    this.refusal = undefined;
    this.refused = undefined;
    this.authorization = undefined;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connect(
    { url = '', headers }: http.IncomingMessage,
    from: Duplex,
    head: Buffer,
  ) {
    this.asked.push(url);
    this.authorization = headers['proxy-authorization'];
    this.#keep(from);
    const [name, port] = url.split(':');
    const refuses = this.refused === undefined || this.refused === name;
    if (refuses && this.refusal === 'silence') return;
    if (refuses && this.refusal) {
      from.end(`HTTP/1.1 ${this.refusal} No\r\ncontent-length: 2\r\n\r\nno`);
      return;
    }
    const to = net.connect(
      this.ports[port] ?? Number(port),
      '127.0.0.1',
      () => {
        from.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        to.write(head);
        from.pipe(to).pipe(from);
      },
    );
    this.#keep(to);
    to.on('close', () => from.destroy());
    from.on('close', () => to.destroy());
  }

  #keep(socket: Duplex) {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

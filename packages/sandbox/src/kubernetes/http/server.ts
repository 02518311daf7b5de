import { createServer, Server } from 'node:https';
import { AddressInfo, Socket } from 'node:net';
import { RequestHandler } from './handler';
import { ExecUpgrade } from './exec';
import { ApiServerDependencies } from './dependencies';
import { ServerCertificates } from './tls';

/**
 * The API servers of a cluster behind one loopback address. Each new connection goes to the next server and stays
 * there, as behind EKS's load balancer.
 */
export class ApiServers {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #serverOf = new WeakMap<Socket, number>();
  #next = 0;
  #pinned: number | undefined;

  constructor(
    certificates: ServerCertificates,
    dependencies: ApiServerDependencies,
    private readonly count: number,
  ) {
    const handler = new RequestHandler(dependencies);
    const upgrade = new ExecUpgrade(dependencies, handler);
    this.#server = createServer({
      cert: certificates.cert,
      key: certificates.key,
    });
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 60_000;
    this.#server.on('secureConnection', socket => this.accept(socket));
    // Ignores TLS handshakes that clients break off.
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#server.on('request', (request, response) => {
      // A client that disconnects during a response is not an error.
      response.on('error', () => response.destroy());
      void handler.handle(request, response, this.apiServerOf(request.socket));
    });
    this.#server.on('upgrade', (request, socket, head) => {
      void upgrade.handle(request, socket as Socket, head);
    });
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => resolve());
    });
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sends every new connection to one API server; undefined restores round robin. */
  pin(apiServer: number | undefined) {
    this.#pinned = apiServer;
  }

  async close(): Promise<void> {
    this.#sockets.forEach(socket => socket.destroy());
    await new Promise(resolve => {
      this.#server.close(resolve);
    });
  }

  private accept(socket: Socket) {
    this.#sockets.add(socket);
    this.#serverOf.set(socket, this.#pinned ?? this.#next);
    this.#next = (this.#next + 1) % this.count;
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  private apiServerOf(socket: Socket): number {
    return this.#serverOf.get(socket) ?? 0;
  }
}

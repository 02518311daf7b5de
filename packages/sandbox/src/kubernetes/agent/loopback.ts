import { createServer, Server } from 'node:http';
import { AddressInfo, Socket } from 'node:net';
import { AgentBehaviour, CREDENTIALS_PATH, PodIdentityAgent } from './agent';

/** Serves the agent on a loopback port, for the machine's real `aws`. */
export class LoopbackAgent {
  #server: Server | undefined;
  #port = 0;
  readonly #sockets = new Set<Socket>();

  constructor(private readonly agent: PodIdentityAgent) {}

  get url() {
    return `http://127.0.0.1:${this.#port}${CREDENTIALS_PATH}`;
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      if (this.agent.behaviour === 'hang') {
        return;
      }
      const path = (request.url ?? '/').split('?')[0];
      void this.agent
        .answer(path, request.headers.authorization)
        .then(answer => {
          response.writeHead(answer.status, {
            'content-type': 'application/json',
          });
          response.end(answer.body);
        });
    });
    server.on('connection', socket => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** `refuse` closes the port; any other behaviour opens it again. */
  async setBehaviour(behaviour: AgentBehaviour): Promise<void> {
    this.agent.behaviour = behaviour;
    if (behaviour === 'refuse') {
      await this.close();
    } else if (!this.#server) {
      await this.listen();
    }
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#sockets.forEach(socket => socket.destroy());
    if (server) {
      await new Promise(resolve => {
        server.close(resolve);
      });
    }
  }
}

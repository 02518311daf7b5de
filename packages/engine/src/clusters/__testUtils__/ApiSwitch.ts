import { type Sandbox, useEndpoint } from 'eks-sandbox';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';

type State = 'open' | 'dead' | 'silent' | 'nameless' | 'named';

const HOSTS: Partial<Record<State, string>> = {
  nameless: 'gone.invalid',
  named: 'api.sandbox.invalid',
};

const portOf = (server: net.Server) => (server.address() as AddressInfo).port;

/**
 * Stands between the portal and the Kubernetes API of a sandbox's cluster, so that a test can take the API away: `dead`
 * refuses connections, `silent` takes them and never answers, `nameless` has a name that cannot be found, and `named` one that
 * only a proxy finds.
 */
export class ApiSwitch {
  readonly #aws: http.Server;
  readonly #front: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #port: number;
  readonly #restore: () => void;
  #state: State = 'open';

  private constructor(aws: http.Server, front: net.Server, target: URL) {
    this.#aws = aws;
    this.#front = front;
    this.#port = portOf(front);
    this.#restore = useEndpoint(`http://127.0.0.1:${portOf(aws)}`);
    front.on('connection', client => {
      const upstream = net.connect(Number(target.port), target.hostname);
      this.#forward(client, upstream);
      this.#forward(upstream, client);
    });
  }

  static async start(sandbox: Sandbox, cluster: string): Promise<ApiSwitch> {
    const { endpoint } = sandbox
      .connections()
      .find(({ name }) => name === cluster)!;
    const front = net.createServer();
    let told = () => endpoint;
    const aws = http.createServer((request, response) => {
      const { method, headers, url: path } = request;
      const { hostname, port } = new URL(sandbox.awsEndpoint);
      request.pipe(
        http.request(
          { hostname, port, method, path, headers },
          async answer => {
            let text = '';
            for await (const chunk of answer) text += chunk;
            const body = text.replaceAll(endpoint, told());
            response.writeHead(answer.statusCode!, {
              ...answer.headers,
              'content-length': Buffer.byteLength(body),
            });
            response.end(body);
          },
        ),
      );
    });
    for (const server of [front, aws]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    const apiSwitch = new ApiSwitch(aws, front, new URL(endpoint));
    told = () => apiSwitch.endpoint;
    return apiSwitch;
  }

  /** What DescribeCluster says. */
  get endpoint(): string {
    return `https://${HOSTS[this.#state] ?? '127.0.0.1'}:${this.#port}`;
  }

  /** The port of the AWS side, which tells it. */
  get awsPort(): number {
    return portOf(this.#aws);
  }

  async set(state: State): Promise<void> {
    if (this.#state === state) return;
    const wasDead = this.#state === 'dead';
    this.#state = state;
    if (state === 'dead') {
      const closed = once(this.#front, 'close');
      this.#front.close();
      this.#drop();
      await closed;
    } else if (wasDead) {
      this.#front.listen(this.#port, '127.0.0.1');
      await once(this.#front, 'listening');
    }
  }

  async stop(): Promise<void> {
    this.#restore();
    this.#drop();
    this.#aws.closeAllConnections();
    this.#aws.close();
    this.#front.close();
  }

  #drop() {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  #forward(from: net.Socket, to: net.Socket) {
    this.#sockets.add(from);
    from.on('error', () => {});
    from.on('data', chunk => {
      if (this.#state !== 'silent') to.write(chunk);
    });
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}

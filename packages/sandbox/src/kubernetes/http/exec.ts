import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { badRequest, noSuchResource, Status, success } from '../model/status';
import { KubeObject, UserInfo } from '../types';
import { ApiServerDependencies, ExecRequest } from './dependencies';
import { RequestHandler } from './handler';
import { RequestInfo } from './requestInfo';
import { containerOf } from './subresources';

/** Channels of `v5.channel.k8s.io`: first byte of each binary frame. */
const CHANNEL = {
  stdin: 0,
  stdout: 1,
  stderr: 2,
  status: 3,
  resize: 4,
  close: 255,
};

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

const exitStatus = (code: number): Status =>
  code === 0
    ? success()
    : {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: `command terminated with non-zero exit code: exit status ${code}`,
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
      };

function channelWriter(socket: WebSocket, channel: number): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (socket.readyState !== WebSocket.OPEN) {
        done();
        return;
      }
      socket.send(Buffer.concat([Buffer.from([channel]), chunk]), () => done());
    },
  });
}

/** kubectl discards what comes before it has made its streams. Once it has, it sends the size of its terminal. */
const terminalReady = (socket: WebSocket) =>
  new Promise<void>(resolve => {
    const timer = setTimeout(resolve, 2_000);
    for (const event of ['message', 'close']) {
      socket.once(event, () => {
        clearTimeout(timer);
        resolve();
      });
    }
  });

const flushed = (stream: Writable) =>
  new Promise<void>(resolve => {
    stream.end(() => resolve());
  });

/** `pods/exec` over WebSocket. */
export class ExecUpgrade {
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: offered => PROTOCOLS.find(p => offered.has(p)) ?? false,
  });

  constructor(
    private readonly deps: ApiServerDependencies,
    private readonly handler: RequestHandler,
  ) {}

  /** Never throws: an exception in an upgrade would end the process. */
  async handle(
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
  ): Promise<void> {
    socket.on('error', () => socket.destroy());
    let admitted: { info: RequestInfo; user: UserInfo } | undefined;
    try {
      admitted = await this.handler.admitUpgrade(request);
      const { pod, exec } = this.requestOf(admitted.info);
      this.handler.count(admitted.info, admitted.user, undefined, 101);
      this.#sockets.handleUpgrade(request, socket, head, ws => {
        void this.serve(ws, pod, exec);
      });
    } catch (caught) {
      const error = this.handler.asApiError(caught);
      this.handler.count(admitted?.info, admitted?.user, undefined, error.code);
      refuse(socket, error.code, error.toStatus());
    }
  }

  private requestOf({ resource, query }: RequestInfo): {
    pod: KubeObject;
    exec: ExecRequest;
  } {
    if (resource?.def.kind !== 'Pod' || resource.subresource !== 'exec') {
      throw resource?.subresource === 'attach'
        ? badRequest(
            'the sandbox does not attach to containers: use exec or logs',
          )
        : noSuchResource();
    }
    const pod = this.deps.registry.get(
      resource.def,
      resource.namespace,
      resource.name!,
    );
    const container = containerOf(pod, query.get('container'));
    const command = query.getAll('command');
    if (command.length === 0) {
      throw badRequest(
        'you must specify at least one command for the container',
      );
    }
    this.deps.kubelet.assertCanExec(pod, container);
    return {
      pod,
      exec: {
        container,
        command,
        tty: query.get('tty') === 'true',
        interactive: query.get('stdin') === 'true',
      },
    };
  }

  private async serve(
    socket: WebSocket,
    pod: KubeObject,
    request: ExecRequest,
  ) {
    const gone = new AbortController();
    const stdin = new PassThrough();
    if (!request.interactive) {
      stdin.end();
    }
    socket.on('message', data => {
      const frame = data as Buffer;
      if (frame[0] === CHANNEL.stdin) {
        stdin.write(frame.subarray(1));
      } else if (frame[0] === CHANNEL.close && frame[1] === CHANNEL.stdin) {
        stdin.end();
      }
    });
    socket.on('close', () => {
      gone.abort();
      stdin.end();
    });
    socket.on('error', () => socket.terminate());
    if (request.tty) await terminalReady(socket);
    const stdout = channelWriter(socket, CHANNEL.stdout);
    const stderr = request.tty ? stdout : channelWriter(socket, CHANNEL.stderr);
    let status: Status;
    try {
      const code = await this.deps.kubelet.exec(pod, request, {
        stdin,
        stdout,
        stderr,
        signal: gone.signal,
      });
      status = exitStatus(code);
    } catch (error) {
      status = this.handler.asApiError(error).toStatus();
    }
    // Sends queued output before the status, because the client disconnects at the status.
    await Promise.all([flushed(stdout), flushed(stderr)]);
    if (socket.readyState === WebSocket.OPEN) {
      socket.send(
        Buffer.concat([
          Buffer.from([CHANNEL.status]),
          Buffer.from(JSON.stringify(status)),
        ]),
      );
      socket.close(1000);
    }
  }
}

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
};

function refuse(socket: Socket, code: number, status: Status) {
  const body = JSON.stringify(status);
  socket.end(
    [
      `HTTP/1.1 ${code} ${REASONS[code] ?? 'Internal Server Error'}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

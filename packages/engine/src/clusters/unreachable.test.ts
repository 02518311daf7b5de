import { DescribeClusterCommand } from '@aws-sdk/client-eks';
import { useEndpoint } from 'eks-sandbox';
import net, { type AddressInfo } from 'node:net';
import { classifyAwsError, toAwsBackstageError } from '../aws/errors';
import { portal } from './__testUtils__/portal';

describe('Clusters without AWS', () => {
  const keys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };
  const sandbox = { accountId: '111122223333', region: 'eu-west-1' };
  const account = {
    aws: { accounts: [{ accountId: sandbox.accountId, ...keys }] },
  };
  const quick = { section: { timings: { retryPause: 1 } } };
  let server: net.Server | undefined;
  let restore: () => void = () => {};
  const sockets = new Set<net.Socket>();

  afterEach(async () => {
    restore();
    for (const socket of sockets) socket.destroy();
    await new Promise<void>(resolve =>
      server ? server.close(() => resolve()) : resolve(),
    );
    server = undefined;
  });

  async function listen(onConnection: (socket: net.Socket) => void) {
    server = net.createServer(socket => {
      sockets.add(socket);
      socket.on('error', () => {});
      onConnection(socket);
    });
    await new Promise<void>(resolve => server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('calls a closed port unreachable', async () => {
    const endpoint = await listen(() => {});
    await new Promise<void>(resolve => server!.close(() => resolve()));
    server = undefined;
    restore = useEndpoint(endpoint);
    const { clusters } = portal({ sandbox, ...account, ...quick });
    const error = await clusters
      .session('payments-prod', 'read')
      .describeCluster()
      .catch(e => e);
    expect(classifyAwsError(error)).toEqual(
      expect.objectContaining({ kind: 'unreachable', code: 'ECONNREFUSED' }),
    );
    expect(
      toAwsBackstageError(error, {
        doing: 'describe the cluster',
        cluster: clusters.get('payments-prod'),
      }).message,
    ).toMatch(
      /No answer: connect ECONNREFUSED.*The portal cannot reach AWS in eu-west-1\. Nothing takes connections there, .*HTTPS_PROXY in the portal's environment/,
    );
    await clusters.close();
  });

  it('gives up on a socket that never answers', async () => {
    restore = useEndpoint(await listen(() => {}));
    const { clusters, calls } = portal({
      sandbox,
      ...account,
      // wall time: the server never answers, so any pause ends as this does
      section: { timings: { requestTimeout: 100, retryPause: 1 } },
    });
    const error = await clusters
      .session('payments-prod', 'read')
      .describeCluster()
      .catch(e => e);
    expect(classifyAwsError(error).kind).toBe('unreachable');
    // The client's sentence already ends in a full stop
    expect(
      toAwsBackstageError(error, {
        doing: 'describe the cluster',
        cluster: clusters.get('payments-prod'),
      }).message,
    ).toMatch(
      /No answer: a request has exceeded the configured 100 ms requestTimeout\. The portal cannot reach AWS in eu-west-1\. No answer came in time; .*HTTPS_PROXY in the portal's environment/,
    );
    expect(calls.every(({ outcome }) => outcome === 'unreachable')).toBe(true);
    await clusters.close();
  });

  it('ends a call at once when it is cancelled', async () => {
    const abort = new AbortController();
    const leave = () => abort.abort(new Error('the user left'));
    restore = useEndpoint(
      await listen(socket => void socket.once('data', leave)),
    );
    const { clusters } = portal({ sandbox, ...account, ...quick });
    const error = await clusters
      .session('payments-prod', 'read')
      .aws.eks.send(new DescribeClusterCommand({ name: 'payments-prod' }), {
        abortSignal: abort.signal,
      })
      .catch((e: unknown) => e);
    expect(classifyAwsError(error).kind).toBe('aborted');
    await clusters.close();
  });

  it('slows all callers down when AWS throttles, then recovers', async () => {
    const answers = [
      [429, 'ThrottlingException', '{"message":"Rate exceeded"}'],
      [
        200,
        '',
        '{"cluster":{"name":"payments-prod","arn":"arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod"}}',
      ],
    ] as const;
    let requests = 0;
    restore = useEndpoint(
      await listen(socket =>
        socket.once('data', () => {
          const [code, type, body] =
            answers[Math.min(requests++, answers.length - 1)];
          socket.end(
            `HTTP/1.1 ${code} X\r\nx-amzn-errortype: ${type}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
          );
        }),
      ),
    );
    const { clusters, calls } = portal({ sandbox, ...account });
    const session = clusters.session('payments-prod', 'read');
    expect((await session.describeCluster()).name).toBe('payments-prod');
    expect(calls.map(({ outcome }) => outcome)).toEqual(['throttled', 'ok']);
    await clusters.close();
  });

  it('calls an answer that is cut off a fault of the server', async () => {
    const body = '{"cluster":{"name":"paym';
    restore = useEndpoint(
      await listen(socket =>
        socket.once('data', () =>
          socket.end(
            `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
          ),
        ),
      ),
    );
    const { clusters } = portal({ sandbox, ...account, ...quick });
    const error = await clusters
      .session('payments-prod', 'read')
      .describeCluster()
      .catch(e => e);
    expect(classifyAwsError(error).kind).toBe('server');
    await clusters.close();
  });
});

import type { V1Pod } from '@kubernetes/client-node';
import { ManualClock } from '../async/ManualClock';
import { KubernetesError } from '../kubernetes/errors';
import type { KubernetesApi } from '../kubernetes/types';
import { type GateDeps, lookAtInjection, waitForInjection } from './gate';
import { probePod } from './probe/podSpec';

const ref = { cluster: 'c', namespace: 'payments', serviceAccount: 'api' };
const pod = () =>
  probePod({
    ref,
    probe: {
      image: 'x',
      tolerations: [],
      imagePullSecrets: [],
      maxConcurrent: 1,
      checkImds: false,
    },
    portalId: 'p',
    placement: {},
    deadlineSeconds: 30,
    now: 0,
    graceSeconds: 0,
    permissionChecks: [],
  });

const PATH = '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount';

/** A pod as the webhook changes it. */
function injected(body: V1Pod): V1Pod {
  const [container] = body.spec!.containers;
  return {
    ...body,
    spec: {
      ...body.spec!,
      containers: [
        {
          ...container,
          env: [
            ...(container.env ?? []),
            {
              name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
              value: 'http://169.254.170.23/v1/credentials',
            },
            {
              name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
              value: `${PATH}/eks-pod-identity-token`,
            },
          ],
          volumeMounts: [
            ...(container.volumeMounts ?? []),
            { name: 't', mountPath: PATH },
          ],
        },
      ],
      volumes: [
        {
          name: 't',
          projected: {
            sources: [
              {
                serviceAccountToken: {
                  audience: 'pods.eks.amazonaws.com',
                  path: 'x',
                },
              },
            ],
          },
        },
      ],
    },
  };
}

/** API servers by address, each with its own view of the association; other tests cover the wire. */
function apiServers(
  servers: Record<string, (attempt: number) => boolean | Error>,
) {
  const asked: string[] = [];
  const attempts: Record<string, number> = {};
  const kubernetes = {
    addresses: async () => Object.keys(servers),
    dryRunPod: async (
      _namespace: string,
      body: V1Pod,
      options: { address?: string },
    ) => {
      const address = options.address!;
      asked.push(address);
      attempts[address] = (attempts[address] ?? 0) + 1;
      const answer = servers[address](attempts[address]);
      if (answer instanceof Error) throw answer;
      return answer ? injected(body) : body;
    },
    canI: async () => ({ allowed: true }),
  } as unknown as KubernetesApi;
  return { kubernetes, asked };
}

function start(
  servers: Parameters<typeof apiServers>[0],
  options: { deadlineMs?: number; signal?: AbortSignal } = {},
) {
  const clock = new ManualClock();
  const { kubernetes, asked } = apiServers(servers);
  const waiting: string[] = [];
  const deps: GateDeps = {
    kubernetes,
    clock,
    signal: options.signal ?? new AbortController().signal,
    namespace: 'payments',
    serviceAccount: 'api',
    pod,
  };
  const outcome = waitForInjection(deps, {
    deadlineMs: options.deadlineMs ?? 90_000,
    minPauseMs: 250,
    maxPauseMs: 2_000,
    onWaiting: async message => {
      waiting.push(message);
    },
  });
  outcome.catch(() => undefined);
  return { clock, outcome, asked, waiting, deps };
}

describe('the effectiveness gate', () => {
  it('asks every address three times in a row, without a pause when all know the association', async () => {
    const { outcome, asked, waiting } = start({
      '10.0.0.1': () => true,
      '10.0.0.2': () => true,
    });
    expect(await outcome).toEqual({
      kind: 'effective',
      afterMs: 0,
      attempts: 6,
      addresses: 2,
    });
    expect(asked.sort()).toEqual([
      ...Array(3).fill('10.0.0.1'),
      ...Array(3).fill('10.0.0.2'),
    ]);
    expect(waiting).toEqual([]);
  });

  it('waits for the slowest API server, with growing pauses, and says so once', async () => {
    const { clock, outcome, waiting } = start({
      fast: () => true,
      slow: attempt => attempt > 4,
    });
    await clock.runToEnd();
    expect(await outcome).toMatchObject({
      kind: 'effective',
      // 250, 375, 562.5 and 843.75 milliseconds between the tries.
      afterMs: 2031.25,
      attempts: 2 * 7,
    });
    expect(waiting).toHaveLength(1);
  });

  it('starts counting again when one no longer injects', async () => {
    const { clock, outcome, asked } = start({
      flapping: attempt => attempt !== 3,
    });
    await clock.runToEnd();
    expect((await outcome).kind).toBe('effective');
    expect(asked).toHaveLength(6);
  });

  it('ends at its deadline with the result of the last round', async () => {
    const { clock, outcome } = start({ a: () => true, b: () => false });
    await clock.runToEnd();
    expect(await outcome).toMatchObject({
      kind: 'not-effective',
      injected: 1,
      asked: 2,
      afterMs: 90_000,
      missing: [
        'AWS_CONTAINER_CREDENTIALS_FULL_URI',
        'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
        'the token volume',
      ],
    });
  });

  it('never counts single rounds that pass by flapping', async () => {
    const { clock, outcome } = start({ a: attempt => attempt % 3 !== 0 });
    await clock.runToEnd();
    expect((await outcome).kind).toBe('not-effective');
  });

  it('ends at once when Kubernetes refuses the pod', async () => {
    const { outcome, clock } = start({
      a: () =>
        new KubernetesError({
          kind: 'quota',
          status: 403,
          message: 'pods "p" is forbidden: exceeded quota: small',
          verb: 'create',
          resource: 'pods',
        }),
    });
    await clock.runToEnd();
    expect(await outcome).toMatchObject({
      kind: 'refused',
      blocker: { reason: 'quota' },
      afterMs: 0,
    });
  });

  it('continues while an API server does not know the ServiceAccount yet, or does not answer', async () => {
    const { outcome, clock } = start({
      a: attempt => {
        if (attempt === 1) {
          return new KubernetesError({
            kind: 'forbidden',
            status: 403,
            message:
              'pods "p" is forbidden: error looking up service account payments/api: serviceaccount "api" not found',
            verb: 'create',
            resource: 'pods',
          });
        }
        if (attempt === 2) {
          return new KubernetesError({
            kind: 'unreachable',
            message: 'no connection to a',
          });
        }
        return true;
      },
    });
    await clock.runToEnd();
    expect(await outcome).toMatchObject({ kind: 'effective', attempts: 5 });
  });

  it('reports that no API server answered', async () => {
    const { outcome, clock } = start({
      a: () =>
        new KubernetesError({ kind: 'timeout', message: 'a did not answer' }),
    });
    await clock.runToEnd();
    expect(await outcome).toMatchObject({
      kind: 'unanswered',
      message: 'a did not answer',
    });
  });

  it('stops at once when the operation is cancelled', async () => {
    const controller = new AbortController();
    const { outcome, clock, asked } = start(
      { a: () => false },
      { signal: controller.signal },
    );
    await clock.advance(300);
    const before = asked.length;
    controller.abort(new Error('cancelled'));
    await expect(outcome).rejects.toThrow('cancelled');
    await clock.advance(10_000);
    expect(asked).toHaveLength(before);
  });

  it('tries five times, spread over the addresses, or once for each of many', async () => {
    const two = start({ a: () => true, b: () => false }, { deadlineMs: 0 });
    const look = await lookAtInjection(two.deps);
    expect(look.runs).toHaveLength(5);
    expect(
      look.runs.filter(run => run.kind === 'answered' && run.injected),
    ).toHaveLength(3);
    const many = Object.fromEntries(
      Array.from({ length: 7 }, (_, index) => [`s${index}`, () => true]),
    );
    const seven = start(many, { deadlineMs: 0 });
    expect((await lookAtInjection(seven.deps)).runs).toHaveLength(7);
  });
});

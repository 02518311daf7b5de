import type { V1Pod } from '../../kubernetes/objects';
import type { Clock } from '../../async/clock';
import { ManualClock } from '../../async/ManualClock';
import { KubernetesError } from '../../kubernetes/errors';
import type { KubernetesApi } from '../../kubernetes/types';
import { type GateDeps, lookAtInjection, waitForInjection } from './gate';
import { probePod } from './podSpec';
import { PORTAL } from '../../text/voice';
import { injected } from './__testUtils__/apiServers';

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

/** API servers by address, each with its own view of the association; other tests cover the wire. */
function apiServers(
  servers: Record<string, (attempt: number) => boolean | Error>,
  clock: Clock,
) {
  const asked: string[] = [];
  const startedAt = clock.now();
  /** Milliseconds after the start at which each dry run was sent. */
  const times: number[] = [];
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
      times.push(clock.now() - startedAt);
      attempts[address] = (attempts[address] ?? 0) + 1;
      const answer = servers[address](attempts[address]);
      if (answer instanceof Error) throw answer;
      return answer ? injected(body) : body;
    },
    canI: async () => ({ allowed: true }),
  } as unknown as KubernetesApi;
  return { kubernetes, asked, times };
}

function start(
  servers: Parameters<typeof apiServers>[0],
  options: { deadlineMs?: number; signal?: AbortSignal } = {},
) {
  const clock = new ManualClock();
  const { kubernetes, asked, times } = apiServers(servers, clock);
  const waiting: string[] = [];
  const deps: GateDeps = {
    kubernetes,
    clock,
    voice: PORTAL,
    signal: options.signal ?? new AbortController().signal,
    namespace: 'payments',
    serviceAccount: 'api',
    pod,
  };
  const outcome = waitForInjection(deps, {
    deadlineMs: options.deadlineMs ?? 90_000,
    polling: { first: 250, soon: 250, later: 2_000 },
    onWaiting: async message => {
      waiting.push(message);
    },
  });
  outcome.catch(() => undefined);
  return { clock, outcome, asked, times, waiting, deps };
}

describe('the effectiveness gate', () => {
  it('asks by several connections, and counts no address, where a proxy chooses them', async () => {
    const { deps, outcome } = start({ '10.0.0.1': () => true });
    await outcome;
    let asked = 0;
    const kubernetes = {
      ...deps.kubernetes,
      addresses: async () => ['', '', ''],
      dryRunPod: async (_: string, body: V1Pod) => {
        asked += 1;
        return injected(body);
      },
    } as KubernetesApi;
    expect(
      await waitForInjection(
        { ...deps, kubernetes },
        { deadlineMs: 90_000, polling: { first: 1, soon: 1, later: 1 } },
      ),
    ).toMatchObject({ kind: 'effective', addresses: 0, attempts: 9 });
    expect(asked).toBe(9);
    const { runs, addresses } = await lookAtInjection({ ...deps, kubernetes });
    expect({ runs: runs.length, addresses }).toEqual({ runs: 5, addresses: 0 });
  });

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

  it('asks every 250 ms until the slowest API server injects, and says once that it waits', async () => {
    const { clock, outcome, times, waiting } = start({
      fast: () => true,
      slow: attempt => attempt > 4,
    });
    await clock.runToEnd();
    expect(await outcome).toMatchObject({
      kind: 'effective',
      afterMs: 1_000,
      attempts: 2 * 7,
    });
    expect([...new Set(times)]).toEqual([0, 250, 500, 750, 1_000]);
    expect(waiting).toHaveLength(1);
  });

  it('asks less often after 15 seconds, and a last time at the deadline', async () => {
    const { clock, times } = start({ a: () => false }, { deadlineMs: 24_000 });
    await clock.runToEnd();
    expect(times.slice(0, 61)).toEqual(
      Array.from({ length: 61 }, (_, round) => round * 250),
    );
    // 375, 562.5, 843.75, 1,265.625 and 1,898.4375 milliseconds, then two seconds.
    expect(times.slice(61)).toEqual([
      15_375, 15_937.5, 16_781.25, 18_046.875, 19_945.3125, 21_945.3125,
      23_945.3125, 24_000,
    ]);
  });

  it('asks within 300 ms of the effect, although each answer takes 200 ms', async () => {
    const clock = new ManualClock();
    const startedAt = clock.now();
    const effectiveAt = startedAt + 7_010;
    let askedAt: number | undefined;
    const deps = {
      voice: PORTAL,
      clock,
      signal: new AbortController().signal,
      namespace: 'payments',
      serviceAccount: 'api',
      pod,
      kubernetes: {
        addresses: async () => ['a'],
        dryRunPod: async (_namespace: string, body: V1Pod) => {
          const effective = clock.now() >= effectiveAt;
          if (effective) askedAt ??= clock.now();
          await clock.sleep(200);
          return effective ? injected(body) : body;
        },
      } as unknown as KubernetesApi,
    };
    const outcome = waitForInjection(deps, {
      deadlineMs: 90_000,
      polling: { first: 250, soon: 250, later: 2_000 },
    });
    await clock.runToEnd();
    expect(await outcome).toMatchObject({ kind: 'effective' });
    expect(askedAt! - effectiveAt).toBeLessThan(300);
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

  it('continues while an API server does not know the service account yet, or does not answer', async () => {
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

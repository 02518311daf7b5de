import type {
  Plan,
  PlanRequest,
} from 'backstage-plugin-eks-pod-identity-common';
import { ManualClock } from 'eks-pod-identity-engine/testUtils';
import type { Accepted } from './Acceptance';
import { Plans } from './Plans';

const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' };

/** Plans that are made when the test says so. */
function setUp({ plansPerCaller = 2 } = {}) {
  const clock = new ManualClock();
  const made: {
    kind: string;
    signal: AbortSignal;
    finish(): void;
    fail(error: Error): void;
    request: any;
  }[] = [];
  let version = 1;
  const make =
    (kind: string) =>
    (request: object, { signal }: { signal: AbortSignal }) =>
      new Promise<Plan>((resolve, reject) => {
        const plan = {
          kind,
          steps: [],
          number: made.length,
        } as unknown as Plan;
        made.push({
          kind,
          signal,
          request,
          finish: () => resolve(plan),
          fail: reject,
        });
        signal.addEventListener('abort', () => reject(signal.reason));
      });
  const plans = new Plans({
    clock,
    clusters: { snapshot: () => undefined },
    config: { limits: { plansPerCaller } },
    lifecycle: {
      planAssociate: make('associate'),
      planTeardown: make('teardown'),
    },
    store: {
      changes: {
        version: async () => version,
        lastAssociate: async () => undefined,
      },
    },
    entities: {},
  } as any);
  const ask = (more: Partial<Accepted<PlanRequest>> = {}, left?: AbortSignal) =>
    plans.plan(
      {
        request: { kind: 'associate', input: { clusterName: 'prod' } },
        ref,
        granted: ['a', 'b'],
        initiator: { type: 'user', name: 'user:default/ada' },
        ...more,
      } as Accepted<PlanRequest>,
      left,
    );
  const settled = () => clock.advance(0);
  return {
    clock,
    made,
    ask,
    settled,
    change: () => {
      version += 1;
    },
  };
}

describe('a plan without an operation', () => {
  const teardown = {
    kind: 'teardown',
    taskId: 't',
    input: {},
  } as unknown as PlanRequest;
  const fresh = {
    kind: 'associate',
    input: { clusterName: 'prod' },
    fresh: true,
  } as unknown as PlanRequest;

  it('is made once for equal requests with equal rights, for half a minute', async () => {
    const { clock, made, ask, settled } = setUp();
    const asked = [ask(), ask({ granted: ['b', 'a'] })];
    await settled();
    expect(made).toMatchObject([
      { kind: 'associate', request: { ref, input: { clusterName: 'prod' } } },
    ]);
    made[0].finish();
    expect(await asked[0]).toBe(await asked[1]);
    await clock.advance(29_999);
    expect(await ask()).toBe(await asked[0]);
    await clock.advance(1);
    ask();
    await settled();
    expect(made).toHaveLength(2);
    made[1].finish();
  });

  it.each<[string, Partial<Accepted<PlanRequest>>]>([
    ['other rights', { granted: ['a'] }],
    [
      'another entity',
      { entity: { entityRef: 'component:default/x', uid: 'u', ownerRefs: [] } },
    ],
    [
      'another holder',
      { holder: { entityRef: 'component:default/x', ownerRefs: [] } },
    ],
    ['other claims', { claimant: { claims: [], isAdministrator: true } }],
    ['the wish for a fresh one', { request: fresh }],
    ['another kind', { request: teardown }],
  ])('is made once more for %s', async (_, more) => {
    const { made, ask, settled } = setUp({ plansPerCaller: 5 });
    const first = ask();
    await settled();
    made[0].finish();
    await first;
    ask(more);
    await settled();
    expect(made).toHaveLength(2);
    made[1].finish();
    await settled();
  });

  it('is made once more when the identity has changed', async () => {
    const { made, ask, settled, change } = setUp();
    const first = ask();
    await settled();
    made[0].finish();
    await first;
    change();
    ask();
    await settled();
    expect(made).toHaveLength(2);
    made[1].finish();
  });

  it('of a teardown knows its task', async () => {
    const { made, ask, settled } = setUp();
    const asked = ask({ request: teardown });
    await settled();
    expect(made[0]).toMatchObject({
      kind: 'teardown',
      request: { ref, taskId: 't' },
    });
    made[0].finish();
    expect((await asked).kind).toBe('teardown');
  });

  it('is not kept where it failed', async () => {
    const { made, ask, settled } = setUp();
    const asked = ask();
    asked.catch(() => {});
    await settled();
    made[0].fail(new Error('AWS said no'));
    await expect(asked).rejects.toThrow('AWS said no');
    ask();
    await settled();
    expect(made).toHaveLength(2);
    made[1].finish();
  });

  it('that was asked for again is kept though the one before it fails', async () => {
    const { made, ask, settled } = setUp();
    const first = ask();
    first.catch(() => {});
    await settled();
    const again = ask({ request: fresh });
    await settled();
    made[0].fail(new Error('AWS said no'));
    await expect(first).rejects.toThrow('AWS said no');
    made[1].finish();
    const [answer, joined] = await Promise.all([again, ask()]);
    expect(joined).toBe(answer);
    expect(made).toHaveLength(2);
  });

  it('makes room for the next one where there are 500', async () => {
    const { made, ask, settled } = setUp({ plansPerCaller: 500 });
    const askFor = (number: number) => ask({ granted: [`${number}`] });
    const all = Array.from({ length: 500 }, (_, number) => askFor(number));
    await settled();
    made.forEach(({ finish }) => finish());
    await Promise.all(all);
    const [oldest, second] = await Promise.all([askFor(0), askFor(1)]);
    expect([oldest, second]).toEqual(await Promise.all(all.slice(0, 2)));
    expect(made).toHaveLength(500);
    askFor(500);
    await settled();
    expect(await askFor(1)).toBe(second);
    askFor(0);
    await settled();
    expect(made).toHaveLength(502);
    made.slice(500).forEach(({ finish }) => finish());
  });

  it('ends when all who asked have left, and the next request begins one', async () => {
    const { made, ask, settled } = setUp();
    const [one, other] = [new AbortController(), new AbortController()];
    const asked = [one, other].map(({ signal }) => ask({}, signal));
    asked.forEach(each => each.catch(() => {}));
    await settled();
    one.abort(new Error('left'));
    await expect(asked[0]).rejects.toThrow('left');
    expect(made[0].signal.aborted).toBe(false);
    other.abort(new Error('left too'));
    await expect(asked[1]).rejects.toThrow('left too');
    expect(made[0].signal.aborted).toBe(true);
    ask();
    await settled();
    expect(made).toHaveLength(2);
    made[1].finish();
  });

  it('goes on for one who stays, and is kept though the last one leaves once it is made', async () => {
    const { clock, made, ask, settled } = setUp();
    const left = new AbortController();
    const stays = ask();
    const leaves = ask({}, left.signal);
    leaves.catch(() => {});
    await settled();
    left.abort();
    await leaves.catch(() => {});
    made[0].finish();
    const plan = await stays;
    expect(await ask({}, new AbortController().signal)).toBe(plan);
    await expect(ask({}, left.signal)).rejects.toThrow('aborted');
    expect(await ask()).toBe(plan);
    const leaving = new AbortController();
    jest.spyOn(clock, 'now').mockImplementationOnce(() => {
      leaving.abort(new Error('left'));
      return 0;
    });
    await expect(ask({}, leaving.signal)).rejects.toThrow('left');
    expect(await ask()).toBe(plan);
    expect(made).toHaveLength(1);
  });

  it('gives up after a minute', async () => {
    const { clock, ask } = setUp();
    const asked = ask();
    const failed = asked.catch(error => error.message);
    await clock.advance(60_000);
    expect(await failed).toContain('did not answer within 60 s');
  });

  it('is one of so many that a caller may wait for', async () => {
    const { made, ask, settled } = setUp({ plansPerCaller: 1 });
    const first = ask();
    await settled();
    await expect(ask({ granted: [] })).rejects.toThrow(
      'You are waiting for 1 plan already',
    );
    made[0].finish();
    await first;
    ask({ granted: [] });
    await settled();
    expect(made).toHaveLength(2);
    made[1].finish();
  });
});

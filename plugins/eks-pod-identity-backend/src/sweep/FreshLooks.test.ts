import { setImmediate } from 'node:timers/promises';
import {
  type ServiceAccountRef,
  stringifyServiceAccountRef as keyOf,
} from 'backstage-plugin-eks-pod-identity-common';
import type {
  Association,
  OperationContext,
  Verification,
  VerifyRequest,
} from 'eks-pod-identity-engine';
import { type AwsCaller, currentCaller } from 'eks-pod-identity-engine/portal';
import { lookOf } from '../status/__testUtils__/statusReports';
import type { LeaseHolder } from '../store';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import { retryingStore } from '../store/retryingStore';
import { refOf, roleArnOf, SweptAccount } from './__testUtils__/SweptAccount';
import { FreshLooks } from './FreshLooks';

const MINUTE = 60_000;
const [API, WEB, JOBS] = ['api', 'web', 'jobs'].map(refOf);

/** What a look found. */
type Glance = Awaited<ReturnType<Verification['glance']>>;

const association = (name: string): Association => ({
  id: name,
  arn: `arn:${name}`,
  roleArn: roleArnOf(name),
  disableSessionTags: false,
  tags: {},
});

describe('what a page has just shown', () => {
  const knex = memoryDatabase();
  let account: SweptAccount;
  /** When leases of all replicas end. */
  let leases: Map<string, number>;
  /** Names that were looked at, in turn, and for whom. */
  let glances: string[];
  let callers: AwsCaller[];
  let verified: VerifyRequest[];
  /** What AWS has. */
  let answer: (
    ref: ServiceAccountRef,
    context: OperationContext,
  ) => Promise<Glance>;

  beforeEach(() => {
    const at = { region: 'eu-west-1', accountId: '111122223333' };
    account = new SweptAccount(knex, {
      clusters: ['prod', 'next'].map(name => ({
        name,
        ...at,
        sweep: { probe: 'admission' },
      })),
    });
    leases = new Map();
    glances = [];
    callers = [];
    verified = [];
    answer = async () => ({});
  });

  const verification = {
    glance: async (ref, context) => {
      glances.push(ref.serviceAccount);
      callers.push(currentCaller());
      return answer(ref, context);
    },
    verify: async request => {
      verified.push(request);
      return lookOf(`report-${verified.length}`, {
        ref: request.ref,
        finishedAt: new Date(account.clock.now()).toISOString(),
      });
    },
  } as Partial<Verification> as Verification;

  /** Of one replica. */
  const freshLooks = () =>
    new FreshLooks({
      ...account.sweepOptions(),
      store: retryingStore(account.store, account.clock),
      verification,
      leases: {
        acquire: async (key: string, by: LeaseHolder, { ttlMs }) => {
          const now = account.clock.now();
          const isFree = (leases.get(key) ?? 0) <= now;
          if (isFree) leases.set(key, now + ttlMs);
          return isFree
            ? { acquired: true }
            : { acquired: false, by: { ...by, what: '', since: now } };
        },
      },
    });

  type Shown = Parameters<FreshLooks['opened']>[0][number];
  const shown = (ref: ServiceAccountRef, more: Partial<Shown> = {}): Shown => ({
    ref,
    clusterKnown: true,
    ...more,
  });
  const open = (looks: FreshLooks, ...refs: ServiceAccountRef[]) => [
    ...looks.opened(refs.map(ref => shown(ref))),
  ];
  const ago = (ms: number) => new Date(account.clock.now() - ms).toISOString();

  /** Lets everything go on that waits for no time to pass. */
  const goOn = async () => {
    for (let turn = 0; turn < 60; turn += 1) await setImmediate();
  };
  /** Lets time pass as the looks wait for it. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 100) {
      await goOn();
      await account.clock.advance(Math.min(100, left));
    }
    await goOn();
  };
  /** Looks that wait until they may end. */
  const held = () => {
    let end = () => {};
    const ended = new Promise<void>(resolve => {
      end = resolve;
    });
    answer = async () => {
      await ended;
      return {};
    };
    return () => end();
  };
  const state = (ref: ServiceAccountRef) =>
    account.store.serviceAccounts.find(ref);

  it.each<[boolean, string, () => Partial<Shown>]>([
    [true, 'was never looked at', () => ({})],
    [
      true,
      'was looked at more than a minute ago',
      () => ({ lookedAt: ago(MINUTE + 1) }),
    ],
    [false, 'was looked at a minute ago', () => ({ lookedAt: ago(MINUTE) })],
    [false, 'is being verified', () => ({ verifying: {} })],
    [false, 'is of a cluster that is gone', () => ({ clusterKnown: false })],
  ])('is looked at: %s, where it %s', async (isDue, _, more) => {
    const waiting = freshLooks().opened([shown(API, more())]);
    expect([...waiting]).toEqual(isDue ? [keyOf(API)] : []);
    await goOn();
    expect(glances).toEqual(isDue ? ['api'] : []);
    const caller = { lane: 'schedule', key: 'prod' };
    expect(callers).toEqual(isDue ? [caller] : []);
  });

  it('is looked at once a minute, in all replicas together', async () => {
    const [one, other] = [freshLooks(), freshLooks()];
    expect(open(one, API)).toHaveLength(1);
    await goOn();
    expect(open(one, API)).toEqual([]);
    expect(open(other, API)).toHaveLength(1);
    await account.clock.advance(MINUTE);
    expect(glances).toHaveLength(1);
    expect(open(one, API)).toEqual([]);
    await account.clock.advance(1);
    expect(open(one, API)).toHaveLength(1);
    await goOn();
    expect(glances).toHaveLength(2);
  });

  it('is tried once a minute, even as others are', async () => {
    const looks = freshLooks();
    open(looks, API);
    await account.clock.advance(MINUTE);
    open(looks, WEB);
    await goOn();
    expect(open(looks, API)).toEqual([]);
    expect(open(looks, WEB)).toEqual([]);
    expect(glances).toEqual(['api', 'web']);
  });

  it.each<[string, (looks: FreshLooks) => void]>([
    ['at once', looks => open(looks, API, WEB)],
    [
      'one by one',
      looks => {
        open(looks, API);
        open(looks, WEB);
      },
    ],
    [
      'after none',
      looks => {
        open(looks);
        open(looks, API, WEB);
      },
    ],
  ])('is looked at one after the other where two open %s', async (_, begin) => {
    const end = held();
    begin(freshLooks());
    await pass(1_000);
    expect(glances).toEqual(['web']);
    end();
    await pass(1_000);
    expect(glances).toEqual(['web', 'api']);
  });

  it('is looked at first where it was opened last, and once however often it is opened', async () => {
    const looks = freshLooks();
    const end = held();
    expect(open(looks, API)).toEqual([keyOf(API)]);
    await goOn();
    open(looks, WEB);
    open(looks, JOBS);
    expect(open(looks, WEB)).toEqual([keyOf(WEB)]);
    await account.clock.advance(MINUTE + 1);
    // Its look has not ended
    expect(open(looks, API)).toEqual([keyOf(API)]);
    expect(glances).toEqual(['api']);
    end();
    await pass(2_000);
    expect(glances).toEqual(['api', 'web', 'jobs']);
  });

  it('waits for its turn among fifty, of which those that were opened first give way', async () => {
    const looks = freshLooks();
    const end = held();
    open(looks, API);
    await goOn();
    const refs = Array.from({ length: 52 }, (_, index) =>
      refOf(`app-${index}`),
    );
    const keys = refs.map(keyOf);
    expect(open(looks, ...refs.slice(0, 50))).toEqual(keys.slice(0, 50));
    expect(open(looks, ...refs)).toEqual(keys.slice(2));
    expect(open(looks, API)).toEqual([keyOf(API)]);
    end();
    await pass(30_000);
    expect(glances).toEqual([
      'api',
      ...refs
        .slice(2)
        .map(({ serviceAccount }) => serviceAccount)
        .reverse(),
    ]);
  });

  it('is looked at half a second after another of its cluster, in all replicas', async () => {
    const end = held();
    open(freshLooks(), API);
    await goOn();
    open(freshLooks(), WEB);
    await pass(400);
    expect(glances).toEqual(['api']);
    open(freshLooks(), { ...API, cluster: 'next' });
    await goOn();
    expect(glances).toEqual(['api', 'api']);
    await pass(100);
    expect(glances).toEqual(['api', 'api', 'web']);
    end();
  });

  it('is left in peace where it could not be looked at, and the next one is not', async () => {
    const looks = freshLooks();
    answer = async () => {
      throw new Error('AWS is away');
    };
    open(looks, API, WEB);
    await pass(1_000);
    expect(glances).toEqual(['web', 'api']);
    expect(account.logger.lines).toContainEqual(
      expect.objectContaining({
        level: 'debug',
        message: 'Could not look at prod/shop/api: AWS is away',
      }),
    );
    expect(open(looks, API)).toEqual([]);
  });

  it.each([
    [MINUTE, 1],
    [MINUTE - 1, 0],
  ])('is looked at %i ms after it was set up: %i times', async (ms, times) => {
    await account.store.serviceAccounts.set({
      ref: API,
      status: 'looks-right',
      headline: '',
      resetAt: account.clock.now() - ms,
    });
    open(freshLooks(), API);
    await goOn();
    expect(glances).toHaveLength(times);
  });

  it('is no longer looked at as the portal stops', async () => {
    const looks = freshLooks();
    answer = (_, { signal }) =>
      new Promise((__, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    open(looks, API);
    await goOn();
    open(looks, WEB);
    await looks.stop();
    expect(open(looks, JOBS)).toEqual([]);
    await pass(1_000);
    expect(glances).toEqual(['api']);
  });

  it('keeps a portal that stops from waiting for its turn', async () => {
    const looks = freshLooks();
    leases.set('looks/prod', Infinity);
    open(looks, API);
    await goOn();
    await looks.stop();
    expect(glances).toEqual([]);
  });

  describe('and was looked at before', () => {
    beforeEach(async () => {
      answer = async () => ({
        association: association('a'),
        fingerprint: 'A',
      });
      open(freshLooks(), API);
      await goOn();
      verified = [];
      await account.clock.advance(MINUTE);
    });
    const again = async () => {
      open(freshLooks(), API);
      await goOn();
    };
    const ids = async () => {
      const all = await account.store.associations.ofCluster('prod');
      return all.map(one => one.associationId);
    };

    it('is verified where it was not known', async () => {
      answer = async () => ({
        association: association('b'),
        fingerprint: 'A',
      });
      open(freshLooks(), WEB);
      await goOn();
      expect(verified).toMatchObject([
        { ref: WEB, trigger: 'schedule', probe: 'admission' },
      ]);
      expect(await ids()).toEqual(['a', 'b']);
      expect((await state(WEB))?.status).toBe('looks-right');
    });

    it.each<[number, string, Glance]>([
      [0, 'is as it was', { association: association('a'), fingerprint: 'A' }],
      [0, 'cannot be read', { fingerprint: 'B' }],
      [1, 'differs', { association: association('a'), fingerprint: 'B' }],
      [1, 'is partly unread', { association: association('a') }],
      [1, 'has no association any more', { association: null }],
    ])('is verified %i times where it %s', async (times, _, glance) => {
      answer = async () => glance;
      await again();
      expect(glances).toEqual(['api', 'api']);
      expect(verified).toHaveLength(times);
      expect(await ids()).toEqual(glance.association === null ? [] : ['a']);
    });

    it('is not tried for admission where another tool has just been at it', async () => {
      const modifiedAt = account.clock.now();
      answer = async () => ({
        association: { ...association('c'), modifiedAt },
        fingerprint: 'C',
      });
      await again();
      expect(verified).toMatchObject([{ ref: API, probe: 'none' }]);
      expect(await ids()).toEqual(['c']);
      expect((await state(API))?.lookedAt).toBe(modifiedAt);
    });

    it('is verified where an operation has changed it, though it is the same', async () => {
      await account.store.serviceAccounts.set({
        ...(await state(API))!,
        changedBy: 'operation-1',
      });
      await again();
      expect(verified).toHaveLength(1);
    });

    it('is verified once where it has no association', async () => {
      answer = async () => ({ association: null });
      await again();
      await account.clock.advance(MINUTE);
      await again();
      expect(glances).toHaveLength(3);
      expect(verified).toHaveLength(1);
      open(freshLooks(), WEB);
      await pass(500);
      expect(verified.map(({ ref }) => ref)).toEqual([API, WEB]);
    });
  });
});

import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import { ManualClock } from '../../async/ManualClock';
import { Deadline } from '../../async/deadline';
import { known } from '../framework/fact';
import { fingerprintOf, surroundingsOf } from './fingerprint';
import { Semaphore } from '../../async/Semaphore';
import { ProbeQueue } from './ProbeQueue';
import { ProofCache } from './ProofCache';
import type { FactReader } from '../framework/facts';

const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' };

/** The facts of an identity whose association has this id. */
function identity(id: string): FactReader {
  const facts: Record<string, unknown> = {
    association: { id, modifiedAt: 1 },
    role: { roleId: 'AROA1' },
    rolePolicies: { attached: [] },
  };
  return { get: async name => known(facts[name] ?? null) as any };
}

const ours = identity('a-1');

describe('the queue of probes', () => {
  let clock: ManualClock;
  let told: string[];
  let stored: VerificationReport | undefined;
  let queue: ProbeQueue;

  beforeEach(() => {
    clock = new ManualClock();
    told = [];
    stored = undefined;
    queue = new ProbeQueue(
      new ProofCache({ lastVerified: async () => stored }),
    );
  });

  const proofAgo = async (ms: number, facts: FactReader) => {
    const fingerprint = await fingerprintOf(facts);
    const finishedAt = new Date(clock.now() - ms).toISOString();
    const surroundings = await surroundingsOf(facts);
    stored = { finishedAt, fingerprint, surroundings } as VerificationReport;
  };

  const ask = (options: { timeoutMs?: number; of?: typeof ref } = {}) => {
    const { timeoutMs = 300_000 } = options;
    const end = clock.now() + timeoutMs;
    return queue.turn(options.of ?? ref, {
      clock,
      deadline: new Deadline(clock).start(timeoutMs),
      remainingMs: () => end - clock.now(),
      intervalMs: 60_000,
      tell: async message => {
        told.push(message);
      },
    });
  };

  it('wait after a proof of the same identity, on any replica', async () => {
    await proofAgo(20_000, ours);
    const turn = ask();
    let waited: boolean | undefined;
    turn.await(ours).then(answer => {
      waited = answer;
    });
    await clock.advance(39_000);
    expect(waited).toBeUndefined();
    expect(told).toEqual([
      'A pod proved this identity 20 s ago; the next one may start in 40 s, and this verification waits for that.',
    ]);
    await clock.advance(1_000);
    expect(waited).toBe(true);
    expect(await turn.await(ours)).toBe(false);
  });

  it('do not wait once the identity has changed', async () => {
    await proofAgo(20_000, identity('a-0'));
    expect(await ask().await(ours)).toBe(false);
    expect(told).toEqual([]);
  });

  it('serve the verifications of a ref one after the other', async () => {
    const first = ask();
    expect(await first.await(ours)).toBe(false);
    const neighbour = ask({ of: { ...ref, serviceAccount: 'api-2' } });
    expect(await neighbour.await(ours)).toBe(false);
    const second = ask();
    let waited: boolean | undefined;
    second.await(ours).then(answer => {
      waited = answer;
    });
    await clock.advance(1_000);
    expect(waited).toBeUndefined();
    first.leave();
    await clock.advance(0);
    expect(waited).toBe(true);
    expect(await second.await(ours)).toBe(false);
  });

  it('end at the deadline, and say so', async () => {
    await ask().await(ours);
    // wall time: on a ManualClock
    const late = ask({ timeoutMs: 5_000 }).await(ours);
    late.catch(() => undefined);
    await clock.advance(5_000);
    await expect(late).rejects.toMatchObject({
      name: 'ConflictError',
      message: expect.stringContaining(
        'Gave up waiting for the other verifications of prod/payments/api',
      ),
    });
  });
});

describe('slots', () => {
  it('are handed on in order, past cancelled waiters', async () => {
    const places = new Semaphore(1);
    const never = new AbortController().signal;
    const leave = await places.take(never);
    const gone = new AbortController();
    const order: string[] = [];
    const impatient = places.take(gone.signal);
    const next = places.take(never).then(free => {
      order.push('next');
      return free;
    });
    const last = places.take(never).then(free => {
      order.push('last');
      return free;
    });
    gone.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    leave();
    leave();
    // one by one: a place is free when the one before was given back
    const free = await next;
    expect(order).toEqual(['next']);
    expect(places.full).toBe(true);
    free();
    // one by one: as above
    (await last)();
    expect(places.empty).toBe(true);
  });
});

import type { ObservedAssociation } from '../store/AssociationStore';
import { dueForDescribe } from './associations';
import { SweepOrders } from './SweepOrders';

const HOUR = 3_600_000;
const NOW = 100 * HOUR;

const one = (
  serviceAccount: string,
  hoursAgo?: number,
  details: object | undefined = {},
) =>
  ({
    ref: { cluster: 'prod', namespace: 'payments', serviceAccount },
    details: hoursAgo === undefined ? undefined : details,
    describedAt: hoursAgo === undefined ? undefined : NOW - hoursAgo * HOUR,
  } as ObservedAssociation);

const due = (
  known: ObservedAssociation[],
  {
    changes = [],
    frequencyMs = 0,
  }: { changes?: [string, number][]; frequencyMs?: number } = {},
) =>
  dueForDescribe(known, {
    now: NOW,
    maxAgeMs: 10 * HOUR,
    frequencyMs,
    changes: new Map(changes),
  }).map(({ ref }) => ref.serviceAccount);

describe('an association is described in this sweep', () => {
  it.each<[string, ObservedAssociation[], [string, number][], string[]]>([
    ['where it is new', [one('a'), one('b', 1)], [], ['a']],
    [
      'where its details are not known',
      [{ ...one('a', 1), details: undefined }],
      [],
      ['a'],
    ],
    [
      'where it is not known when that was',
      [{ ...one('a', 1), describedAt: undefined }],
      [],
      ['a'],
    ],
    ['where it is overdue', [one('a', 10), one('b', 9)], [], ['a']],
    [
      'where this portal has changed it since',
      [one('a', 1), one('b', 1)],
      [
        ['prod/payments/a', NOW - HOUR],
        ['prod/payments/b', NOW - 2 * HOUR],
      ],
      ['a'],
    ],
  ])('%s', (_, known, changes, expected) => {
    expect(due(known, { changes })).toEqual(expected);
  });

  it('where it is among the oldest, so many that all of them come round in time', () => {
    const known = [one('a', 1), one('b', 3), one('c', 2), one('d', 4)];
    expect(due(known, { frequencyMs: 5 * HOUR })).toEqual(['d', 'b']);
    expect(due([...known, one('new')], { frequencyMs: 4 * HOUR })).toEqual([
      'new',
      'd',
    ]);
    expect(
      due([one('new'), one('newer'), one('a', 1)], { frequencyMs: HOUR }),
    ).toEqual(['new', 'newer']);
  });
});

describe('a sweep that is ordered', () => {
  const orders = (
    acquired: boolean,
    trigger: () => Promise<void> = async () => {},
  ) => {
    const triggered: string[] = [];
    const keys: unknown[] = [];
    const wanted: string[] = [];
    const sweeps = new SweepOrders({
      leases: {
        acquire: async (key, holder, options) => {
          keys.push([key, options.inherit, options.ttlMs]);
          return acquired
            ? { acquired }
            : { acquired, by: { ...holder, what: '', since: 0 } };
        },
      },
      states: { order: async id => void wanted.push(id) },
      scheduler: {
        triggerTask: async id => {
          triggered.push(id);
          await trigger();
        },
      },
    });
    return { sweeps, triggered, keys, wanted };
  };
  const failing = (name: string) => async () => {
    throw Object.assign(new Error('no'), { name });
  };

  it('begins, once a minute for a cluster', async () => {
    const { sweeps, triggered, keys, wanted } = orders(true);
    expect(await sweeps.order('prod')).toBe(true);
    expect(triggered).toHaveLength(1);
    expect(wanted).toEqual(['prod']);
    expect(keys).toEqual([['sweep-order/prod', false, 60_000]]);
  });

  it('does not begin where one was ordered lately, or is under way', async () => {
    const lately = orders(false);
    expect(await lately.sweeps.order('prod')).toBe(false);
    expect(lately.triggered).toEqual([]);
    expect(lately.wanted).toEqual([]);
    expect(
      await orders(true, failing('ConflictError')).sweeps.order('prod'),
    ).toBe(false);
  });

  it('fails where the scheduler does', async () => {
    await expect(
      orders(true, failing('NotFoundError')).sweeps.order('prod'),
    ).rejects.toThrow('no');
  });
});

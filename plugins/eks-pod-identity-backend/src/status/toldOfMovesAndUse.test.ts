import { systemClock } from 'eks-pod-identity-engine';
import type { EvidenceRead } from '../evidence/EvidenceReader';
import type { RunEnd } from '../operations/Run';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import type { StoredQueue } from '../store/MoveQueueStore';
import { announcing } from './__testUtils__/announcing';
import { API } from './__testUtils__/statusReports';

const knex = memoryDatabase();

describe('a move of an identity', () => {
  const ended = (entityRef?: string) =>
    ({
      records: [
        { ref: API, kind: 'rollback', trigger: 'user', entityRef, input: {} },
      ],
      state: 'succeeded',
      result: { kind: 'rollback', changed: true },
    } as unknown as RunEnd);
  const owner = {
    entityRef: 'component:default/payments-api',
    ref: API,
    source: 'aws-tag' as const,
  };

  it.each([
    ['the component that it was for', 'component:default/former', 'former'],
    ['the component of the tag', undefined, 'payments-api'],
  ])('sends a notification to %s', async (_, entityRef, told) => {
    const { store, send, notifier } = announcing(knex);
    await store.entityRefs.add([owner]);
    await notifier.moveEnded(ended(entityRef));
    expect(send.mock.calls.map(([{ payload }]) => payload)).toMatchObject([
      {
        title: `Back on IRSA: AWS identity of ${told}`,
        topic: 'AWS identity: move',
      },
    ]);
  });

  it('notifies the user who started its queue, and no service', async () => {
    const { send, notifier } = announcing(knex);
    const queue = (more: Partial<StoredQueue>) =>
      ({
        ownedBy: 'group:default/payments',
        initiator: 'user:default/ada',
        moves: [{ state: 'moved' }, { state: 'left-out' }, { state: 'moved' }],
        ...more,
      } as StoredQueue);
    await notifier.queueEnded(queue({}));
    await notifier.queueEnded(queue({ why: 'A move failed.' }));
    await notifier.queueEnded(queue({ initiator: 'plugin:x' }));
    expect(send.mock.calls.map(([one]) => one)).toMatchObject([
      {
        recipients: { entityRef: 'user:default/ada' },
        payload: {
          title: '2 of 3 moved to Pod Identity: payments',
          severity: 'normal',
          link: 'https://portal.example.com/aws-identities/access?ownedBy=group%3Adefault%2Fpayments',
        },
      },
      { payload: { description: 'A move failed.', severity: 'high' } },
    ]);
  });
});

describe('the use of an identity', () => {
  const NOVEMBER = Date.UTC(2026, 10, 30);
  const days = ['23', '22', '21', '20', '19'].map(day => `2026-11-${day}`);

  it.each([
    ['told once', true, ['Not used any more']],
    ['claimed and not told where that is off', false, []],
  ])('is %s', async (_, tellsOfUse, told) => {
    const { store, send, notifier } = announcing(knex, 'tagged', {
      tellsOfUse,
      clock: { ...systemClock, now: () => NOVEMBER },
    });
    await store.entityRefs.add([
      {
        entityRef: 'component:default/payments-api',
        ref: API,
        source: 'aws-tag',
      },
    ]);
    const read = async (after: string[]) => {
      const before = await store.evidence.find(API);
      await store.evidence.write(API, before, { days: after });
      await notifier.useRead({
        ref: API,
        before,
        after: { days: after },
      } as unknown as EvidenceRead);
    };
    await read([]);
    await read(days);
    await read(days);
    expect((await store.evidence.find(API))?.notified).toBe('silent');
    expect(send.mock.calls.map(([{ payload }]) => payload)).toMatchObject(
      told.map(news => ({
        title: `${news}: AWS identity of payments-api`,
        severity: 'normal',
        topic: 'AWS identity: use',
        scope: 'eks-pod-identity:use:prod/payments/api',
      })),
    );
    // Used again: nothing to tell, and the next silence is news
    await read(['2026-11-30', ...days]);
    expect((await store.evidence.find(API))?.notified).toBeUndefined();
    expect(send).toHaveBeenCalledTimes(told.length);
  });
});

import type {
  IdentityStatus,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import { announcing } from './__testUtils__/announcing';
import {
  API,
  checkResult,
  lookOf,
  recorderClock,
  reportOf,
} from './__testUtils__/statusReports';

const knex = memoryDatabase();

const DAY_MS = 24 * 3_600_000;

const BAD: Partial<VerificationReport> = {
  status: 'broken',
  way: 'broken',
  checks: [checkResult('credentials.identity', 'fail')],
};

it.each<['tagged' | 'annotated', string, string[]]>([
  ['tagged', 'a tag', ['payments-api']],
  ['annotated', 'a tag', ['payments-api']],
  ['tagged', 'a namespace', []],
  ['annotated', 'a namespace', ['resident']],
  ['tagged', 'claims only', []],
  ['annotated', 'claims only', ['curious', 'stranger']],
])(
  'tells %s components, where there is %s',
  async (recipients, there, told) => {
    const { store, write, send } = announcing(knex, recipients);
    const link = (name: string, source: 'annotation' | 'aws-tag') => ({
      entityRef: `component:default/${name}`,
      ref: API,
      source,
    });
    await store.entityRefs.add([
      link('curious', 'annotation'),
      link('stranger', 'annotation'),
      ...(there === 'claims only'
        ? []
        : [
            { ...link('resident', 'annotation'), ownsNamespace: true as const },
          ]),
      ...(there === 'a tag' ? [link('payments-api', 'aws-tag')] : []),
    ]);
    await write(reportOf('proof'));
    await write(
      reportOf('broken', { ...BAD, finishedAt: '2026-01-02T00:00:00.000Z' }),
    );
    expect(
      send.mock.calls
        .map(([{ recipients: to }]) => 'entityRef' in to && to.entityRef)
        .sort(),
    ).toEqual(told.map(name => `component:default/${name}`));
    for (const [{ payload }] of send.mock.calls) {
      expect(/Only the annotation/.test(payload.description ?? '')).toBe(
        there !== 'a tag',
      );
    }
  },
);

it('moves the cards of the components whose identities a sweep sees changed', async () => {
  const { store, recorder, identities, publish } = announcing(knex);
  const jobs = { ...API, serviceAccount: 'jobs' };
  const unlinked = { ...API, serviceAccount: 'unlinked' };
  const link = (name: string, ref: typeof API) => ({
    entityRef: `component:default/${name}`,
    ref,
    source: 'aws-tag' as const,
  });
  await store.entityRefs.add([
    link('payments-api', API),
    link('suite', API),
    link('jobs', jobs),
  ]);
  const moved = async () => {
    const channels = publish.mock.calls.map(([{ channel }]) => channel);
    publish.mockClear();
    const names = ['payments-api', 'suite', 'jobs'];
    const known = await Promise.all(
      names.map(name => identities.channelOf(`component:default/${name}`)),
    );
    return channels.map(channel => names[known.indexOf(channel)]).sort();
  };
  await recorder.recordLooks([
    lookOf('api', { ref: API }),
    lookOf('jobs', { ref: jobs }),
    lookOf('unlinked', { ref: unlinked }),
  ]);
  expect(await moved()).toEqual(['jobs', 'payments-api', 'suite']);
  const later = { finishedAt: '2026-01-03T00:00:00.000Z' };
  await recorder.recordLooks([
    lookOf('api-later', { ref: API, ...later }),
    lookOf('jobs-later', {
      ...later,
      ref: jobs,
      status: 'broken',
      checks: [checkResult('role.trust-policy', 'fail')],
    }),
  ]);
  expect(await moved()).toEqual(['jobs']);
});

it('tells of each step down and up, by the component, and of drift', async () => {
  const { store, write, send, notifier } = announcing(knex);
  await store.entityRefs.add([
    {
      entityRef: 'component:default/payments-api',
      ref: API,
      source: 'aws-tag',
    },
  ]);
  const warned: Partial<VerificationReport> = {
    status: 'partly-works',
    checks: [
      checkResult('credentials.identity', 'pass'),
      checkResult('workloads.shadowed', 'warn'),
    ],
  };
  const day = (at: number, more: Partial<VerificationReport>) =>
    reportOf(`run-${at}`, { ...more, finishedAt: `2026-01-0${at}T00:00:00Z` });
  await write(
    day(1, {}),
    day(2, warned),
    day(3, warned),
    day(4, BAD),
    day(5, warned),
    day(6, {}),
  );
  await notifier.drifted(API, 'The role has one policy less.');
  const [first] = send.mock.calls.map(([{ payload }]) => payload);
  expect(first).toMatchObject({
    description:
      'workloads.shadowed says warn About this: https://portal.example.com/aws-identities/checks#workloadsshadowed Service account: prod/payments/api.',
    severity: 'high',
    scope: 'eks-pod-identity:prod/payments/api',
  });
  const severities = send.mock.calls.map(([{ payload }]) => payload.severity);
  expect(severities).toEqual(['high', 'high', 'high', 'normal', 'high']);
  expect(send.mock.calls[4][0].payload.scope).toBe(
    'eks-pod-identity:drift:prod/payments/api',
  );
  expect(send.mock.calls.map(([{ payload }]) => payload.title)).toEqual([
    'Partly works: AWS identity of payments-api',
    'Broken: AWS identity of payments-api',
    'Partly works: AWS identity of payments-api',
    'Works again: AWS identity of payments-api',
    'Drifted: AWS identity of payments-api',
  ]);
  // A user mutes the one without the other
  const topics = send.mock.calls.map(([{ payload }]) => payload.topic);
  expect(topics).toEqual([
    ...Array(4).fill('AWS identity'),
    'AWS identity: drift',
  ]);
});

it.each<[IdentityStatus, IdentityStatus, string | undefined]>([
  ['verified', 'partly-works', 'Partly works'],
  ['verified', 'restart-needed', 'Restart needed'],
  ['partly-works', 'restart-needed', undefined],
  ['verified', 'no-pod-has-it', 'No pod has it'],
  ['restart-needed', 'other-identity', 'Uses other credentials'],
  ['no-pod-has-it', 'other-identity', undefined],
  ['broken', 'no-pod-has-it', undefined],
  ['other-identity', 'partly-works', 'Partly works'],
  ['no-pod-has-it', 'verified', 'Works again'],
  ['verified', 'pods-not-started', 'Pods do not start'],
  ['pods-not-started', 'verified', 'Works again'],
  ['broken', 'pods-not-started', undefined],
  // Whether it works, these do not say
  ...(
    [
      'could-not-check',
      'setting-up',
      'rolling-out',
      'looks-right',
      'no-workload',
      'no-identity',
      'uses-irsa',
    ] as const
  ).flatMap((status): [IdentityStatus, IdentityStatus, undefined][] => [
    ['verified', status, undefined],
    ['broken', status, undefined],
    [status, 'broken', undefined],
  ]),
])('what was %s and is %s is news: %s', async (was, is, news) => {
  const { store, send, notifier } = announcing(knex);
  await store.entityRefs.add([
    {
      entityRef: 'component:default/payments-api',
      ref: API,
      source: 'aws-tag',
    },
  ]);
  for (const status of [was, is]) {
    const before = await store.serviceAccounts.find(API);
    const after = { ref: API, status, headline: 'So it is.' };
    await store.serviceAccounts.set(after);
    await notifier.statusWritten({ ref: API, cause: 'look', before, after });
  }
  expect(send.mock.calls.map(([{ payload }]) => payload.title)).toEqual(
    news ? [`${news}: AWS identity of payments-api`] : [],
  );
});

it.each<[string, object, boolean]>([
  ['the same was seen', { lookedAt: 2 }, false],
  ['its status is another', { status: 'broken' }, true],
  ['its sentence is another', { headline: 'Otherwise.' }, true],
  ['it changed since', { changedSince: 'proof' }, true],
  ['another run has proven it', { proofReportId: 'b' }, true],
  ['another look was stored', { lookReportId: 'b' }, true],
])('moves its cards where %s: %j', async (_, change, moves) => {
  const { store, publish, notifier } = announcing(knex);
  await store.entityRefs.add([
    { entityRef: 'component:default/api', ref: API, source: 'annotation' },
  ]);
  const before = {
    ref: API,
    status: 'looks-right' as const,
    headline: 'So it is.',
    proofReportId: 'a',
    lookReportId: 'a',
  };
  const after = { ...before, ...change };
  await notifier.statusWritten({ ref: API, cause: 'look', before, after });
  expect(publish.mock.calls).toMatchObject(
    moves
      ? [[{ recipients: { type: 'broadcast' }, message: { changed: true } }]]
      : [],
  );
  publish.mockClear();
  await notifier.statusWritten({
    ref: API,
    cause: 'operation',
    before,
    after: before,
  });
  expect(publish).toHaveBeenCalledTimes(1);
});

it('notifies of what comes after a status that does not say whether it works', async () => {
  const { store, write, send } = announcing(knex);
  await store.entityRefs.add([
    {
      entityRef: 'component:default/payments-api',
      ref: API,
      source: 'aws-tag',
    },
  ]);
  const day = (at: number, more: Partial<VerificationReport>) =>
    reportOf(`run-${at}`, { ...more, finishedAt: `2026-01-0${at}T00:00:00Z` });
  await write(day(1, {}), day(2, { status: 'could-not-check', proof: 'none' }));
  expect((await store.serviceAccounts.find(API))?.status).toBe(
    'could-not-check',
  );
  await write(day(3, {}));
  expect(send).not.toHaveBeenCalled();
  await write(day(4, BAD));
  expect(send).toHaveBeenCalledTimes(1);
});

it('sends the owner no notification when a proof fades', async () => {
  const { store, recorder, write, send } = announcing(knex);
  await store.entityRefs.add([
    {
      entityRef: 'component:default/payments-api',
      ref: API,
      source: 'aws-tag',
    },
  ]);
  const ago = (days: number) => ({
    finishedAt: new Date(recorderClock.now() - days * DAY_MS).toISOString(),
  });
  await write(reportOf('proof', ago(29)), lookOf('look', ago(28)));
  const status = async () => (await store.serviceAccounts.find(API))?.status;
  expect(await status()).toBe('verified');
  const later = jest
    .spyOn(recorderClock, 'now')
    .mockReturnValue(recorderClock.now() + DAY_MS);
  try {
    await recorder.recordLooks([lookOf('again', ago(0))]);
    expect(await status()).toBe('looks-right');
  } finally {
    later.mockRestore();
  }
  expect(send).not.toHaveBeenCalled();
});

it('moves no card where a look saw what was there before', async () => {
  const { store, recorder, write, publish } = announcing(knex);
  await store.entityRefs.add([
    {
      entityRef: 'component:default/payments-api',
      ref: API,
      source: 'aws-tag',
    },
  ]);
  await write(reportOf('proof'), lookOf('look'));
  publish.mockClear();
  await recorder.recordLooks([lookOf('again')]);
  await recorder.recordLooks([lookOf('later')]);
  expect(publish).not.toHaveBeenCalled();
  await recorder.recordLooks([lookOf('changed', { fingerprint: 'B' })]);
  expect(publish).toHaveBeenCalledTimes(1);
});

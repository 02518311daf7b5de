import { NotAllowedError } from '@backstage/errors';
import type {
  AccessProgram,
  EvidenceEvent,
} from 'backstage-plugin-eks-pod-identity-common';
import { type AccessRequest, type AccessSeen } from './lookAtAccess';
import { collectUse } from './use';

const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF';
const HERE = 'eu-west-1';
/** Where CloudTrail has what the global endpoint of STS was asked. */
const GLOBAL = 'us-east-1';
const NOW = Date.parse('2026-11-29T12:00:00.000Z');
const ago = (hours: number) => new Date(NOW - hours * 3_600_000).toISOString();

const program = (version: string, hours: number): AccessProgram => ({
  name: 'boto3',
  version,
  age: 'works',
  lastAt: ago(hours),
});

const asks = (account: string, version: string, hours: number) =>
  ({
    at: ago(hours),
    roleArn: 'arn:aws:iam::111122223333:role/api',
    by: {
      kind: 'irsa',
      issuer: ISSUER,
      subject: `system:serviceaccount:${account.replace('/', ':')}`,
    },
    sdk: { name: 'boto3', version },
  } as EvidenceEvent);

/** By region, what CloudTrail has, or why it cannot be searched. */
type History = Record<string, EvidenceEvent[] | Error>;

/** What a look sees that has these events in the history of CloudTrail. */
async function lookAt(
  history: History,
  seen?: AccessSeen,
  cluster = { region: HERE, partition: 'aws' },
) {
  const asked: string[] = [];
  const use = await collectUse(
    {
      session: { cluster: { id: 'prod', name: 'prod', ...cluster } },
      clock: { now: () => NOW },
      signal: new AbortController().signal,
      evidence: {
        id: 'test',
        async *read({ region }: { region: string }) {
          asked.push(region);
          const found = history[region] ?? [];
          if (found instanceof Error) throw found;
          for (let at = 0; at < found.length; at += 50) {
            yield found.slice(at, at + 50);
          }
        },
      },
      seen,
    } as unknown as AccessRequest,
    ISSUER,
  );
  if (!use.known) throw new Error(use.lack.sentence);
  const { of, ...rest } = use.value;
  return {
    ...rest,
    asked,
    together: Object.fromEntries(
      [...of].map(([name, one]) => [name, one.together]),
    ),
    programs: Object.fromEntries(
      [...of].map(([name, { programs }]) => [name, programs]),
    ),
    of: Object.fromEntries(
      [...of].map(([name, { programs }]) => [
        name,
        programs.map(({ version }) => version),
      ]),
    ),
  };
}

const look = (events: EvidenceEvent[], seen?: AccessSeen) =>
  lookAt({ [HERE]: events }, seen);

const seen = ({
  until = ago(1),
  since = ago(100),
  ...more
}: Partial<
  AccessSeen & { until: string; since: string }
> = {}): AccessSeen => ({
  searched: [HERE, GLOBAL].map(region => ({ region, since, until })),
  programs: new Map([
    ['jobs/nightly', [program('1.44.8', 20)]],
    ['shop/api', [program('1.28.0', 5)]],
  ]),
  ...more,
});

it('remembers what asks less often than a look sees', async () => {
  const first = await look([asks('shop/api', '1.44.8', 1)]);
  expect(first).toMatchObject({
    since: ago(3),
    of: { 'shop/api': ['1.44.8'] },
  });
  const next = await look([asks('shop/api', '1.44.8', 1)], seen());
  expect(next).toMatchObject({
    since: ago(100),
    // What it asked with before may be an image that is gone
    of: { 'shop/api': ['1.44.8'], 'jobs/nightly': ['1.44.8'] },
  });
});

it('keeps a program that asks on demand beside others, and counts it not with them', async () => {
  const java = { ...program('1.12.0', 30), name: 'Java v1' };
  const programs = new Map([['shop/api', [java]]]);
  const found = await look([asks('shop/api', '1.44.8', 1)], seen({ programs }));
  expect(found.of).toEqual({ 'shop/api': ['1.44.8', '1.12.0'] });
  expect(found.together).toEqual({ 'shop/api': 1 });
});

it('counts from the look itself where looks were too far apart', async () => {
  const { since } = await look([], seen({ until: ago(4) }));
  expect(since).toBe(ago(3));
});

it('forgets after 90 days', async () => {
  const days = 24;
  const programs = new Map([
    ['jobs/old', [program('1.44.8', 91 * days)]],
    ['jobs/kept', [program('1.44.8', 89 * days)]],
  ]);
  const found = await look([], seen({ since: ago(200 * days), programs }));
  expect(found).toMatchObject({
    since: ago(90 * days),
    of: { 'jobs/kept': ['1.44.8'] },
  });
});

it('counts calls whose record cannot be read', async () => {
  const unread = { at: ago(1), by: { kind: 'other', name: 'unknown' } };
  const ofOther = { ...asks('a/b', '1', 1), by: { ...unread.by, name: 'ci' } };
  const found = await lookAt({
    [HERE]: [unread as EvidenceEvent, ofOther as EvidenceEvent],
    [GLOBAL]: [unread as EvidenceEvent],
  });
  expect(found).toMatchObject({ of: {}, ofUnknown: 2 });
});

it('has of the programs of one service account those that asked at about the same time', async () => {
  const programs = new Map([
    [
      'jobs/nightly',
      [program('1.28.0', 48), program('1.44.8', 20), program('1.40.0', 22)],
    ],
  ]);
  const { of } = await look([], seen({ programs }));
  expect(of).toEqual({ 'jobs/nightly': ['1.44.8', '1.40.0'] });
});

describe('sessions that are longer than a look reads', () => {
  const HALF_A_DAY = 43_200;
  const long = (version: string, hours: number): AccessProgram => ({
    ...program(version, hours),
    sessionSeconds: HALF_A_DAY,
    sessionAt: ago(hours),
  });
  /** What is known of sessions after another workload asked with the same SDK. */
  const sessionsAfter = async (former: AccessProgram) => {
    const programs = new Map([['shop/api', [former]]]);
    const other = { ...asks('shop/api', '1.44.8', 1), sessionSeconds: 3_600 };
    const { programs: found } = await look([other], seen({ programs }));
    return found['shop/api'].map(({ version, sessionSeconds, sessionAt }) => [
      version,
      sessionSeconds,
      sessionAt,
    ]);
  };

  it.each<[string, AccessProgram, unknown[]]>([
    [
      'of the same version',
      long('1.44.8', 11),
      [['1.44.8', HALF_A_DAY, ago(11)]],
    ],
    [
      'of another version',
      long('1.30.0', 11),
      [
        ['1.44.8', 3_600, ago(1)],
        ['1.30.0', HALF_A_DAY, ago(11)],
      ],
    ],
    [
      'that have ended, and would have been asked for again',
      long('1.44.8', 16),
      [['1.44.8', 3_600, ago(1)]],
    ],
  ])(
    'are remembered for as long as they last: %s',
    async (_, former, found) => {
      expect(await sessionsAfter(former)).toEqual(found);
    },
  );

  it('have the date of the last that was asked for', async () => {
    const asked = [2, 1, 2.5].map(hours => ({
      ...asks('shop/api', '1.44.8', hours),
      sessionSeconds: hours === 1 ? 900 : HALF_A_DAY,
    }));
    const { programs } = await look(asked);
    expect(programs['shop/api']).toMatchObject([
      { sessionSeconds: HALF_A_DAY, sessionAt: ago(2), lastAt: ago(1) },
    ]);
  });
});

describe('calls to the global endpoint of STS', () => {
  const other = [asks('shop/global', '1.44.8', 2)];

  it('are searched for where CloudTrail has them', async () => {
    const found = await lookAt({ [HERE]: [], [GLOBAL]: other });
    expect(found).toMatchObject({
      asked: [HERE, GLOBAL],
      of: { 'shop/global': ['1.44.8'] },
      regions: [HERE, GLOBAL],
    });
    expect(found).not.toHaveProperty('unsearched');
  });

  it.each([
    ['of a cluster there', { region: GLOBAL, partition: 'aws' }],
    [
      'in a partition without it',
      { region: 'us-gov-west-1', partition: 'aws-us-gov' },
    ],
    ['in China', { region: 'cn-north-1', partition: 'aws-cn' }],
  ])('are no search of their own %s', async (_, cluster) => {
    const { asked, regions } = await lookAt({}, undefined, cluster);
    expect([asked, regions]).toEqual([[cluster.region], [cluster.region]]);
  });

  it('leave what was seen in the region where they cannot be searched', async () => {
    const found = await lookAt(
      {
        [HERE]: [asks('shop/api', '1.44.8', 1)],
        [GLOBAL]: new NotAllowedError('Not allowed in us-east-1.'),
      },
      seen(),
    );
    expect(found).toMatchObject({
      of: { 'shop/api': ['1.44.8'], 'jobs/nightly': ['1.44.8'] },
      regions: [HERE],
      since: ago(100),
      unsearched: {
        region: GLOBAL,
        lack: { kind: 'denied', sentence: 'Not allowed in us-east-1.' },
      },
      // An hour without it makes no gap in what a search of three hours sees.
      searched: [
        { region: HERE, since: ago(100), until: ago(0) },
        { region: GLOBAL, since: ago(100), until: ago(1) },
      ],
    });
  });

  it('count from the look itself where they were not searched for before', async () => {
    const [here] = seen().searched;
    const { since, searched } = await lookAt({}, seen({ searched: [here] }));
    expect(since).toBe(ago(3));
    expect(searched).toEqual([
      { region: HERE, since: ago(100), until: ago(0) },
      { region: GLOBAL, since: ago(3), until: ago(0) },
    ]);
  });

  it('are not searched where there are more than a look reads, which is no lack of the region', async () => {
    const many = Array.from({ length: 120 * 50 }, () =>
      asks('shop/global', '1.44.8', 0.5),
    );
    const found = await lookAt({ [HERE]: [], [GLOBAL]: many });
    expect(found).toMatchObject({
      of: { 'shop/global': ['1.44.8'] },
      regions: [HERE],
      since: ago(3),
      isCut: false,
      unsearched: {
        lack: {
          sentence:
            'CloudTrail in us-east-1 has more calls by IRSA than one look reads: only what it has since 2026-11-29 11:30 UTC was read.',
        },
      },
    });
  });

  it('say nothing where the region itself cannot be searched', async () => {
    const history = { [HERE]: new Error('Throttled'), [GLOBAL]: other };
    await expect(lookAt(history)).rejects.toThrow('Throttled');
  });
});

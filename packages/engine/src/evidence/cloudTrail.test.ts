import { type Sandbox, startSandbox, useEndpoint } from 'eks-sandbox';
import { portal } from '../clusters/__testUtils__/portal';
import { publicCluster } from '../clusters/publicCluster';
import type { Clusters } from '../clusters/types';
import { cloudTrailSource } from './cloudTrail';
import { search } from './search';

const NODE = 'i-0123456789abcdef0';
const MINUTE = 60_000;

describe('events of CloudTrail, over the wire', () => {
  let sandbox: Sandbox;
  let restore: () => void;
  let clusters: Clusters;
  /** Each a minute after the one before. */
  let times: string[];

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ['payments-prod'] });
    restore = useEndpoint(sandbox.awsEndpoint);
    const { accessKeyId, secretAccessKey } = sandbox.credentials.admin;
    ({ clusters } = portal({
      sandbox,
      keys: { accessKeyId, secretAccessKey },
    }));
    const last = Math.floor(sandbox.clock.now() / 1000) * 1000;
    times = Array.from({ length: 60 }, (_, at) =>
      new Date(last - (59 - at) * MINUTE).toISOString(),
    );
    times.forEach((EventTime, at) =>
      sandbox.aws.cloudTrail.putEvent({
        EventTime,
        EventName: `Call${at}`,
        EventSource: 'sqs.amazonaws.com',
        Username: NODE,
        // A record that no decoder knows
        CloudTrailEvent: at === 30 ? { eventTime: 'never' } : {},
      }),
    );
  });
  afterAll(async () => {
    restore();
    await clusters.close();
    await sandbox.stop();
  });

  const searched = (pages: number) =>
    search(
      cloudTrailSource(clusters),
      {
        cluster: publicCluster(clusters.get('payments-prod')),
        question: { username: NODE },
        from: new Date(Date.parse(times[0]) - MINUTE),
        until: new Date(Date.parse(times[59]) + MINUTE),
        signal: new AbortController().signal,
      },
      pages,
    );

  it('make a full page also where the record of one cannot be read', async () => {
    const { events, from, isCut } = await searched(1);
    expect(events.map(({ name }) => name)).toEqual(
      times
        .map((_, at) => `Call${at}`)
        .slice(10)
        .reverse(),
    );
    expect({ from, isCut }).toEqual({ from: times[10], isCut: true });
    expect(events[29]).toEqual({
      id: expect.any(String),
      at: times[30],
      region: '',
      accountId: '',
      service: 'sqs.amazonaws.com',
      name: 'Call30',
      by: { kind: 'other', name: 'unknown' },
    });
  });

  it('are all there after two pages', async () => {
    const { events, isCut } = await searched(2);
    expect([events.length, isCut]).toEqual([60, false]);
  });
});

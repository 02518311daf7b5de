import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { DescribeClusterCommand } from '@aws-sdk/client-eks';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { startSandbox, type Sandbox, useEndpoint } from 'eks-sandbox';
import { until } from 'eks-sandbox/patience';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCallRecorder } from '../async/CallRecorder';
import { ManualClock } from '../async/ManualClock';
import { type AwsCaller, callingFor } from '../aws/caller';
import { portal } from './__testUtils__/portal';
import type { Clusters } from './types';

const ADA: AwsCaller = { lane: 'person', key: 'ada' };
const BOB: AwsCaller = { lane: 'person', key: 'bob' };
const SWEEP: AwsCaller = { lane: 'schedule', key: 'payments-prod' };

const THROTTLED =
  '<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>1</RequestId></ErrorResponse>';

describe('the pace of calls to an account', () => {
  let sandbox: Sandbox;
  let aws: http.Server;
  let restore: () => void;
  let throttles = false;
  let asked = 0;
  let searched = 0;

  beforeAll(async () => {
    sandbox = await startSandbox({ scenario: 'empty' });
    sandbox.aws.iam.putRole({ name: 'checkout' });
    const target = new URL(sandbox.awsEndpoint);
    aws = http.createServer((request, response) => {
      const isIam = /\/iam\/aws4_request/.test(
        request.headers.authorization ?? '',
      );
      if (isIam) asked += 1;
      if (
        /\/cloudtrail\/aws4_request/.test(request.headers.authorization ?? '')
      ) {
        searched += 1;
      }
      if (isIam && throttles) {
        request.resume();
        response.writeHead(400, { 'content-type': 'text/xml' }).end(THROTTLED);
        return;
      }
      const { method, headers, url: path } = request;
      const { hostname, port } = target;
      request.pipe(
        http.request({ hostname, port, method, path, headers }, answer => {
          response.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(response);
        }),
      );
    });
    aws.listen(0, '127.0.0.1');
    await once(aws, 'listening');
    const { port } = aws.address() as AddressInfo;
    restore = useEndpoint(`http://127.0.0.1:${port}`);
  });
  afterAll(async () => {
    restore();
    aws.closeAllConnections();
    aws.close();
    await sandbox.stop();
  });
  beforeEach(() => {
    asked = 0;
    searched = 0;
  });

  const start = (clock: ManualClock, pacing: Record<string, number>) =>
    portal({
      sandbox,
      keys: sandbox.credentials.admin,
      clock,
      section: { pacing },
    });

  const getRole = (clusters: Clusters, caller: AwsCaller) =>
    callingFor(caller, () =>
      clusters
        .session('payments-prod', 'read')
        .aws.iam.send(new GetRoleCommand({ RoleName: 'checkout' })),
    );

  /** Waits until AWS was asked so often, and sees that it is not asked more. */
  async function expectAsked(times: number, calls = () => asked) {
    await until(() => calls() >= times);
    // wall time: more would have come by then
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(calls()).toBe(times);
  }

  it('slows all lanes down when the account throttles, and recovers', async () => {
    const clock = new ManualClock(Date.now());
    const { clusters, calls } = start(clock, {});
    throttles = true;
    const first = getRole(clusters, ADA);
    await expectAsked(1);
    throttles = false;
    const others = [BOB, SWEEP].map(caller => getRole(clusters, caller));
    await expectAsked(1);
    // The longest first pause, then all at half of the sustained rate.
    await clock.advance(500);
    await expectAsked(2);
    await clock.advance(1_000);
    await expectAsked(3);
    await clock.advance(5_000);
    await Promise.all([first, ...others]);
    expect(calls.map(({ outcome }) => outcome)).toEqual([
      'throttled',
      'ok',
      'ok',
      'ok',
    ]);
    // The burst is there again.
    await clock.advance(60_000);
    await Promise.all(Array.from({ length: 20 }, () => getRole(clusters, ADA)));
    await clusters.close();
  });

  it('says in the timeline why a call has waited', async () => {
    const clock = new ManualClock(Date.now());
    const { clusters } = start(clock, { iamPerSecond: 5, burst: 1 });
    const recorder = createCallRecorder({ clock });
    throttles = true;
    const calls = recorder.during(() => [
      getRole(clusters, ADA),
      getRole(clusters, ADA),
    ]);
    await expectAsked(1);
    throttles = false;
    while (asked < 3) {
      await clock.advance(50);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    await Promise.all(calls);
    const { entries } = recorder.timeline();
    expect(entries).toHaveLength(3);
    expect(entries).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          operation: 'GetRole',
          waitMs: 0,
          outcome: 'throttled',
        }),
        expect.objectContaining({ waitedFor: 'pacing', outcome: 'ok' }),
        expect.objectContaining({ waitedFor: 'retry', outcome: 'ok' }),
      ]),
    );
    for (const entry of entries) {
      expect(entry.type === 'call' && (entry.waitedFor ? entry.waitMs : 1))
        // A pause of the SDK, or a turn at five calls a second
        .toBeGreaterThan(0);
    }
    await clusters.close();
  });

  it('does not let a person wait for an answer that a sweep has asked for', async () => {
    await sandbox.createCluster({ name: 'payments-prod' });
    const clock = new ManualClock(Date.now());
    const { clusters } = start(clock, { eksPerSecond: 1, burst: 3 });
    const session = clusters.session('payments-prod', 'read');
    // The only call that the schedule lane may make at once.
    await callingFor(SWEEP, () =>
      session.aws.eks.send(
        new DescribeClusterCommand({ name: 'payments-prod' }),
      ),
    );
    const swept = callingFor(SWEEP, () => session.describeCluster());
    const seen = await callingFor(ADA, () => session.describeCluster());
    expect(seen.name).toBe('payments-prod');
    await clock.advance(10_000);
    expect((await swept).name).toBe('payments-prod');
    await clusters.close();
  });

  it('keeps two replicas together within what is configured', async () => {
    const clock = new ManualClock(Date.now());
    const pacing = { iamPerSecond: 4, burst: 12, replicas: 2 };
    const replicas = [start(clock, pacing), start(clock, pacing)];
    const all = replicas.flatMap(({ clusters }) =>
      [ADA, BOB, SWEEP].flatMap(caller =>
        Array.from({ length: 20 }, () => getRole(clusters, caller)),
      ),
    );
    // Each has half of the burst, and the one call that a schedule makes beside it.
    await expectAsked(12 + 2);
    await clock.advance(10_000);
    await expectAsked(12 + 2 + 40);
    await clock.advance(120_000);
    await Promise.all(all);
    expect(asked).toBe(all.length);
    await Promise.all(replicas.map(({ clusters }) => clusters.close()));
  });

  it('lets two replicas search CloudTrail twice a second together, a person first', async () => {
    const clock = new ManualClock(Date.now());
    sandbox.aws.set({ lookupsPerSecond: 10_000 });
    const replicas = [1, 2].map(() => start(clock, { replicas: 2 }));
    const ended: string[] = [];
    const search = (clusters: Clusters, caller: AwsCaller) =>
      callingFor(caller, async () => {
        await clusters
          .session('payments-prod', 'read')
          .aws.cloudtrail.send(new LookupEventsCommand({}));
        ended.push(caller.key);
      });
    const all = replicas.flatMap(({ clusters }) =>
      [SWEEP, ADA].flatMap(caller =>
        Array.from({ length: 12 }, () => search(clusters, caller)),
      ),
    );
    // Each has one at once, and the one that a schedule makes beside it.
    await expectAsked(2 + 2, () => searched);
    await clock.advance(10_000);
    // A person alone gets four fifths of the rate, so it is a little less than twice a second.
    await expectAsked(4 + 18, () => searched);
    const ofAda = ended.filter(key => key === ADA.key).length;
    expect(ofAda).toBeGreaterThan(ended.length / 2);
    await clock.advance(120_000);
    await Promise.all(all);
    await Promise.all(replicas.map(({ clusters }) => clusters.close()));
  });
});

import { isSampled } from 'eks-sandbox/patience/sample';
import { TestDatabases } from '@backstage/backend-test-utils';
import type { Sandbox } from 'eks-sandbox';
import { type Clock, systemClock } from 'eks-pod-identity-engine';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import {
  OUTCOME_HEAD,
  outcomeTable,
  putForeign,
  type Round,
  runRound,
} from './__testUtils__/badDay/day';
import { type BadDay, run } from './__testUtils__/badDay/lifecycle';
import { differences, stateOf } from './__testUtils__/badDay/state';
import {
  SandboxPortal,
  startSandboxPortal,
} from './__testUtils__/sandboxBackend';
import { ADA, claiming, entities } from './__testUtils__/testBackend';

const CLUSTER = 'payments-prod';
/** `npm run trials -- faults` tries more; the seed that a failure names repeats its round. */
const {
  EKS_TEST_LIFECYCLES = isSampled ? '3' : '8',
  EKS_TEST_LIFECYCLES_FROM = '1',
} = process.env;
const AT_ONCE = 20;
const SEEDS = Array.from(
  { length: Number(EKS_TEST_LIFECYCLES) },
  (_, index) => Number(EKS_TEST_LIFECYCLES_FROM) + index,
);
jest.setTimeout(5 * PATIENCE_MS * Math.ceil(SEEDS.length / AT_ONCE));

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

/** Pauses between two tries pass faster; deadlines do not. */
const hurried: Clock = {
  now: () => systemClock.now(),
  sleep: (ms, signal) => systemClock.sleep(ms > 5_000 ? ms : ms / 50, signal),
};

describe('Lifecycles on a bad day', () => {
  let portal: SandboxPortal;
  let day: BadDay;

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: [CLUSTER], clockRate: 20 },
      clusters: [{ name: CLUSTER }],
    });
    const replica = await portal.start({
      knex: await databases.init('SQLITE_3'),
      clock: hurried,
      entities: entities.map(one =>
        claiming(`${CLUSTER}/payments/payments-ledger`, one),
      ),
      section: {
        pacing: { eksPerSecond: 10_000, iamPerSecond: 10_000, burst: 10_000 },
        timings: {
          retryPause: 5,
          leaseHeartbeat: 10_000,
          leaseTtl: 30_000,
          probeInterval: 1,
        },
      },
    });
    day = {
      client: replica.as(ADA),
      target: {
        clusterName: CLUSTER,
        namespace: 'payments',
        entityRef: 'component:default/payments-api',
      },
    };
  });
  afterAll(() => portal?.stop());

  afterEach(async () => {
    portal.sandbox.faults.clear();
    await portal.sandbox.cluster(CLUSTER).clearTrouble();
  });

  const input = (serviceAccount: string) => ({ ...day.target, serviceAccount });
  const associate = (serviceAccount: string) =>
    run(day, {
      kind: 'associate',
      input: {
        ...input(serviceAccount),
        managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess'],
        createServiceAccount: 'always',
      },
    });
  const teardown = (serviceAccount: string) =>
    run(day, { kind: 'teardown', input: input(serviceAccount) });

  it('end right, or with a clear error and right when the day is over', async () => {
    const { client } = portal.sandbox;
    await putForeign(client, day, SEEDS);
    const rounds: Round[] = [];
    for (let first = 0; first < SEEDS.length; first += AT_ONCE) {
      const seeds = SEEDS.slice(first, first + AT_ONCE);
      rounds.push(await runRound(client, day, seeds));
    }
    const lifecycles = rounds.flatMap(round => round.lifecycles);
    const rows = [OUTCOME_HEAD, OUTCOME_HEAD.map(() => '---')].concat(
      outcomeTable(lifecycles),
    );
    process.stdout.write(
      `\n${rows.map(row => `| ${row.join(' | ')} |`).join('\n')}\n`,
    );
    const problems = rounds.flatMap((round, index) =>
      [
        ...round.lifecycles.flatMap(outcome => outcome.problems),
        ...round.differences,
      ].map(problem => `from ${SEEDS[index * AT_ONCE]}: ${problem}`),
    );
    expect(problems).toEqual([]);
    const calls = rounds.flatMap(round => round.calls);
    expect(calls.filter(({ fault }) => fault).length).toBeGreaterThan(
      calls.length / 3,
    );
    const tries = calls.map(({ attempt = 1 }) => attempt);
    expect(Math.max(...tries)).toBeLessThanOrEqual(8);
  });

  /** What changes something, by the calls that a lifecycle makes once. */
  const WRITES = [
    'iam:CreateRole',
    'iam:AttachRolePolicy',
    'eks:CreatePodIdentityAssociation',
    'kubernetes:create serviceaccounts',
    'eks:DeletePodIdentityAssociation',
    'iam:DetachRolePolicy',
    'iam:DeleteRole',
    'kubernetes:delete serviceaccounts',
  ];
  const made = (pattern: string) =>
    portal.sandbox.calls
      .calls()
      .filter(
        ({ service, operation, status, internal }) =>
          `${service}:${operation}` === pattern && status < 400 && !internal,
      ).length;

  it('make each change once, also where the answer is lost', async () => {
    const { client, faults, calls } = portal.sandbox;
    const before = await stateOf(client, CLUSTER);
    for (const kind of ['lost-answer', 'truncate'] as const) {
      calls.reset();
      for (const pattern of WRITES) faults.add({ pattern, kind, times: 1 });
      const answers = [await associate(kind), await teardown(kind)];
      expect(answers.map(({ state }) => state)).toEqual([
        'succeeded',
        'succeeded',
      ]);
      expect(differences(before, await stateOf(client, CLUSTER))).toEqual([]);
      // A policy can be attached twice, and a token makes one association of two calls
      expect(WRITES.filter(pattern => made(pattern) !== 1)).toEqual([
        'iam:AttachRolePolicy',
        'eks:CreatePodIdentityAssociation',
      ]);
      faults.clear();
    }
  });

  it.each([
    ['iam:CreateRole', 'create the role'],
    ['eks:CreatePodIdentityAssociation', 'create the association'],
    ['kubernetes:create serviceaccounts', 'create the service account'],
  ])('carry on after %s that never got an answer', async (pattern, does) => {
    const { client, faults, aws } = portal.sandbox;
    const before = await stateOf(client, CLUSTER);
    const name = 'unanswered';
    faults.add({ pattern, kind: 'lost-answer' });
    const { state, error } = await associate(name);
    expect(state).toBe('failed');
    expect(error?.message).toMatch(
      new RegExp(
        `^Could not ${does} .*closed before the answer was complete.* Not done: ${does}.* Running it again carries on from there\\.$`,
      ),
    );
    faults.clear();
    expect(await associate(name)).toMatchObject({
      state: 'succeeded',
      result: { effective: 'yes' },
    });
    expect(
      aws.eks
        .associations(CLUSTER)
        .filter(({ serviceAccount }) => serviceAccount === name),
    ).toHaveLength(1);
    expect((await teardown(name)).state).toBe('succeeded');
    expect(differences(before, await stateOf(client, CLUSTER))).toEqual([]);
  });

  it('leave nothing alone that could only not be read', async () => {
    const { client, faults } = portal.sandbox;
    const before = await stateOf(client, CLUSTER);
    await associate('unread');
    faults.add({ pattern: 'kubernetes:get serviceaccounts', kind: 'throttle' });
    const { state, error } = await teardown('unread');
    expect(state).toBe('failed');
    expect(error?.message).toMatch(
      /^Nothing was changed, .*the portal cannot tell whether it made it: .*Too many requests.*have the identity removed even if/,
    );
    faults.clear();
    expect((await teardown('unread')).state).toBe('succeeded');
    expect(differences(before, await stateOf(client, CLUSTER))).toEqual([]);
  });

  it.each<[string, (sandbox: Sandbox) => void, string, RegExp]>([
    [
      'the agent refuses connections',
      sandbox => sandbox.cluster(CLUSTER).setAgent('refuse'),
      'broken',
      /connection/i,
    ],
    [
      'the clock of the portal is wrong',
      sandbox => {
        sandbox.faults.skewMs = 3_600_000;
      },
      'could-not-check',
      /clock of the portal's host/,
    ],
  ])(
    'say so when %s, and prove the identity afterwards',
    async (_, begin, status, sentence) => {
      const { sandbox } = portal;
      const verify = async () => {
        const { result } = await run(day, {
          kind: 'verify',
          input: { ...input('payments-ledger'), probe: 'pod' },
        });
        return result?.kind === 'verify' ? result.report : undefined;
      };
      begin(sandbox);
      const report = await verify();
      expect(report?.status).toBe(status);
      expect(JSON.stringify(report)).toMatch(sentence);
      sandbox.faults.clear();
      await sandbox.cluster(CLUSTER).clearTrouble();
      expect((await verify())?.status).toBe('verified');
    },
  );
});

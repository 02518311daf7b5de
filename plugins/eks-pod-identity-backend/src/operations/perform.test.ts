import type { OperationRecord } from '../store';
import {
  changesIdentity,
  isChange,
  perform,
  restartsWorkloads,
  timeoutMsOf,
} from './perform';

const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' };
const record = (kind: string, input: object = {}) =>
  ({
    kind,
    ref,
    input,
    taskId: 't',
    trigger: 'user',
    entityRef: 'component:default/api',
  } as OperationRecord);

describe('an operation', () => {
  it.each<[string, object, boolean, boolean, boolean]>([
    ['associate', {}, true, true, false],
    ['associate', { restartWorkloads: true }, true, true, true],
    ['associate', { restartWorkloads: false }, true, true, false],
    ['associate', { planOnly: true }, false, false, false],
    ['teardown', {}, true, true, false],
    ['restart', {}, true, false, true],
    ['verify', {}, false, false, false],
  ])(
    '%s with %j: changes %s, changes the identity %s, waits for roll-outs %s',
    (kind, input, changes, identity, restarts) => {
      const one = record(kind, input);
      expect([
        isChange(one),
        changesIdentity(one),
        restartsWorkloads(one),
      ]).toEqual([changes, identity, restarts]);
    },
  );

  it('has five minutes, or what it asks for', () => {
    expect(timeoutMsOf(record('verify'))).toBe(300_000);
    expect(timeoutMsOf(record('verify', { timeoutSeconds: 20 }))).toBe(20_000);
  });
});

describe('what performs it', () => {
  const report = {
    id: 'r1',
    ref,
    status: 'broken',
    proof: 'none',
    entityRef: 'component:default/api',
    checks: ['pass', 'pass', 'fail', 'skip'].map(status => ({ status })),
  };
  async function performed(
    one: OperationRecord,
    {
      found = report,
      asked = [],
      cluster = {},
      proof,
    }: {
      found?: object;
      asked?: object[];
      cluster?: object;
      proof?: object;
    } = {},
  ) {
    const calls: [string, any][] = [];
    const events: any[] = [];
    const floor = (name: string) => async (request: object) => {
      calls.push([name, request]);
      return name === 'verify' ? found : { kind: name };
    };
    const result = await perform(
      one,
      {
        config: { appBaseUrl: 'https://portal' },
        clusters: { get: () => cluster },
        emit: async (event: object) => events.push(event),
        lastProof: async () => proof,
      } as any,
      {
        lifecycle: {
          associate: floor('associate'),
          teardown: floor('teardown'),
          restart: floor('restart'),
        },
        moves: { migrate: floor('migrate'), rollback: floor('rollback') },
        verification: { verify: floor('verify') },
        store: {
          changes: { lastAt: async () => 7 },
          permissionChecks: { find: async () => asked },
        },
        entities: { hasTab: async () => true },
      } as any,
    );
    return { calls, events, result };
  }

  it.each([
    'associate',
    'teardown',
    'restart',
    'verify',
    'migrate',
    'rollback',
  ])('is the floor of %s', async kind => {
    const { calls, result } = await performed(record(kind));
    expect(calls).toEqual([[kind, expect.objectContaining({ ref })]]);
    expect(result.kind).toBe(kind);
  });

  it('is none for what it does not know', async () => {
    await expect(performed(record('dance'))).rejects.toThrow(
      'Unknown kind of operation: dance',
    );
  });

  it('counts the checks of a report, and links to it', async () => {
    expect((await performed(record('verify'))).result).toMatchObject({
      passed: 2,
      failed: 1,
      reused: false,
      status: 'broken',
      links: [{ title: 'Report', url: expect.stringContaining('r1') }],
    });
    const { result } = await performed(record('verify'), {
      found: { ...report, entityRef: undefined, reused: true },
    });
    expect(result).toMatchObject({ reused: true, links: [] });
  });

  it('asks a pod what was asked before, and nothing where the request says what to ask or has no pod', async () => {
    const check = { name: 'list', command: ['s3api', 'list-buckets'] };
    const request = async (input: object, asked: object[] = []) =>
      (
        await performed(record('verify', input), {
          asked,
          cluster: {
            guardrails: { probe: { commands: { 's3api list-buckets': [] } } },
          },
        })
      ).calls[0][1];
    expect(await request({})).toMatchObject({
      probe: 'pod',
      permissionChecks: [],
      timeoutSeconds: 300,
      changedAt: 7,
    });
    expect(await request({}, [check])).toMatchObject({
      permissionChecks: [check],
      asksAsBefore: true,
    });
    expect(
      await request({
        permissionChecks: [check],
        perNodeGroup: true,
        timeoutSeconds: 50,
      }),
    ).toMatchObject({
      permissionChecks: [check],
      asksAsBefore: false,
      perNodeGroup: true,
      timeoutSeconds: 50,
    });
    expect(
      (await request({ probe: 'none' }, [check])).permissionChecks,
    ).toEqual([]);
  });

  it('asks for a pod in each node group while one got nothing there at the last test, unless the request says otherwise', async () => {
    const asks = async (input: object, status?: string, becauseOf?: string) => {
      const checks = status
        ? [{ id: 'credentials.node-groups', status, becauseOf }]
        : [];
      const proof = { checks: [...report.checks, ...checks] };
      const { calls } = await performed(record('verify', input), { proof });
      return calls[0][1].perNodeGroup;
    };
    expect(await asks({}, 'fail')).toBe(true);
    // No pod has got any there since
    expect(await asks({}, 'unknown')).toBe(true);
    expect(await asks({}, 'skip', 'credentials.agent-answers')).toBe(true);
    expect(await asks({}, 'skip')).toBe(false);
    expect(await asks({}, 'pass')).toBe(false);
    expect(await asks({})).toBe(false);
    expect(await asks({ perNodeGroup: false }, 'fail')).toBe(false);
    expect(await asks({ probe: 'none' }, 'fail')).toBe(false);
  });

  it('leaves out with a word what the guardrails do not allow any more', async () => {
    const { calls, events } = await performed(record('verify'), {
      asked: [{ name: 'list' }],
    });
    expect(calls[0][1].permissionChecks).toEqual([]);
    expect(events).toEqual([
      {
        type: 'log',
        data: {
          level: 'warn',
          message: expect.stringMatching(
            /^The permission check list of an earlier verification is left out: /,
          ),
        },
      },
    ]);
  });
});

import { mockServices } from '@backstage/backend-test-utils';
import { readEngineConfig } from 'eks-pod-identity-engine';
import type { OperationRecord } from '../store';
import { perform } from './perform';
import { askedBy, pausesOf, refusalOf } from './ruledMoves';

const ROLE = 'arn:aws:iam::111122223333:role/tenants';
const RULE = {
  cluster: 'prod',
  roleArn: ROLE,
  namespace: 'tenant-*',
  serviceAccount: '*',
};
const at = (namespace: string, serviceAccount = 'app') => ({
  cluster: 'prod',
  namespace,
  serviceAccount,
});
const begun = (namespace: string, how: object, rule = RULE) =>
  ({
    ...askedBy(rule, at(namespace)),
    state: 'failed',
    wrote: true,
    error: { name: 'ConflictError', message: 'Said.' },
    ...how,
  } as unknown as OperationRecord);

describe('a rule begins no move', () => {
  const pauses = (lately: OperationRecord[]) => {
    const { of, waits } = pausesOf(RULE, lately);
    const worker = of(at('tenant-a', 'worker'));
    return { waits, app: of(at('tenant-a')), worker, b: of(at('tenant-b')) };
  };
  const none = { waits: undefined, app: undefined, worker: undefined };
  const held = 'The move of prod/tenant-a/app holds its namespace for 24 hours';

  it.each<[string, object, string]>([
    ['failed', {}, 'Said.'],
    [
      'met a fault before its first write',
      { wrote: false, error: { name: 'Error', message: 'Away.' } },
      'Away.',
    ],
    [
      'was cancelled',
      {
        state: 'cancelled',
        error: { name: 'CancelledError', message: 'Cancelled.' },
      },
      'Cancelled.',
    ],
    [
      'waits for a person',
      {
        state: 'succeeded',
        result: {
          kind: 'migrate',
          state: 'moving',
          toConfirm: ['Deployment app'],
        },
      },
      'It waits for you: confirm on its card that Deployment app works, or roll it back',
    ],
  ])(
    'in the namespace of one that %s, and in others it does',
    (_, how, says) => {
      const why = `${held}: ${says}`;
      expect(pauses([begun('tenant-a', how)])).toEqual({
        waits: undefined,
        app: why,
        worker: why,
        b: undefined,
      });
    },
  );

  it('of what was refused before its first write, and of others it does', () => {
    expect(pauses([begun('tenant-a', { wrote: false })])).toEqual({
      ...none,
      app: 'Its move was refused within 24 hours: Said.',
      b: undefined,
    });
  });

  it('where moves failed in three namespaces, as when what they share is broken', () => {
    const failed = ['tenant-a', 'tenant-a', 'tenant-b', 'tenant-c'].map(one =>
      begun(one, {}),
    );
    expect(pauses(failed.slice(0, 3)).waits).toBeUndefined();
    expect(pauses(failed).waits).toBe(
      `3 of its namespaces are held, and 3 hold the whole rule. ${held}: Said.`,
    );
  });

  it.each<[string, OperationRecord, object]>([
    ['that moved', begun('tenant-a', { state: 'succeeded' }), none],
    [
      'of another rule',
      begun('tenant-a', {}, { ...RULE, namespace: '*' }),
      none,
    ],
    [
      'of any rule of the cluster that has not ended',
      begun('tenant-a', { state: 'running' }, { ...RULE, namespace: '*' }),
      { ...none, waits: 'prod/tenant-a/app is being moved.' },
    ],
  ])('because of one %s only while that goes on', (_, one, expected) => {
    expect(pauses([one])).toMatchObject(expected);
  });
});

describe('what a rule would move is judged as the engine judges it', () => {
  const refusal = (section: object, roleArn = ROLE, namespace = 'tenant-a') => {
    const config = readEngineConfig(
      mockServices.rootConfig({
        data: {
          app: { baseUrl: 'https://portal.example.com' },
          eksPodIdentity: {
            clusters: [
              {
                name: 'prod',
                region: 'eu-west-1',
                accountId: '111122223333',
                roles: { read: `${ROLE}-read` },
              },
            ],
            ...section,
          },
        },
      }),
    );
    const clusters = { list: () => config.clusters };
    return refusalOf({ ...RULE, roleArn }, at(namespace), { clusters, config });
  };
  const adopt = (...names: string[]) => ({
    guardrails: { roles: { adopt: names } },
  });
  const UNNAMED =
    /^A rule is not allowed to use the role .*: guardrails\.roles\.adopt does not name it/;

  it('and is open where the guardrails name its role', () => {
    expect(refusal(adopt(ROLE))).toBeUndefined();
    expect(
      refusal(
        adopt(`${ROLE.slice(0, -7)}{{namespace}}`),
        `${ROLE.slice(0, -7)}tenant-a`,
      ),
    ).toBeUndefined();
  });

  it.each<[string, Parameters<typeof refusal>, RegExp]>([
    ['the guardrails do not name it', [{}], UNNAMED],
    [
      'it is of the owner, and a rule has none',
      [adopt('arn:aws:iam::*:role/{{owner}}')],
      UNNAMED,
    ],
    [
      'it is a role of the portal',
      [adopt('arn:aws:iam::*:role/*'), `${ROLE}-read`],
      UNNAMED,
    ],
    [
      'it governs the account',
      [
        adopt('arn:aws:iam::*:role/*'),
        `${ROLE.slice(0, -7)}OrganizationAccountAccessRole`,
      ],
      UNNAMED,
    ],
    [
      'it is of another account',
      [adopt('arn:aws:iam::*:role/*'), ROLE.replace('1111', '4444')],
      /is not a role of account 111122223333/,
    ],
    [
      'its namespace is closed',
      [adopt(ROLE), ROLE, 'kube-system'],
      /^namespace kube-system is not allowed/,
    ],
  ])('and refused where %s', (_, asked, says) => {
    expect(refusal(...asked)).toMatch(says);
  });
});

describe('a move of a rule', () => {
  const performed = async (
    state: OperationRecord['state'],
    { isHandled = false, rules = [RULE] as object[] } = {},
  ) => {
    const calls: any[][] = [];
    await perform(
      begun('tenant-a', { state, taskId: undefined }),
      { config: { moves: { rules } }, granted: new Set() } as any,
      {
        moves: { migrate: async (...call: any[]) => void calls.push(call) },
        store: {
          changes: {
            handled: async () =>
              new Map([['prod/tenant-a/app', { isHandled }]]),
          },
        },
      } as any,
    );
    const [[{ expects, input }, { granted }]] = calls;
    expect(input.rule).toBeUndefined();
    return { expects, granted: [...granted] };
  };
  const expected = (isCarriedOn: boolean, mayBegin: boolean) => ({
    expects: { roleArn: ROLE, isCarriedOn, mayBegin },
    granted: ['migration.create', 'workload.restart', 'association.read'].map(
      name => `eks-pod-identity.${name}`,
    ),
  });

  it('begins with the rights of a move while its rule stands, and is carried on', async () => {
    expect(await performed('queued')).toEqual(expected(false, true));
    expect(await performed('running')).toEqual(expected(true, true));
  });

  it.each([
    ['removed', []],
    ['a preview', [{ ...RULE, preview: true }]],
    ['of another namespace', [{ ...RULE, namespace: 'tenant-b' }]],
    ['of another role', [{ ...RULE, roleArn: `${ROLE}-2` }]],
  ])(
    'does not begin where its rule is %s by then, and goes on where its pods may be between two roads',
    async (_, rules) => {
      await expect(performed('queued', { rules })).rejects.toThrow(
        /^Nothing further was changed: the rule that moves prod\/tenant-a\/app was removed or changed, or is a preview now$/,
      );
      expect(await performed('running', { rules })).toEqual(
        expected(true, false),
      );
    },
  );

  it.each(['queued', 'running'] as const)(
    'stops where another operation has changed the service account meanwhile (%s)',
    async state => {
      await expect(performed(state, { isHandled: true })).rejects.toThrow(
        /^Nothing further was changed: .* a rule leaves that alone$/,
      );
    },
  );
});

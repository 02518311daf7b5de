import type {
  CheckResult,
  CheckStatus,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { credentialPath, type KnownOfPath } from './path';

const check = (
  id: string,
  status: CheckStatus,
  more: Partial<CheckResult> = {},
) =>
  ({
    id,
    category: id.split('.')[0],
    title: id,
    status,
    message: `${id} is ${status}`,
    docsUrl: `docs/${id}`,
    ...more,
  } as CheckResult);

const known = {
  ref: { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' },
  clusterTitle: 'Production',
  associationId: 'a-1',
  roleName: 'api-role',
  consoleUrls: { association: 'https://a', role: 'https://r' },
};

const path = (...checks: CheckResult[]) =>
  credentialPath({ checks } as VerificationReport, known);
const hop = (id: string, ...checks: CheckResult[]) =>
  path(...checks).find(one => one.id === id)!;
const rows = (
  status: VerificationReport['status'],
  checks: CheckResult[],
  more: Partial<KnownOfPath> = {},
) =>
  credentialPath({ status, checks } as VerificationReport, {
    ...known,
    ...more,
  }).map(each => [each.id, each.status, each.detail]);

/** A run in which everything that is looked at without a pod is right. */
const SEEN = [
  check('agent.installed', 'pass'),
  check('role.exists', 'pass'),
  check('role.trust-policy', 'pass'),
  check('role.policies', 'pass', { counts: { what: 'policies', all: 1 } }),
  check('association.exists', 'pass'),
  check('service-account.exists', 'pass'),
  check('workloads.injected', 'pass', {
    counts: { what: 'pods', good: 2, all: 2 },
  }),
];
const LIST = check('permissions.list', 'pass', {
  tested: 's3 ls',
});
const but = (...changes: CheckResult[]) => [
  ...SEEN.map(one => changes.find(({ id }) => id === one.id) ?? one),
  ...changes.filter(({ id }) => !SEEN.some(one => one.id === id)),
];

describe('credentialPath', () => {
  it('says nothing good where nothing was looked at', () => {
    expect(
      credentialPath(undefined, {
        ref: known.ref,
        clusterTitle: 'Production',
        consoleUrls: {},
      }),
    ).toEqual([
      { id: 'pods', status: 'skip', detail: '' },
      {
        id: 'service-account',
        status: 'skip',
        name: 'shop/api',
        detail: '',
      },
      { id: 'association', status: 'skip', detail: '' },
      { id: 'role', status: 'skip', detail: '' },
      { id: 'policies', status: 'skip', detail: '' },
      { id: 'permissions', status: 'skip', detail: 'not tested' },
    ]);
  });

  it('has one fact in each row', () => {
    expect(rows('looks-right', SEEN)).toEqual([
      ['pods', 'pass', '2 of 2'],
      ['service-account', 'pass', ''],
      ['association', 'pass', 'Production'],
      ['role', 'pass', 'trusts it'],
      ['policies', 'pass', '1 policy'],
      // No permission was asked for, and agent checks say nothing about AWS.
      ['permissions', 'skip', 'not tested'],
    ]);
    expect(
      path(...SEEN).map(({ name, consoleUrl }) => [name, consoleUrl]),
    ).toEqual([
      [undefined, undefined],
      ['shop/api', undefined],
      ['a-1', 'https://a'],
      ['api-role', 'https://r'],
      [undefined, 'https://r'],
      [undefined, undefined],
    ]);
  });

  it.each([
    ['workloads.injected', 'pods'],
    ['admission.injects', 'pods'],
    ['agent.healthy', 'pods'],
    ['cluster.eks-auth-path', 'pods'],
    ['credentials.agent-answers', 'pods'],
    ['service-account.exists', 'service-account'],
    ['cluster.active', 'association'],
    ['association.exists', 'association'],
    ['role.exists', 'role'],
    ['permissions.list', 'permissions'],
    // What the portal itself may do is no part of the path.
    ['access.aws', undefined],
  ])('shows a failed %s in the row %s', (id, expected) => {
    expect(
      path(check(id, 'fail')).find(({ status }) => status === 'fail')?.id,
    ).toBe(expected);
  });

  it('shows what broke on the way to the credentials where it broke', () => {
    const answers = (more: Partial<CheckResult>) =>
      path(...but(check('credentials.agent-answers', 'fail', more))).find(
        ({ status }) => status === 'fail',
      )?.id;
    expect(answers({})).toBe('pods');
    expect(answers({ blames: 'role' })).toBe('role');
    expect(
      rows(
        'broken',
        but(
          check('role.trust-policy', 'fail'),
          check('credentials.agent-answers', 'fail', {
            becauseOf: 'role.trust-policy',
          }),
        ),
      ).map(([id, status]) => [id, status]),
    ).toEqual([
      ['pods', 'pass'],
      ['service-account', 'pass'],
      ['association', 'pass'],
      ['role', 'fail'],
      ['policies', 'skip'],
      ['permissions', 'skip'],
    ]);
  });

  it('leaves open what lies behind a failure, and ticks nothing that was not looked at', () => {
    expect(
      rows(
        'broken',
        but(
          check('association.exists', 'fail'),
          check('role.exists', 'pass'),
          check('admission.injects', 'skip', {
            becauseOf: 'association.exists',
          }),
          check('workloads.injected', 'skip', {
            becauseOf: 'association.exists',
          }),
          check('workloads.shadowed', 'pass'),
          LIST,
        ),
        { associationId: undefined },
      ),
    ).toEqual([
      ['pods', 'skip', ''],
      ['service-account', 'pass', ''],
      ['association', 'fail', 'does not exist'],
      ['role', 'skip', ''],
      ['policies', 'skip', ''],
      ['permissions', 'skip', ''],
    ]);
  });

  it('leaves nothing open behind a warning or an open question', () => {
    for (const status of ['warn', 'unknown'] as const) {
      expect(
        rows(
          'partly-works',
          but(
            check('workloads.injected', status, {
              counts: { what: 'pods', good: 0, all: 2 },
            }),
            LIST,
          ),
        ).map(([, each]) => each),
      ).toEqual([status, 'pass', 'pass', 'pass', 'pass', 'pass']);
    }
  });

  it.each([
    ['agent.healthy', 'agent not healthy'],
    ['credentials.identity', 'wrong role'],
    ['cluster.eks-auth-path', 'nodes cannot use EKS Auth'],
  ])(
    'says at the pods that %s is what is wrong, not how many are set up',
    (id, detail) => {
      for (const status of ['fail', 'warn'] as const) {
        expect(hop('pods', ...but(check(id, status)))).toMatchObject({
          status,
          detail,
        });
      }
    },
  );

  it('says at the pods what heads a failure', () => {
    const checks = but(
      check('agent.healthy', 'warn'),
      check('credentials.identity', 'fail', { becauseOf: 'agent.healthy' }),
    );
    expect(hop('pods', ...checks)).toMatchObject({
      status: 'fail',
      detail: 'agent not healthy',
    });
  });

  it.each([
    ['service-account.exists', 'service-account', 'does not exist'],
    ['association.matches', 'association', 'not as set up'],
    ['role.exists', 'role', 'does not exist'],
    ['role.trust-policy', 'role', 'does not trust it'],
    ['ours.rule', undefined, undefined],
  ])('names what %s found', (id, row, detail) => {
    const failed = path(...but(check(id, 'fail'))).find(
      ({ status }) => status === 'fail',
    );
    expect([failed?.id, failed?.detail]).toEqual([row, detail]);
  });

  it('goes on over a target role, of whose policies nothing is known', () => {
    const target = {
      targetRoleName: 'archive',
      consoleUrls: { targetRole: 'https://t' },
    };
    const rest = (...checks: CheckResult[]) =>
      credentialPath({ checks: but(...checks) } as VerificationReport, {
        ...known,
        ...target,
      }).slice(4);
    expect(rest(check('role.target', 'pass'), LIST)).toMatchObject([
      { id: 'target-role', status: 'pass', name: 'archive' },
      { id: 'policies', status: 'skip', detail: '' },
      { id: 'permissions', status: 'pass' },
    ]);
    expect(rest(check('role.target', 'fail'))).toMatchObject([
      {
        id: 'target-role',
        status: 'fail',
        detail: 'cannot be assumed',
        consoleUrl: 'https://t',
      },
      { id: 'policies', status: 'skip' },
      { id: 'permissions', status: 'skip', detail: '' },
    ]);
    // An association without one, whose report still speaks of it
    expect(hop('role', ...but(check('role.target', 'fail'))).status).toBe(
      'fail',
    );
  });

  it('names the policies', () => {
    expect(
      hop(
        'policies',
        ...but(
          check('role.policies', 'pass', {
            counts: { what: 'policies', all: 2, names: ['Reads', 'Writes'] },
          }),
        ),
      ),
    ).toMatchObject({ detail: '2 policies', names: ['Reads', 'Writes'] });
    expect(hop('policies', ...but(check('role.policies', 'note')))).toEqual({
      id: 'policies',
      status: 'pass',
      detail: 'no policies',
      consoleUrl: 'https://r',
    });
  });

  it('keeps the cause on display behind another failure, since the headline names it', () => {
    const hops = credentialPath(
      {
        status: 'broken',
        checks: [
          check('role.trust-policy', 'fail'),
          check('service-account.exists', 'fail'),
        ],
      } as VerificationReport,
      known,
    );
    expect(
      hops.map(({ status, finding }) => [status, finding?.isCause]),
    ).toEqual([
      ['skip', undefined],
      ['fail', false],
      ['skip', undefined],
      ['fail', true],
      ['skip', undefined],
      ['skip', undefined],
    ]);
  });

  it('shows the first of the worst with what fixes it', () => {
    const fix = { cause: 'c', actions: ['a'] };
    const nearby = ['api-2'] as unknown as CheckResult['nearby'];
    expect(
      hop(
        'role',
        check('role.exists', 'fail', { fix, nearby }),
        check('role.trust-policy', 'fail', { becauseOf: 'role.exists' }),
      ).finding,
    ).toEqual({
      checkId: 'role.exists',
      message: 'role.exists is fail',
      fix,
      nearby,
      docsUrl: 'docs/role.exists',
      isCause: false,
      waiting: 1,
    });
  });

  it('says plainly what a report of an earlier version did not count', () => {
    const seen = but(
      check('workloads.injected', 'pass', { observed: '2 of 2 running pods' }),
      check('role.policies', 'pass', { observed: '1 policy' }),
      check('permissions.list', 'pass', { title: 'May list' }),
    );
    expect(rows('looks-right', seen).map(([, , detail]) => detail)).toEqual([
      'set up',
      '',
      'Production',
      'trusts it',
      '',
      'May list',
    ]);
  });

  it('counts the pods that are set up, where any were counted', () => {
    const pods = (...checks: CheckResult[]) => {
      const { status, detail } = hop('pods', ...checks);
      return [status, detail];
    };
    expect(
      pods(
        check('workloads.injected', 'warn', {
          counts: { what: 'pods', good: 3, all: 5 },
        }),
      ),
    ).toEqual(['warn', '3 of 5']);
    expect(
      pods(
        check('admission.injects', 'pass'),
        check('workloads.injected', 'skip'),
      ),
    ).toEqual(['pass', 'none running']);
    expect(pods(check('workloads.injected', 'skip'))).toEqual([
      'skip',
      'none running',
    ]);
    expect(pods(check('admission.injects', 'skip'))).toEqual(['skip', '']);
    // Agents that run are no pods that are set up.
    expect(pods(check('agent.healthy', 'pass'))[0]).toBe('skip');
  });

  it('names the commands that were tried, and when, also where a later look tried none', () => {
    const at = '2026-01-01T00:00:00.000Z';
    const tried = { finishedAt: at, checks: [LIST] } as VerificationReport;
    expect(
      credentialPath(tried, known).find(({ id }) => id === 'permissions'),
    ).toMatchObject({ status: 'pass', detail: 's3 ls', testedAt: at });
    const later = credentialPath(
      { checks: SEEN, finishedAt: 'later' } as VerificationReport,
      { ...known, tried },
    );
    expect(later.at(-1)).toMatchObject({
      status: 'pass',
      detail: 's3 ls',
      testedAt: at,
    });
    expect(
      hop('permissions', LIST, check('permissions.q', 'fail')),
    ).toMatchObject({ status: 'fail', detail: '1 of 2 allowed' });
    expect(hop('permissions', check('permissions.q', 'skip'))).toMatchObject({
      status: 'skip',
      detail: 'not tested',
    });
    const withheld = check('permissions.q', 'unknown', { withheld: true });
    expect(hop('permissions', withheld).detail).toBe('not tested');
  });
});

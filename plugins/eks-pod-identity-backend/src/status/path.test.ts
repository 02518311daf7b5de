import type {
  CheckResult,
  CheckStatus,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { credentialPath } from './path';

const check = (
  id: string,
  status: CheckStatus,
  more: Partial<CheckResult> = {},
) =>
  ({
    id,
    category: id.split('.')[0],
    status,
    message: `${id} is ${status}`,
    docsUrl: `docs/${id}`,
    ...more,
  } as CheckResult);

const known = {
  ref: { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' },
  clusterTitle: 'Production',
  roleName: 'api-role',
  consoleUrls: { association: 'https://a', role: 'https://r' },
};

const path = (...checks: CheckResult[]) =>
  credentialPath({ checks } as VerificationReport, known);
const hop = (id: string, ...checks: CheckResult[]) =>
  path(...checks).find(one => one.id === id)!;

describe('credentialPath', () => {
  it('goes from the pod to the access, also where nothing was looked at', () => {
    const empty = credentialPath(undefined, {
      ...known,
      roleName: undefined,
      consoleUrls: {},
    });
    expect(empty).toEqual([
      { id: 'pod', status: 'skip', detail: 'not looked at' },
      { id: 'service-account', status: 'skip', detail: 'shop/api' },
      { id: 'association', status: 'skip', detail: 'Production' },
      { id: 'role', status: 'skip', detail: 'not known' },
      { id: 'access', status: 'skip', detail: 'not tried' },
    ]);
    expect(
      path().map(({ consoleUrl, detail }) => [consoleUrl, detail]),
    ).toEqual([
      [undefined, 'not looked at'],
      [undefined, 'shop/api'],
      ['https://a', 'Production'],
      ['https://r', 'api-role'],
      [undefined, 'not tried'],
    ]);
  });

  it.each([
    ['workloads.injected', 'pod'],
    ['admission.injects', 'pod'],
    ['service-account.exists', 'service-account'],
    ['cluster.active', 'association'],
    ['association.exists', 'association'],
    ['role.exists', 'role'],
    ['agent.healthy', 'access'],
    ['credentials.identity', 'access'],
    ['permissions.list', 'access'],
    // What the portal itself may do is no part of the path.
    ['access.aws', undefined],
  ])('shows a failed %s at the hop %s', (id, expected) => {
    expect(
      path(check(id, 'fail')).find(({ status }) => status === 'fail')?.id,
    ).toBe(expected);
  });

  it.each<[CheckStatus[], CheckStatus]>([
    [['pass', 'warn', 'fail', 'unknown'], 'fail'],
    [['pass', 'unknown', 'warn'], 'warn'],
    [['pass', 'unknown', 'note'], 'unknown'],
    [['note'], 'pass'],
    [['skip', 'pass'], 'pass'],
    [['skip'], 'skip'],
  ])('is as bad as the worst of %j: %s', (statuses, expected) => {
    const checks = statuses.map(status => check(`role.${status}`, status));
    const { status, finding } = hop('role', ...checks);
    expect(status).toBe(expected);
    expect(finding?.checkId).toBe(
      ['pass', 'skip'].includes(expected) ? undefined : `role.${expected}`,
    );
  });

  it('shows the first of the worst with what mends it', () => {
    const fix = { cause: 'c', actions: ['a'] };
    const nearby = ['api-2'] as unknown as CheckResult['nearby'];
    expect(
      hop(
        'role',
        check('role.exists', 'fail', { fix, nearby }),
        check('role.trust-policy', 'fail'),
      ).finding,
    ).toEqual({
      checkId: 'role.exists',
      message: 'role.exists is fail',
      fix,
      nearby,
      docsUrl: 'docs/role.exists',
      isCause: false,
      waiting: 0,
    });
  });

  it('shows one red hop for one cause, and nothing good or bad behind it', () => {
    const hops = credentialPath(
      {
        status: 'failed',
        checks: [
          check('agent.healthy', 'warn'),
          check('agent.on-node', 'fail', { becauseOf: 'agent.healthy' }),
          check('role.exists', 'pass'),
          check('credentials.agent-answers', 'fail', {
            becauseOf: 'agent.on-node',
          }),
        ],
      } as VerificationReport,
      known,
    );
    expect(hops.find(({ id }) => id === 'access')).toMatchObject({
      status: 'fail',
      finding: { checkId: 'agent.healthy', isCause: true, waiting: 2 },
    });

    const missing = credentialPath(
      {
        status: 'failed',
        checks: [
          check('role.exists', 'skip', { becauseOf: 'association.exists' }),
          check('association.exists', 'fail'),
          check('admission.injects', 'skip', {
            becauseOf: 'association.exists',
          }),
          check('workloads.shadowed', 'pass'),
          check('workloads.network', 'warn'),
          check('agent.installed', 'pass'),
          check('credentials.identity', 'skip', {
            becauseOf: 'association.exists',
          }),
        ],
      } as VerificationReport,
      known,
    );
    expect(
      missing.map(({ id, status, detail, finding }) => [
        id,
        status,
        detail,
        finding?.isCause,
      ]),
    ).toEqual([
      ['pod', 'warn', 'not looked at', false],
      ['service-account', 'skip', 'shop/api', undefined],
      ['association', 'fail', 'Production', true],
      ['role', 'skip', 'api-role', undefined],
      ['access', 'skip', 'not reached', undefined],
    ]);
  });

  it('counts the pods that have the identity, where any were counted', () => {
    expect(
      hop(
        'pod',
        check('workloads.injected', 'warn', { observed: '3 of 5 pods' }),
      ).detail,
    ).toBe('3 of 5 have it');
    expect(hop('pod', check('admission.injects', 'pass')).detail).toBe(
      'new pods get it',
    );
    expect(hop('pod', check('admission.injects', 'skip')).detail).toBe(
      'not looked at',
    );
  });

  it('counts what was tried of the access', () => {
    const statuses: CheckStatus[] = ['pass', 'warn', 'fail', 'unknown', 'skip'];
    const checks = statuses.map(one => check(`credentials.${one}`, one));
    expect(hop('access', ...checks).detail).toBe('1 of 4 passed');
    expect(hop('access', check('credentials.x', 'skip')).detail).toBe(
      'not tried',
    );
  });
});

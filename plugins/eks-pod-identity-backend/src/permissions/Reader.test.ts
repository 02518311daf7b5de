import { mockCredentials } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  type Operation,
  operationEventSchema,
  operationSchema,
  planSchema,
  type ServiceAccountRef,
  verificationReportSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import { BOB, entities } from '../__testUtils__/testBackend';
import {
  API,
  checkResult,
  reportOf,
} from '../status/__testUtils__/statusReports';
import { Reader, type ReaderDeps } from './Reader';

const NAME = 'component:default/payments-api';
const HIDDEN = 'component:default/payments';

const named = (serviceAccount: string): ServiceAccountRef => ({
  ...API,
  serviceAccount,
});

/** Knows payments-api and no other component. */
function readerWith(deps: Partial<ReaderDeps> = {}) {
  return new Reader(
    {
      authorizer: { readable: async refs => refs },
      catalog: catalogServiceMock.mock({
        getEntitiesByRefs: async ({ entityRefs }) => ({
          items: entityRefs.map(ref =>
            ref.endsWith('-api') ? entities[0] : undefined,
          ),
        }),
      }),
      logger: { warn: () => {} } as any,
      ...deps,
    },
    mockCredentials.user(BOB),
  );
}

const operation: Operation = {
  id: 'o',
  kind: 'verify',
  ref: API,
  entityRef: HIDDEN,
  state: 'succeeded',
  initiator: BOB,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  lastSeq: 1,
};

const plan = (reason: string, before: Record<string, unknown>) => ({
  kind: 'associate' as const,
  ref: API,
  steps: [
    {
      id: 'role',
      resource: { kind: 'role' as const, name: 'r' },
      change: 'keep' as const,
      owner: 'portal' as const,
      before,
      reason,
      dependsOn: [],
    },
  ],
  warnings: [],
  changes: false,
  conflicts: false,
});

describe('Reader', () => {
  it('leaves names out of fields, tags, links and sentences, and mistakes none for a longer one', async () => {
    const reader = readerWith();
    const links = [
      { title: 'Report', url: '/catalog/default/component/payments/tab' },
      { title: 'Role', url: 'https://console.aws.amazon.com' },
    ];
    const result = {
      kind: 'verify' as const,
      status: 'verified' as const,
      proof: 'credentials' as const,
      passed: 1,
      failed: 0,
      reused: false,
      report: reportOf('r', { entityRef: NAME }),
      links,
    };
    expect(
      await reader.show(operationSchema, {
        ...operation,
        plan: plan(
          'It belongs to Component:default/payments, not to component:default/payments-api.',
          { tags: { team: 'a', 'backstage.io/entity-ref': HIDDEN } },
        ),
        result,
      }),
    ).toEqual({
      ...operation,
      entityRef: undefined,
      plan: plan(
        'It belongs to another component, not to component:default/payments-api.',
        { tags: { team: 'a' } },
      ),
      result: { ...result, links: [links[1]] },
    });
    // What was met once stays hidden in what comes later
    const at = '2026-01-01T00:00:00.000Z';
    const message = `${HIDDEN} again`;
    expect(
      await reader.show(z.array(operationEventSchema), [
        { seq: 1, at, type: 'log', data: { level: 'info', message } },
      ]),
    ).toMatchObject([{ data: { message: 'another component again' } }]);
    expect(
      await reader.show(
        verificationReportSchema,
        reportOf('r', { entityRef: 'no reference at all' }),
      ),
    ).not.toHaveProperty('entityRef');
  });

  it('names who started an operation to themselves, and to those who may see that user', async () => {
    const shown = async (initiator: string) =>
      (await readerWith().show(operationSchema, { ...operation, initiator }))
        .initiator;
    expect(await shown(BOB)).toBe(BOB);
    expect(await shown('user:default/team-api')).toBe('user:default/team-api');
    expect(await shown('user:default/eve')).toBeUndefined();
    expect(await shown('external:pipeline')).toBeUndefined();
  });

  it('suggests three service accounts at most, and asks for each once', async () => {
    const asked: string[][] = [];
    const reader = readerWith({
      authorizer: {
        readable: async refs => {
          asked.push(refs.map(ref => ref.serviceAccount));
          return refs.filter(ref => ref.serviceAccount !== 'b');
        },
      },
    });
    const nearby = ['a', 'b', 'c', 'd', 'e'].map(named);
    const report = reportOf('r', {
      checks: [
        checkResult('role.x', 'fail', { nearby }),
        checkResult('role.y', 'fail', { nearby: [named('b')] }),
        checkResult('role.z', 'pass'),
      ],
    });
    const shown = reportOf('r', {
      checks: [
        checkResult('role.x', 'fail', { nearby: ['a', 'c', 'd'].map(named) }),
        checkResult('role.y', 'fail'),
        checkResult('role.z', 'pass'),
      ],
    });
    expect(await reader.show(verificationReportSchema, report)).toEqual(shown);
    expect(await reader.show(verificationReportSchema, report)).toEqual(shown);
    expect(asked).toEqual([['a', 'b', 'c', 'd', 'e']]);
    // What only has the same key, in a policy of the team's own
    const own = plan('as it is', { policy: { nearby: 'yes' } });
    expect(await reader.show(planSchema, own)).toEqual(own);
  });
});

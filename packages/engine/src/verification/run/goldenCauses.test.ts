import { mkdirSync, readFileSync, writeFileSync } from 'fs';
import { resolve } from 'path';
import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import { ACCOUNT, inCluster, ref, role } from '../__testUtils__/checkWorlds';
import { settled, skeleton } from '../__testUtils__/golden';

const GOLDEN = resolve(
  __dirname,
  '../../../../../plugins/eks-pod-identity-common/src/reports/__golden__/causes',
);
const AFTER_SPREADING_MS = 600_000;

/** A line for each check: shorter, and easy to compare. */
const written = ({ checks, ...report }: VerificationReport) =>
  `${JSON.stringify(report).slice(0, -1)},"checks":[\n${checks
    .map(check => JSON.stringify(check))
    .join(',\n')}\n]}\n`;

/**
 * A report for each cause that the picture of the path shows at an edge of its own; the portal's tests draw them. After a
 * change of checks: `UPDATE_GOLDEN=1 yarn test:unit -- goldenCauses`.
 */
describe('the golden reports of causes', () => {
  const { world, kube } = inCluster();
  const iam = () => world().sandbox.aws.iam;
  const eks = () => world().sandbox.aws.eks;
  const association = () =>
    eks()
      .associations('payments-prod')
      .find(one => one.serviceAccount === ref.serviceAccount)!;

  const pods = () =>
    kube()
      .list('pods', 'payments')
      .filter(pod => pod.spec.serviceAccountName === ref.serviceAccount);

  /** Changes the template of its Deployment, and waits until only pods made from it run. */
  async function changeTemplate(change: (template: any) => void) {
    const before = new Set(pods().map(({ metadata }) => metadata.name));
    await kube().change(
      'deployments',
      'payments',
      'payments-ledger',
      deployment => change(deployment.spec.template),
    );
    const isDone = () =>
      pods().length === 2 &&
      pods().every(
        ({ metadata, status }) =>
          !before.has(metadata.name) && status.phase === 'Running',
      );
    while (!isDone()) await new Promise(next => setTimeout(next, 10));
  }

  const trust = (statement: object) =>
    iam().updateRole(role, {
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'Pods',
            Effect: 'Allow',
            Principal: { Service: 'pods.eks.amazonaws.com' },
            Action: ['sts:AssumeRole', 'sts:TagSession'],
            ...statement,
          },
        ],
      },
    });

  const causes: Array<
    [name: string, make: () => unknown, request?: Record<string, unknown>]
  > = [
    // Waits until its pods are gone, too
    ['agent-missing', () => world().sandbox.client.scenario('agent-missing')],
    [
      'network-policy',
      () =>
        world().limitEgress('dns-only', [
          { ports: [{ protocol: 'UDP', port: 53 }] },
        ]),
    ],
    [
      'service-account-missing',
      () => kube().delete('serviceaccounts', 'payments', ref.serviceAccount),
    ],
    [
      'association-missing',
      () =>
        eks().deleteAssociation('payments-prod', association().associationId),
    ],
    [
      'association-other-role',
      () => undefined,
      { expectedRoleArn: `${ACCOUNT}:role/payments-archive` },
    ],
    ['role-missing', () => iam().deleteRole(role)],
    ['trust-no-tag-session', () => trust({ Action: 'sts:AssumeRole' })],
    [
      'trust-other-namespace',
      () =>
        trust({
          Condition: {
            StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'billing' },
          },
        }),
    ],
    [
      'target-role-trust',
      () => {
        const target = iam().putRole({ name: 'ledger-archive' }).arn;
        eks().updateAssociation('payments-prod', association().associationId, {
          targetRoleArn: target,
        });
      },
    ],
    [
      'permission-denied',
      () => iam().updateRole(role, { attached: [] }),
      {
        probe: 'pod',
        permissionChecks: [{ name: 'list', command: ['s3', 'ls'] }],
      },
    ],
    // Last: a reset rolls these pods out again
    [
      'opted-out',
      () =>
        changeTemplate(({ metadata }) => {
          metadata.labels['eks.amazonaws.com/skip-pod-identity-webhook'] =
            'true';
        }),
    ],
    [
      'static-keys',
      () =>
        changeTemplate(({ spec }) => {
          spec.containers[0].env = [
            { name: 'AWS_ACCESS_KEY_ID', value: 'A' },
            { name: 'AWS_SECRET_ACCESS_KEY', value: 'S' },
          ];
        }),
    ],
  ];

  it.each(causes)('%s', async (name, make, request = {}) => {
    await make();
    await world().sandbox.clock.advance(AFTER_SPREADING_MS);
    const report = settled(
      await world().verify({ ref, trigger: 'user', ...request }),
    );
    const file = resolve(GOLDEN, `${name}.json`);
    if (process.env.UPDATE_GOLDEN) {
      mkdirSync(GOLDEN, { recursive: true });
      writeFileSync(file, written(report));
    }
    const golden: VerificationReport = JSON.parse(readFileSync(file, 'utf8'));
    expect(skeleton(report)).toEqual(skeleton(golden));
  });
});

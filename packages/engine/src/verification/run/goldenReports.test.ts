import { mkdirSync, readFileSync, writeFileSync } from 'fs';
import { resolve } from 'path';
import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import { VerifyWorld } from '../__testUtils__/VerifyWorld';

const GOLDEN = resolve(
  __dirname,
  '../../../../../plugins/eks-pod-identity-common/src/reports/__golden__',
);
const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};
const role = 'arn:aws:iam::111122223333:role/payments-ledger';
const AGENT = 'eks-pod-identity-agent';

/** What differs from run to run, with values of the same shape. */
const CHANCE: Array<[RegExp, string]> = [
  [/\ba-[a-z0-9]{17}\b/g, 'a-0123456789abcdefg'],
  [/\beks-pod-identity-probe-[a-z0-9]+/g, 'eks-pod-identity-probe-0a1b2c'],
  [/\b(payments-ledger)-[a-f0-9]{8,10}-[a-z0-9]{5}\b/g, '$1-5d4f8c7b6d-x2v9k'],
  [
    /[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}/g,
    '6f1d2c3b-0000-4000-8000-000000000001',
  ],
  [/\b127\.0\.0\.1:\d+/g, '127.0.0.1:6443'],
  [/after \d+\.\d s\b/g, 'after 1.2 s'],
];

/** A report without what differs from run to run. */
function settled(report: VerificationReport): VerificationReport {
  const text = CHANCE.reduce(
    (result, [pattern, value]) => result.replace(pattern, value),
    JSON.stringify(report),
  );
  const same: VerificationReport = JSON.parse(text);
  return {
    ...same,
    id: '6f1d2c3b-0000-4000-8000-000000000001',
    ...(same.effectiveAfterMs === undefined ? {} : { effectiveAfterMs: 1200 }),
    ...(same.fingerprint ? { fingerprint: 'f'.repeat(64) } : {}),
    ...(same.surroundings ? { surroundings: '5'.repeat(64) } : {}),
    startedAt: '2026-01-31T09:30:00.000Z',
    finishedAt: '2026-01-31T09:30:09.000Z',
    checks: same.checks.map(check => ({ ...check, durationMs: 12 })),
  };
}

/** What neither other texts of checks nor further checks that pass change. */
const skeleton = ({ status, proof, checks }: VerificationReport) => ({
  status,
  proof,
  checks: checks
    .filter(
      ({ status: answer, becauseOf }) =>
        becauseOf || !['pass', 'skip'].includes(answer),
    )
    .map(({ id, status: answer, becauseOf = '' }) =>
      `${id} ${answer} ${becauseOf}`.trim(),
    ),
});

/**
 * The reports that the forms of `eks-pod-identity-common` are tested with. After a change of checks:
 * `UPDATE_GOLDEN=1 yarn test:unit -- goldenReports`, then the same for `reportForms`, which writes their texts.
 */
describe('the golden reports', () => {
  let world: VerifyWorld;
  const kube = () => world.kube();
  const verify = (request: object = {}) =>
    world.verify({
      ref,
      probe: 'pod',
      trigger: 'action',
      entityRef: 'component:default/payments-ledger',
      ...request,
    });
  /** Lets time pass faster once the probe runs; dry runs are timed. */
  const hurried = async (work: Promise<VerificationReport>) => {
    let done = false;
    const ended = work.finally(() => {
      done = true;
    });
    while (!done && world.probes('payments').length === 0) {
      await new Promise(next => setTimeout(next, 5));
    }
    world.sandbox.clock.setRate(20);
    return ended;
  };
  const breakTrust = () =>
    world.sandbox.aws.iam.updateRole(role, {
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'Pods',
            Effect: 'Allow',
            Principal: { Service: 'pods.eks.amazonaws.com' },
            Action: ['sts:AssumeRole', 'sts:TagSession'],
            Condition: {
              StringEquals: {
                'aws:RequestTag/kubernetes-namespace': 'billing',
              },
            },
          },
        ],
      },
    });

  beforeAll(async () => {
    world = await VerifyWorld.start({
      verification: {
        docsBaseUrl: 'https://portal.example.com/aws-identities/checks',
      },
    });
    await world.settled();
    // Long after the last change: nothing is still propagating.
    await world.sandbox.clock.advance(600_000);
  });
  afterEach(async () => {
    world.sandbox.clock.setRate(1);
    await world.reset();
    await world.sandbox.clock.advance(600_000);
  });
  afterAll(() => world.stop());

  it.each<[string, () => Promise<VerificationReport>]>([
    ['verified', () => verify()],
    ['looks-right', () => verify({ probe: 'none' })],
    [
      'agent-missing',
      async () => {
        world.sandbox.aws.eks.cluster('payments-prod').addons.delete(AGENT);
        await kube().delete('daemonsets', 'kube-system', AGENT);
        await kube().waitFor(
          'pods',
          'kube-system',
          kube().list('pods', 'kube-system')[0]?.metadata.name ?? 'none',
          pod => pod === undefined,
        );
        return hurried(verify());
      },
    ],
    [
      'two-faults',
      async () => {
        breakTrust();
        await kube().apply({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: {
            name: 'worker',
            namespace: 'payments',
            labels: { 'eks.amazonaws.com/skip-pod-identity-webhook': 'true' },
          },
          spec: {
            serviceAccountName: ref.serviceAccount,
            containers: [
              { name: 'app', image: 'busybox', command: ['sleep', 'infinity'] },
            ],
          },
        });
        await kube().waitFor(
          'pods',
          'payments',
          'worker',
          pod => pod?.status?.phase === 'Running',
        );
        return hurried(verify());
      },
    ],
    [
      'access-401',
      async () => {
        const { read, verify: verifier } = world.sandbox.credentials.roles;
        for (const principal of [read, verifier]) {
          world.sandbox.aws.eks.deleteAccessEntry('payments-prod', principal);
        }
        return verify();
      },
    ],
    [
      'could-not-check',
      async () => {
        await kube().apply({
          apiVersion: 'v1',
          kind: 'ResourceQuota',
          metadata: { name: 'small', namespace: 'payments' },
          spec: { hard: { pods: '1' } },
        });
        return verify();
      },
    ],
  ])('%s', async (name, make) => {
    const report = settled(await make());
    const file = resolve(GOLDEN, `${name}.json`);
    if (process.env.UPDATE_GOLDEN) {
      mkdirSync(GOLDEN, { recursive: true });
      writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
    }
    const golden: VerificationReport = JSON.parse(readFileSync(file, 'utf8'));
    expect(skeleton(report)).toEqual(skeleton(golden));
  });
});

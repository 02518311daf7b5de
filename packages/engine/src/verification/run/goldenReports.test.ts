import { mkdirSync, readFileSync, writeFileSync } from 'fs';
import { resolve } from 'path';
import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import { settled, skeleton } from '../__testUtils__/golden';
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

import { inCluster, ref, role } from '../__testUtils__/checkWorlds';
import { checkOf } from '../__testUtils__/VerifyWorld';

describe('checks of workloads', () => {
  const { world, kube } = inCluster();

  describe('workloads', () => {
    it('injected: counts pods created before the association, with one command', async () => {
      world().sandbox.aws.eks.putAssociation('payments-prod', {
        namespace: 'payments',
        serviceAccount: 'payments-api',
        roleArn: 'arn:aws:iam::111122223333:role/payments-ledger',
      });
      const report = await world().verify({
        ref: { ...ref, serviceAccount: 'payments-api' },
      });
      expect(checkOf(report, 'workloads.injected')).toMatchObject({
        status: 'warn',
        message:
          '2 of 2 running pods run without the identity: 2 of Deployment payments-api.',
        observed: '0 of 2 running pods',
        fix: {
          snippet: {
            text: 'kubectl -n payments rollout restart deployment/payments-api',
          },
        },
      });
      expect(report.status).toBe('restart-needed');
    });

    describe('injected: the role that answers pods without the identity', () => {
      const LACK =
        '2 of 2 running pods run without the identity: 2 of Deployment payments-api.';
      const AS = 'act as their node';
      const ROLE = 'in node group general as the role payments-prod-nodes';
      const injected = async (
        metadataOptions: { httpPutResponseHopLimit?: number } | undefined,
        probe: 'pod' | 'none' = 'pod',
      ) => {
        const { eks } = world().sandbox.aws;
        eks.putAssociation('payments-prod', {
          namespace: 'payments',
          serviceAccount: 'payments-api',
          roleArn: 'arn:aws:iam::111122223333:role/payments-ledger',
        });
        eks.putNodegroup('payments-prod', {
          nodegroupName: 'general',
          nodeRole: 'arn:aws:iam::111122223333:role/payments-prod-nodes',
          launchTemplate: {
            id: 'lt-0123456789abcdef0',
            name: 'workers',
            version: 1,
            metadataOptions,
          },
        });
        const report = await world().verify({
          ref: { ...ref, serviceAccount: 'payments-api' },
          probe,
        });
        return checkOf(report, 'workloads.injected').message;
      };

      const calls = (asked: string) =>
        world()
          .sandbox.calls.calls()
          .filter(({ operation }) => operation === asked).length;

      it('is named as a fact where its launch template lets pods in', async () => {
        const before = calls('DescribeNodegroup');
        expect(await injected({ httpPutResponseHopLimit: 2 })).toBe(
          `${LACK} Without it they can ${AS}, whose launch template lets pods in: ${ROLE} (hop limit 2).`,
        );
        // Other checks of the run need the group too.
        expect(calls('DescribeNodegroup') - before).toBe(1);
      });

      it('is not named where its launch template keeps pods out', async () => {
        expect(await injected({ httpPutResponseHopLimit: 1 })).toBe(LACK);
      });

      it('is a possibility without the right to read that', async () => {
        world().forbid('ec2:DescribeLaunchTemplateVersions');
        expect(await injected({ httpPutResponseHopLimit: 2 })).toBe(
          `${LACK} Without it they may ${AS}, if its hop limit lets pods in: ${ROLE}.`,
        );
      });

      it('is neither read nor named by a look, which would contradict the proof before it', async () => {
        const before = calls('DescribeLaunchTemplateVersions');
        for (const httpPutResponseHopLimit of [1, 2]) {
          expect(await injected({ httpPutResponseHopLimit }, 'none')).toBe(
            LACK,
          );
        }
        expect(calls('DescribeLaunchTemplateVersions')).toBe(before);
      });
    });

    it.each([
      [
        'a role',
        () => {
          world().sandbox.aws.iam.deleteRole(role);
          world().sandbox.aws.iam.putRole({ name: 'payments-ledger' });
        },
        '2 of 2 running pods are older than the role payments-ledger, which was deleted and recreated: AWS refuses what they hold of the deleted one for up to six hours.',
      ],
      [
        'an association',
        () => {
          const { eks } = world().sandbox.aws;
          const { associationId } = eks
            .associations('payments-prod')
            .find(one => one.serviceAccount === ref.serviceAccount)!;
          eks.deleteAssociation('payments-prod', associationId);
          eks.putAssociation('payments-prod', {
            namespace: 'payments',
            serviceAccount: ref.serviceAccount,
            roleArn: role,
          });
        },
        '2 of 2 running pods are older than the association, so they got the identity from a former one: they may use its role for up to six hours.',
      ],
    ])(
      'injected: tells of pods that are older than %s recreated',
      async (_what, change, message) => {
        await world().sandbox.clock.advance(5_000);
        change();
        const report = await world().verify({ ref });
        expect(checkOf(report, 'workloads.injected')).toMatchObject({
          status: 'warn',
          message,
          fix: {
            snippet: {
              text: 'kubectl -n payments rollout restart deployment/payments-ledger',
            },
          },
        });
        expect(report.status).not.toBe('looks-right');
      },
    );

    it('unsupported: starts no probe for a workload that never meets an agent', async () => {
      const node = await kube().addNode({
        kind: 'windows',
        roleArn: 'arn:aws:iam::111122223333:role/payments-prod-nodes',
      });
      world().sandbox.aws.eks.putAssociation('payments-prod', {
        namespace: 'payments',
        serviceAccount: 'legacy',
        roleArn: role,
      });
      await kube().apply([
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'legacy', namespace: 'payments' },
        },
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'legacy', namespace: 'payments' },
          spec: {
            nodeName: node,
            serviceAccountName: 'legacy',
            containers: [
              { name: 'app', image: 'iis', command: ['sleep', 'infinity'] },
            ],
          },
        },
      ]);
      const report = await world().verify({
        ref: { ...ref, serviceAccount: 'legacy' },
        probe: 'pod',
      });
      expect(report.status).toBe('no-pod-has-it');
      expect(checkOf(report, 'workloads.unsupported')).toMatchObject({
        status: 'fail',
        message: expect.stringMatching(
          /^1 of 1 (running )?pods run on Windows/,
        ),
      });
      expect(checkOf(report, 'credentials.agent-answers')).toMatchObject({
        status: 'skip',
        becauseOf: 'workloads.unsupported',
      });
      world().assertNoProbes('payments');
      await kube().removeNode(node);
    });

    it('service-account: sees a workload under default', async () => {
      world().sandbox.aws.eks.putAssociation('payments-prod', {
        namespace: 'payments',
        serviceAccount: 'reports',
        roleArn: role,
      });
      const labels = { app: 'reports' };
      await kube().apply([
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'reports', namespace: 'payments' },
        },
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: {
            name: 'reports',
            namespace: 'payments',
            annotations: { 'argocd.argoproj.io/tracking-id': 'reports' },
          },
          spec: {
            selector: { matchLabels: labels },
            template: {
              metadata: { labels },
              spec: {
                containers: [
                  {
                    name: 'app',
                    image: 'busybox',
                    command: ['sleep', 'infinity'],
                  },
                ],
              },
            },
          },
        },
      ]);
      await kube().waitFor(
        'deployments',
        'payments',
        'reports',
        one => one?.status?.readyReplicas === 1,
      );
      const report = await world().verify({
        ref: { ...ref, serviceAccount: 'reports' },
      });
      expect(checkOf(report, 'workloads.service-account')).toMatchObject({
        status: 'warn',
        message:
          'No pod runs under this service account; Deployment reports (label app=reports) runs under the service account default, which does not have this identity.',
        fix: {
          snippet: {
            text: 'kubectl -n payments set serviceaccount deployment reports reports',
          },
          actions: expect.arrayContaining([
            'Argo CD deploys the deployment reports: change it in its source too, or Argo CD undoes the command.',
          ]),
        },
      });
      expect(report.status).toBe('no-pod-has-it');
    });

    it('network: sees a policy that selects the workload and not the probe', async () => {
      await world().limitEgress('dns-only', [
        { ports: [{ protocol: 'UDP', port: 53 }] },
      ]);
      const report = await world().verify({ ref });
      expect(checkOf(report, 'workloads.network')).toMatchObject({
        status: 'warn',
        message: expect.stringMatching(
          /^2 of 2 running pods might not reach the agent: NetworkPolicy dns-only selects 2 of Deployment payments-ledger /,
        ),
      });
      expect(report.status).toBe('no-pod-has-it');
    });

    it('is unknown without the right, and so is the verdict', async () => {
      await world().forbidKubernetes('readers', 'pods');
      const report = await world().verify({ ref });
      for (const id of [
        'workloads.service-account',
        'workloads.injected',
        'workloads.shadowed',
        'workloads.unsupported',
      ]) {
        expect(checkOf(report, id)).toMatchObject({
          status: 'unknown',
          advisory: true,
        });
      }
      expect(report.status).toBe('could-not-check');
    });

    it('shadowed and unsupported: warn of settings in the pods', async () => {
      await kube().apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'odd', namespace: 'payments' },
        spec: {
          serviceAccountName: ref.serviceAccount,
          containers: [
            {
              name: 'app',
              image: 'busybox',
              command: ['sleep', 'infinity'],
              env: [
                { name: 'AWS_ACCESS_KEY_ID', value: 'AKIASECRETSECRETSECR' },
                { name: 'AWS_SECRET_ACCESS_KEY', value: 'SECRETSECRET' },
                { name: 'HTTP_PROXY', value: 'http://proxy:3128' },
                { name: 'NO_PROXY', value: '169.254.169.254' },
              ],
            },
          ],
        },
      });
      await kube().waitFor(
        'pods',
        'payments',
        'odd',
        pod => pod?.status?.phase === 'Running',
      );
      const report = await world().verify({ ref });
      expect(checkOf(report, 'workloads.shadowed')).toMatchObject({
        status: 'warn',
        message:
          '1 of 3 running pods set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which every SDK uses before Pod Identity.',
      });
      expect(checkOf(report, 'workloads.unsupported')).toMatchObject({
        status: 'warn',
        message:
          '1 of 3 running pods send requests to the agent through a proxy, with which the SDKs for Go v2, Go v1 and Rust get no credentials.',
      });
      expect(JSON.stringify(report)).not.toContain('SECRETSECRET');
    });
  });
});

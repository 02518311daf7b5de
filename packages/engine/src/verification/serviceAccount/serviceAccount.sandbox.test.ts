import { diagnose } from 'backstage-plugin-eks-pod-identity-common';
import { inCluster, ref } from '../__testUtils__/checkWorlds';
import { checkOf } from '../__testUtils__/VerifyWorld';

describe('checks of the service account', () => {
  const { world, kube, verify } = inCluster();

  describe('service-account', () => {
    it('exists: fails for a missing account and for a missing namespace', async () => {
      world().sandbox.aws.eks.putAssociation('payments-prod', {
        namespace: 'payments',
        serviceAccount: 'nobody',
        roleArn: 'arn:aws:iam::111122223333:role/payments-ledger',
      });
      const missing = await world().verify({
        ref: { ...ref, serviceAccount: 'nobody' },
        probe: 'pod',
      });
      expect(checkOf(missing, 'service-account.exists')).toMatchObject({
        status: 'fail',
        message:
          'The service account payments/nobody does not exist on payments-prod.',
      });
      expect(checkOf(missing, 'admission.injects')).toMatchObject({
        status: 'skip',
        becauseOf: 'service-account.exists',
      });
      expect(
        await verify('service-account.exists', {
          ref: { ...ref, namespace: 'nowhere' },
        }),
      ).toMatchObject({
        status: 'fail',
        observed: 'no such namespace',
      });
    });

    it('exists and irsa: is unknown without the right', async () => {
      await world().forbidKubernetes('readers', 'serviceaccounts');
      const report = await world().verify({ ref });
      expect(checkOf(report, 'service-account.exists')).toMatchObject({
        status: 'unknown',
        message:
          'The portal is not allowed to get serviceaccounts in namespace payments.',
      });
      expect(checkOf(report, 'service-account.irsa').status).toBe('skip');
      expect(report.status).toBe('could-not-check');
    });

    it('irsa: notes the annotation, and warns when it wins', async () => {
      const irsa = 'arn:aws:iam::111122223333:role/old-irsa';
      const annotated = { ...ref, serviceAccount: 'payments-irsa' };
      await kube().apply({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: {
          name: 'payments-irsa',
          namespace: 'payments',
          labels: { 'app.kubernetes.io/managed-by': 'Helm' },
          annotations: { 'eks.amazonaws.com/role-arn': irsa },
        },
      });
      await kube().apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'early', namespace: 'payments' },
        spec: {
          serviceAccountName: 'payments-irsa',
          containers: [
            { name: 'app', image: 'busybox', command: ['sleep', 'infinity'] },
          ],
        },
      });
      await kube().waitFor(
        'pods',
        'payments',
        'early',
        pod => pod?.status?.phase === 'Running',
      );
      world().sandbox.aws.eks.putAssociation('payments-prod', {
        namespace: 'payments',
        serviceAccount: 'payments-irsa',
        roleArn: 'arn:aws:iam::111122223333:role/payments-ledger',
      });
      const early = await world().verify({ ref: annotated });
      expect(checkOf(early, 'service-account.irsa')).toMatchObject({
        status: 'warn',
        message:
          '1 of 1 running pods use the IRSA role instead of the Pod Identity.',
      });
      expect(checkOf(early, 'workloads.injected')).toMatchObject({
        status: 'warn',
        observed: '0 of 1 running pods',
        becauseOf: 'service-account.irsa',
      });
      expect(checkOf(early, 'workloads.shadowed')).toMatchObject({
        status: 'warn',
        message: expect.stringContaining('AWS_ROLE_ARN'),
        becauseOf: 'service-account.irsa',
      });
      expect(diagnose(early)).toMatchObject({
        cause: { check: { id: 'service-account.irsa' } },
        others: [],
      });
      await kube().delete('pods', 'payments', 'early');
      expect(
        await verify('service-account.irsa', { ref: annotated }),
      ).toMatchObject({
        status: 'note',
        observed: irsa,
        fix: {
          actions: [expect.stringMatching(/^The annotation is the way back/)],
        },
      });
    });
  });
});

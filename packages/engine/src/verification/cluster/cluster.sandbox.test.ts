import { clusterArn, onAws, ref } from '../__testUtils__/checkWorlds';
import { checkOf } from '../__testUtils__/VerifyWorld';

describe('checks of the cluster', () => {
  const { world, aws, verify } = onAws();

  describe('cluster', () => {
    it.each([
      ['CREATING', 'fail'],
      ['DELETING', 'fail'],
      ['FAILED', 'fail'],
      ['UPDATING', 'note'],
      ['ACTIVE', 'pass'],
    ] as const)('active: %s is %s', async (status, expected) => {
      aws().eks.updateCluster('payments-prod', { status });
      expect(await verify('cluster.active')).toMatchObject({
        status: expected,
        message: expect.stringContaining('payments-prod'),
      });
    });

    it('active: fails when the cluster is gone', async () => {
      await world().sandbox.deleteCluster('payments-prod');
      const report = await world().verify({ ref });
      expect(checkOf(report, 'cluster.active')).toMatchObject({
        status: 'fail',
        message:
          'There is no EKS cluster payments-prod in eu-west-1 of account 111122223333.',
      });
      expect(report.status).toBe('broken');
      expect(checkOf(report, 'cluster.supported')).toMatchObject({
        status: 'skip',
        becauseOf: 'cluster.active',
      });
    });

    it('active and supported: is unknown without the right, and name it', async () => {
      world().forbid('eks:DescribeCluster');
      const report = await world().verify({ ref });
      for (const id of ['cluster.active', 'cluster.supported']) {
        expect(checkOf(report, id)).toMatchObject({
          status: 'unknown',
          message: `The portal is not allowed to call eks:DescribeCluster on ${clusterArn}.`,
        });
      }
      expect(report.status).toBe('could-not-check');
    });

    it('supported: fails on an old platform', async () => {
      aws().eks.updateCluster('payments-prod', {
        version: '1.27',
        platformVersion: 'eks.7',
      });
      expect(await verify('cluster.supported')).toMatchObject({
        status: 'fail',
        message:
          'Platform eks.7 of Kubernetes 1.27 is too old for Pod Identity.',
        expected: 'eks.8 or later',
        observed: 'eks.7',
        fix: {
          cause: 'Pod Identity came to Kubernetes 1.27 with platform eks.8.',
        },
      });
    });

    it('supported: fails on old versions, Outposts and connected clusters', async () => {
      aws().eks.updateCluster('payments-prod', { version: '1.23' });
      expect(await verify('cluster.supported')).toMatchObject({
        status: 'fail',
        message: 'Kubernetes 1.23 is too old for Pod Identity.',
        expected: '1.24 or later',
        observed: '1.23',
      });
      await world().sandbox.reset();
      aws().eks.updateCluster('payments-prod', {
        outpostConfig: {
          outpostArns: ['arn:o'],
          controlPlaneInstanceType: 'm5.large',
        },
      } as any);
      expect(await verify('cluster.supported')).toMatchObject({
        status: 'fail',
        observed: 'outposts',
      });
    });

    it('eks-auth-path: is skipped on a private cluster in a run without a pod', async () => {
      aws().eks.updateCluster('payments-prod', { endpointPublicAccess: false });
      const report = await world().verify({ ref });
      expect(checkOf(report, 'cluster.eks-auth-path')).toMatchObject({
        status: 'skip',
        advisory: true,
        message: expect.stringContaining('runs that start a pod check'),
      });
      expect(report.status).toBe('looks-right');
      expect(
        world()
          .sandbox.calls.calls()
          .filter(call => call.service === 'ec2'),
      ).toEqual([]);
    });
  });
});

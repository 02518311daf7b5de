import { headline } from 'backstage-plugin-eks-pod-identity-common';
import { inCluster, ref } from '../__testUtils__/checkWorlds';
import { checkOf } from '../__testUtils__/VerifyWorld';

describe('a Deployment that an autoscaler scales in the middle of a roll-out', () => {
  const { world, kube } = inCluster();
  const change = (mutate: (deployment: any) => void) =>
    kube().change('deployments', ref.namespace, ref.serviceAccount, mutate);
  const running = () =>
    kube()
      .list('pods', ref.namespace)
      .filter(
        ({ spec, status }) =>
          spec.serviceAccountName === ref.serviceAccount &&
          status?.phase === 'Running',
      );
  const until = (pods: number) =>
    kube().waitFor(
      'deployments',
      ref.namespace,
      ref.serviceAccount,
      () => running().length === pods,
    );

  it('is rolling out, whatever new pods its old template gets', async () => {
    await change(({ spec }) => {
      spec.replicas = 4;
      spec.progressDeadlineSeconds = 86_400;
      const rollingUpdate = { maxSurge: 2, maxUnavailable: 0 };
      spec.strategy = { type: 'RollingUpdate', rollingUpdate };
    });
    await until(4);
    await change(({ spec }) => {
      spec.template.spec.containers[0].readinessProbe = {
        exec: { command: ['false'] },
      };
    });
    await until(6);
    const before = await world().verify({ ref });
    await change(({ spec }) => {
      spec.replicas = 8;
    });
    await until(10);
    const sets = kube()
      .list('replicasets', ref.namespace)
      .filter(({ metadata }) => metadata.name.startsWith(ref.serviceAccount))
      .map(({ spec }) => spec.replicas);
    expect(sets.sort()).toEqual([3, 7]);
    const report = await world().verify({ ref });
    expect([before, report].map(({ status }) => status)).toEqual([
      'rolling-out',
      'rolling-out',
    ]);
    expect(headline(report)).toMatch(/^Rolling out\b/);
    expect(report.workloads).toMatchObject({
      good: 10,
      all: 10,
      rollout: { running: 3, wanted: 8 },
    });
    expect(checkOf(report, 'workloads.injected').message).toBe(
      'All 10 running pods have the identity.',
    );
  });
});

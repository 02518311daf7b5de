import {
  container,
  inRestartWorld,
  policy,
  TO_CONTROLLERS,
  workload,
} from '../__testUtils__/restartWorld';

/** The longest time from the first sight of a reason to the end of the wait. */
const SOON_MS = 3_000;
/** A quota counts a pod that has ended for a moment, so that its refusal has to last for 3 s before it is certain. */
const QUOTA_MS = 5_000;

describe('a restart whose new pods do not come', () => {
  const { cluster, pods, outdated, restartStepwise } = inRestartWorld();
  const events = () => cluster().list('events', 'shop');
  const isRefused = () =>
    events().some(({ reason }: any) => reason === 'FailedCreate') ||
    cluster()
      .list('deployments', 'shop')
      .some(({ status }) =>
        status?.conditions?.some(
          (one: any) => one.type === 'ReplicaFailure' && one.status === 'True',
        ),
      );
  const isUnscheduled = () =>
    pods().some(({ status }) =>
      status.conditions?.some(
        (one: any) => one.type === 'PodScheduled' && one.status === 'False',
      ),
    );
  const isWaiting = () =>
    pods().some(({ status }) =>
      status.containerStatuses?.some(
        (one: any) =>
          one.state?.waiting?.reason === 'CreateContainerConfigError',
      ),
    );

  it.each(['Deployment', 'StatefulSet'])(
    'says so at most 3 s after a pod of a %s fits nowhere',
    async kind => {
      await outdated(workload(kind));
      await cluster().taint([{ key: 'full', effect: 'NoSchedule' }]);
      const { error, ms } = await restartStepwise(isUnscheduled);
      expect(error).toMatch(/nodes are available/);
      expect(ms).toBeLessThanOrEqual(SOON_MS);
    },
  );

  it.each([
    ['Deployment', 'No more of these.', SOON_MS],
    ['StatefulSet', 'No more of these.', SOON_MS],
    ['DaemonSet', 'No more of these.', SOON_MS],
    ['StatefulSet', 'exceeded quota: full', QUOTA_MS],
  ])(
    'says so soon after the API server refuses pods of a %s: "%s", within %d ms',
    async (kind, message, limit) => {
      await outdated(workload(kind));
      await cluster().apply(policy(TO_CONTROLLERS, message));
      const { error, ms } = await restartStepwise(isRefused);
      expect(error).toContain(message);
      expect(ms).toBeLessThanOrEqual(limit);
    },
  );

  it('says so at most 3 s after a container lacks a ConfigMap', async () => {
    const metadata = { name: 'settings', namespace: 'shop' };
    await cluster().apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
    const envFrom = [{ configMapRef: { name: 'settings' } }];
    await outdated(
      workload('Deployment', {}, { containers: [{ ...container, envFrom }] }),
    );
    await cluster().delete('configmaps', 'shop', 'settings');
    const { error, ms } = await restartStepwise(isWaiting);
    expect(error).toContain('configmap "settings" not found');
    expect(ms).toBeLessThanOrEqual(SOON_MS);
  });
});

import { startTestCluster, TestCluster } from '../__testUtils__/testCluster';
import { KubeObject } from '../types';

/** Roll-outs that are held back, refused, or come to an end without success. */
describe('roll-outs', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startTestCluster({ agent: false, clockRate: 0 });
  });

  afterAll(() => cluster.stop());

  const apply = (kind: string, name: string, more: object = {}) =>
    cluster.handle.apply({
      apiVersion: 'apps/v1',
      kind,
      metadata: { name },
      spec: {
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: {
            terminationGracePeriodSeconds: 0,
            containers: [{ name: 'c', image: 'nginx:1' }],
          },
        },
        ...more,
      },
    });
  const until = (
    resource: string,
    name: string,
    wanted: (o: KubeObject) => boolean,
  ) =>
    cluster.handle.waitFor(
      resource,
      'default',
      name,
      o => o?.status !== undefined && wanted(o),
    );
  const change = (
    resource: string,
    name: string,
    mutate: (o: KubeObject) => void,
  ) => cluster.handle.change(resource, 'default', name, mutate);
  const toImage = (resource: string, name: string, image: string) =>
    change(resource, name, ({ spec }) => {
      spec.template.spec.containers[0].image = image;
    });
  const conditions = (object: KubeObject | undefined) =>
    Object.fromEntries(
      object!.status.conditions.map((c: any) => [
        c.type,
        `${c.status} ${c.reason}`,
      ]),
    );
  const has = (field: string, value: string) => (object: KubeObject) =>
    object.status.conditions?.some((c: any) => c[field] === value) ?? false;
  const podsOf = (name: string) =>
    cluster.handle
      .list('pods', 'default')
      .filter(
        p => p.metadata.labels?.app === name && !p.metadata.deletionTimestamp,
      );
  const images = (name: string) =>
    Object.fromEntries(
      podsOf(name).map(({ metadata, spec }) => [
        metadata.name,
        spec.containers[0].image,
      ]),
    );
  const quota = (pods: number) =>
    cluster.handle.apply({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q' },
      spec: { hard: { pods: String(pods) } },
    });
  const noQuota = async () => {
    await cluster.handle.delete('resourcequotas', 'default', 'q');
    await cluster.core.clock.advance(5_000);
  };

  it('of a paused Deployment wait for its end, and its scale does not', async () => {
    await apply('Deployment', 'held', { replicas: 1 });
    await until('deployments', 'held', d => d.status.readyReplicas === 1);
    await change('deployments', 'held', ({ spec }) => {
      spec.paused = true;
      spec.template.spec.containers[0].image = 'nginx:2';
    });
    const held = await until(
      'deployments',
      'held',
      has('reason', 'DeploymentPaused'),
    );
    expect(conditions(held).Progressing).toBe('Unknown DeploymentPaused');
    expect(held!.status).not.toHaveProperty('updatedReplicas');
    await change('deployments', 'held', ({ spec }) => {
      spec.replicas = 2;
    });
    await until('deployments', 'held', d => d.status.readyReplicas === 2);
    expect(Object.values(images('held'))).toEqual(['nginx:1', 'nginx:1']);
    await change('deployments', 'held', ({ spec }) => {
      delete spec.paused;
    });
    const done = await until(
      'deployments',
      'held',
      d => d.status.updatedReplicas === 2 && d.status.replicas === 2,
    );
    expect(conditions(done).Progressing).toMatch(/^True /);
    expect(Object.values(images('held'))).toEqual(['nginx:2', 'nginx:2']);
  });

  it('of a Deployment say why pods are refused, and no more once they are not', async () => {
    await quota(podsOf('held').length);
    await apply('Deployment', 'full', { progressDeadlineSeconds: 60 });
    const refused = await until(
      'deployments',
      'full',
      has('type', 'ReplicaFailure'),
    );
    expect(conditions(refused)).toEqual({
      Available: 'False MinimumReplicasUnavailable',
      Progressing: 'True NewReplicaSetCreated',
      ReplicaFailure: 'True FailedCreate',
    });
    await cluster.core.clock.advance(60_001);
    const late = await until('deployments', 'full', has('status', 'False'));
    expect(conditions(late).Progressing).toBe('False ProgressDeadlineExceeded');
    await noQuota();
    const done = await until(
      'deployments',
      'full',
      d => d.status.readyReplicas === 1 && !has('type', 'ReplicaFailure')(d),
    );
    expect(conditions(done)).toEqual({
      Available: 'True MinimumReplicasAvailable',
      Progressing: 'True NewReplicaSetAvailable',
    });
  });

  it('of a DaemonSet count the pods that are refused, and try again', async () => {
    await quota(podsOf('held').length + podsOf('full').length);
    await apply('DaemonSet', 'refused');
    const refused = await until(
      'daemonsets',
      'refused',
      d => d.status.numberUnavailable > 0,
    );
    expect(refused!.status).toMatchObject({
      desiredNumberScheduled: 2,
      numberUnavailable: 2,
    });
    expect(
      cluster.handle
        .list('events', 'default')
        .filter(e => e.involvedObject.name === 'refused')
        .map(({ reason, message }) => `${reason} ${message}`)[0],
    ).toMatch(
      /^FailedCreate Error creating: pods "refused-\w+" is forbidden: exceeded quota: q,/,
    );
    await noQuota();
    await until('daemonsets', 'refused', d => d.status.numberReady === 2);
  });

  it('of a StatefulSet replace what its partition leaves to them, and keep the template of the rest', async () => {
    await apply('StatefulSet', 'part', {
      replicas: 2,
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { partition: 1 },
      },
    });
    await until('statefulsets', 'part', d => d.status.readyReplicas === 2);
    await toImage('statefulsets', 'part', 'nginx:2');
    await until(
      'statefulsets',
      'part',
      d => d.status.updatedReplicas === 1 && d.status.readyReplicas === 2,
    );
    expect(images('part')).toEqual({
      'part-0': 'nginx:1',
      'part-1': 'nginx:2',
    });
    const { uid } = cluster.handle.get('pods', 'default', 'part-0')!.metadata;
    await cluster.handle.delete('pods', 'default', 'part-0');
    await cluster.handle.waitFor(
      'pods',
      'default',
      'part-0',
      pod => pod !== undefined && pod.metadata.uid !== uid,
    );
    expect(images('part')).toEqual({
      'part-0': 'nginx:1',
      'part-1': 'nginx:2',
    });
    await change('statefulsets', 'part', ({ spec }) => {
      spec.updateStrategy.rollingUpdate.partition = 0;
    });
    await until('statefulsets', 'part', d => d.status.updatedReplicas === 2);
  });

  it('with OnDelete replace a pod only after a user has deleted it', async () => {
    await apply('StatefulSet', 'by-hand', {
      replicas: 1,
      updateStrategy: { type: 'OnDelete' },
    });
    await until('statefulsets', 'by-hand', d => d.status.readyReplicas === 1);
    await toImage('statefulsets', 'by-hand', 'nginx:2');
    await until(
      'statefulsets',
      'by-hand',
      d => d.status.observedGeneration === 2,
    );
    expect(images('by-hand')).toEqual({ 'by-hand-0': 'nginx:1' });
    await cluster.handle.delete('pods', 'default', 'by-hand-0');
    await until(
      'statefulsets',
      'by-hand',
      d => d.status.updatedReplicas === 1 && d.status.readyReplicas === 1,
    );
    expect(images('by-hand')).toEqual({ 'by-hand-0': 'nginx:2' });
  });

  it('leave the templates behind that a set has had, the present one the newest', async () => {
    await toImage('statefulsets', 'by-hand', 'nginx:1');
    await until(
      'statefulsets',
      'by-hand',
      d => d.status.observedGeneration === 3,
    );
    const kept = cluster.handle
      .list('controllerrevisions', 'default')
      .filter(one => one.metadata.labels?.app === 'by-hand')
      .map(({ revision, data }) => [
        revision,
        data.spec.template.spec.containers[0].image,
        data.spec.template.$patch,
      ]);
    expect(kept.sort()).toEqual([
      [2, 'nginx:2', 'replace'],
      [3, 'nginx:1', 'replace'],
    ]);
  });

  it.each([
    [
      'Deployment',
      { strategy: { type: 'Recreate', rollingUpdate: {} } },
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    [
      'StatefulSet',
      { updateStrategy: { type: 'Recreate' } },
      `spec.updateStrategy: Invalid value: {"Type":"Recreate","RollingUpdate":null}: must be 'RollingUpdate' or 'OnDelete'`,
    ],
  ])(
    'of a %s are not what its kind does not have',
    async (kind, more, words) => {
      await expect(apply(kind, 'odd', more)).rejects.toThrow(words);
    },
  );

  // The example of the Kubernetes documentation, "Proportional scaling".
  it('share what an autoscaler adds or takes among both ReplicaSets', async () => {
    const rollingUpdate = { maxSurge: 3, maxUnavailable: 2 };
    await apply('Deployment', 'scaled', {
      replicas: 10,
      strategy: { type: 'RollingUpdate', rollingUpdate },
    });
    await cluster.core.clock.advance(5_000);
    await until(
      'deployments',
      'scaled',
      o => o.status.availableReplicas === 10,
    );
    await toImage('deployments', 'scaled', 'registry.invalid/nginx:2');
    const sizes = () =>
      cluster.handle
        .list('replicasets', 'default')
        .filter(({ metadata }) => metadata.labels?.app === 'scaled')
        .map(({ spec }) => spec.replicas)
        .sort((a, b) => b - a);
    const are = (...wanted: number[]) =>
      until('deployments', 'scaled', () => sizes().join() === wanted.join());
    await are(8, 5);
    const scale = (replicas: number) =>
      change('deployments', 'scaled', ({ spec }) => {
        spec.replicas = replicas;
      });
    await scale(15);
    await are(11, 7);
    await cluster.core.clock.advance(5_000);
    await until(
      'deployments',
      'scaled',
      o => o.status.availableReplicas === 11,
    );
    expect(sizes()).toEqual([11, 7]);
    await scale(14);
    await are(10, 7);
    await scale(15);
    await are(11, 7);
    await cluster.core.clock.advance(5_000);
    await until(
      'deployments',
      'scaled',
      o => o.status.availableReplicas === 11,
    );
    expect(Object.values(images('scaled')).sort()).toEqual([
      ...Array(11).fill('nginx:1'),
      ...Array(7).fill('registry.invalid/nginx:2'),
    ]);
  });
});

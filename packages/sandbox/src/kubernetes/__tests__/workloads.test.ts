import { startTestCluster, TestCluster } from '../__testUtils__/testCluster';
import { KubeObject } from '../types';

describe('workloads', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startTestCluster({ agent: false, clockRate: 0 });
  });

  afterAll(() => cluster.stop());

  const template = (name: string, spec: Record<string, any> = {}) => ({
    metadata: { labels: { app: name } },
    spec: { containers: [{ name: 'c', image: 'nginx:1' }], ...spec },
  });
  const apply = (
    apiVersion: string,
    kind: string,
    name: string,
    spec: object,
  ) => cluster.handle.apply({ apiVersion, kind, metadata: { name }, spec });
  const podsOf = (name: string) =>
    cluster.handle
      .list('pods', 'default')
      .filter(
        p => p.metadata.labels?.app === name && !p.metadata.deletionTimestamp,
      );
  const until = (
    resource: string,
    name: string,
    wanted: (o: KubeObject) => boolean,
  ) =>
    cluster.handle.waitFor(
      resource,
      'default',
      name,
      o => o !== undefined && wanted(o),
    );

  it('rolls a Deployment within its surge, and counts revisions', async () => {
    await apply('apps/v1', 'Deployment', 'rolling', {
      replicas: 4,
      selector: { matchLabels: { app: 'rolling' } },
      template: template('rolling'),
    });
    await until('deployments', 'rolling', d => d.status.readyReplicas === 4);
    let most = 0;
    // By what they are to have, as a Deployment counts: a ReplicaSet deletes its pods a little later
    const stop = setInterval(() => {
      const sets = cluster.handle
        .list('replicasets', 'default')
        .filter(set => set.metadata.labels?.app === 'rolling');
      most = Math.max(
        most,
        sets.reduce((sum, set) => sum + set.spec.replicas, 0),
      );
    }, 1);
    await cluster.handle.change('deployments', 'default', 'rolling', d => {
      d.spec.template.spec.containers[0].image = 'nginx:2';
    });
    const done = await until(
      'deployments',
      'rolling',
      d =>
        d.status.updatedReplicas === 4 &&
        d.status.replicas === 4 &&
        d.status.readyReplicas === 4 &&
        d.status.observedGeneration === 2,
    );
    clearInterval(stop);
    expect(
      done!.metadata.annotations!['deployment.kubernetes.io/revision'],
    ).toBe('2');
    expect([4, 5]).toContain(most);
    const images = podsOf('rolling').map(p => p.spec.containers[0].image);
    expect(new Set(images)).toEqual(new Set(['nginx:2']));
    const conditions = Object.fromEntries(
      done!.status.conditions.map((c: any) => [c.type, c.reason]),
    );
    expect(conditions).toEqual({
      Available: 'MinimumReplicasAvailable',
      Progressing: 'NewReplicaSetAvailable',
    });
  });

  it('replaces a deleted pod of a ReplicaSet', async () => {
    const [{ metadata }] = podsOf('rolling');
    await cluster.handle.delete('pods', 'default', metadata.name, {
      gracePeriodSeconds: 0,
    });
    await until('deployments', 'rolling', d => d.status.readyReplicas === 4);
    expect(podsOf('rolling').map(p => p.metadata.name)).not.toContain(
      metadata.name,
    );
  });

  it('reports why a ReplicaSet cannot create its pods, and creates them once it can', async () => {
    await apply('apps/v1', 'Deployment', 'blocked', {
      selector: { matchLabels: { app: 'blocked' } },
      template: template('blocked', { serviceAccountName: 'later' }),
    });
    const failures = () =>
      cluster.handle
        .list('events', 'default')
        .filter(e => e.reason === 'FailedCreate');
    await cluster.handle.waitFor(
      'deployments',
      'default',
      'blocked',
      () => failures().length > 0,
    );
    expect(failures()[0].message).toMatch(
      /^Error creating: pods "blocked-\S+" is forbidden: error looking up service account default\/later: serviceaccount "later" not found$/,
    );
    await cluster.handle.apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'later' },
    });
    await cluster.core.clock.advance(5_000);
    await until('deployments', 'blocked', d => d.status.readyReplicas === 1);
  });

  it('rolls a DaemonSet out pod by pod, and first where a pod is not ready', async () => {
    await apply('apps/v1', 'DaemonSet', 'rolled', {
      selector: { matchLabels: { app: 'rolled' } },
      template: template('rolled'),
    });
    await until('daemonsets', 'rolled', d => d.status.numberReady === 2);
    const change = (image: string) =>
      cluster.handle.change('daemonsets', 'default', 'rolled', set => {
        set.spec.template.spec.containers[0].image = image;
      });
    const images = () =>
      podsOf('rolled')
        .map(p => p.spec.containers[0].image)
        .sort();
    const [good] = images();
    // Pods take their time to end.
    cluster.core.clock.setRate(100);
    await change('broken.invalid/app:2');
    await until(
      'daemonsets',
      'rolled',
      d => d.status.updatedNumberScheduled === 1 && d.status.numberReady === 1,
    );
    // One pod may be missing, and the new one is not ready: the other one stays.
    await cluster.core.clock.advance(60_000);
    expect(images()).toEqual(['broken.invalid/app:2', good].sort());
    await change('registry.example.com/app:3');
    await until(
      'daemonsets',
      'rolled',
      d => d.status.updatedNumberScheduled === 2 && d.status.numberReady === 2,
    );
    cluster.core.clock.setRate(0);
    expect(new Set(images())).toEqual(new Set(['registry.example.com/app:3']));
  });

  it('runs a DaemonSet on every matching node, including new ones', async () => {
    await cluster.handle.addNode({
      kind: 'auto',
      roleArn: cluster.nodeRoleArn,
    });
    await apply('apps/v1', 'DaemonSet', 'everywhere', {
      selector: { matchLabels: { app: 'everywhere' } },
      template: template('everywhere', {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                {
                  matchExpressions: [
                    {
                      key: 'eks.amazonaws.com/compute-type',
                      operator: 'NotIn',
                      values: ['auto'],
                    },
                  ],
                },
              ],
            },
          },
        },
      }),
    });
    await until('daemonsets', 'everywhere', d => d.status.numberReady === 2);
    const added = await cluster.handle.addNode({
      kind: 'managed',
      roleArn: cluster.nodeRoleArn,
    });
    await until('daemonsets', 'everywhere', d => d.status.numberReady === 3);
    expect(podsOf('everywhere').map(p => p.spec.nodeName)).toContain(added);
    await cluster.handle.removeNode(added);
    await until(
      'daemonsets',
      'everywhere',
      d => d.status.desiredNumberScheduled === 2,
    );
    await cluster.handle.taint([{ key: 'keep', effect: 'NoSchedule' }]);
    await until(
      'daemonsets',
      'everywhere',
      d => d.status.desiredNumberScheduled === 0,
    );
    await cluster.handle.taint([]);
    await until(
      'daemonsets',
      'everywhere',
      d => d.status.desiredNumberScheduled === 2,
    );
  });

  it('numbers the pods of a StatefulSet', async () => {
    await apply('apps/v1', 'StatefulSet', 'db', {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: template('db'),
    });
    await until('statefulsets', 'db', s => s.status.readyReplicas === 3);
    expect(podsOf('db').map(p => p.metadata.name)).toEqual([
      'db-0',
      'db-1',
      'db-2',
    ]);
    await cluster.handle.change('statefulsets', 'default', 'db', s => {
      s.spec.replicas = 1;
    });
    const shrunk = until('statefulsets', 'db', s => s.status.replicas === 1);
    for (let n = 0; n < 4; n++) {
      await cluster.core.clock.advance(1_000);
    }
    await shrunk;
    expect(podsOf('db').map(p => p.metadata.name)).toEqual(['db-0']);
  });

  it('gives each pod of a StatefulSet its own claim, instead of a volume of that name', async () => {
    const volumeMounts = ['data', 'logs'].map(name => ({
      name,
      mountPath: `/${name}`,
    }));
    await apply('apps/v1', 'StatefulSet', 'disk', {
      replicas: 2,
      serviceName: 'disk',
      selector: { matchLabels: { app: 'disk' } },
      template: template('disk', {
        containers: [{ name: 'c', image: 'nginx:1', volumeMounts }],
        volumes: [{ name: 'data', emptyDir: {} }],
      }),
      volumeClaimTemplates: ['data', 'logs'].map(name => ({
        metadata: { name },
        spec: {},
      })),
    });
    await until('statefulsets', 'disk', s => s.status.readyReplicas === 2);
    const volumes = podsOf('disk').map(({ spec }) =>
      spec.volumes.slice(0, 2).map((one: any) => one.persistentVolumeClaim),
    );
    expect(volumes).toEqual(
      ['disk-0', 'disk-1'].map(pod => [
        { claimName: `data-${pod}` },
        { claimName: `logs-${pod}` },
      ]),
    );
    expect(podsOf('disk')[0].spec.volumes).toHaveLength(3);
  });

  it('ends a Job when its pods have succeeded or failed too often', async () => {
    const job = (command: string, more: object) => ({
      ...more,
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [
            { name: 'c', image: 'busybox', command: ['sh', '-c', command] },
          ],
        },
      },
    });
    await apply(
      'batch/v1',
      'Job',
      'good',
      job('true', { completions: 2, parallelism: 2 }),
    );
    await apply('batch/v1', 'Job', 'bad', job('exit 1', { backoffLimit: 1 }));
    const good = await until('jobs', 'good', j => j.status.completionTime);
    expect(good!.status).toMatchObject({
      succeeded: 2,
      conditions: [{ type: 'Complete' }],
    });
    const bad = await until('jobs', 'bad', j => j.status.conditions);
    expect(bad!.status).toMatchObject({
      failed: 2,
      conditions: [{ type: 'Failed', reason: 'BackoffLimitExceeded' }],
    });
  });
});

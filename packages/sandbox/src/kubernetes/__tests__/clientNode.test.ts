import { PassThrough } from 'node:stream';
import * as k8s from '@kubernetes/client-node';
import {
  bearerToken,
  startTestCluster,
  TestCluster,
} from '../__testUtils__/testCluster';
import { pod, wire } from '../__testUtils__/wire';

describe('@kubernetes/client-node', () => {
  let cluster: TestCluster;
  let config: k8s.KubeConfig;
  let core: k8s.CoreV1Api;

  beforeAll(async () => {
    cluster = await startTestCluster({ agent: false });
    config = new k8s.KubeConfig();
    const connection = cluster.kubernetes.connection(cluster.key)!;
    config.loadFromClusterAndUser(
      {
        name: 'demo',
        server: connection.endpoint,
        caData: connection.certificateAuthorityData,
        skipTLSVerify: false,
      },
      {
        name: 'admin',
        token: await bearerToken(cluster.credentials.admin, 'demo'),
      },
    );
    core = config.makeApiClient(k8s.CoreV1Api);
  });

  afterAll(() => cluster.stop());

  it('runs a pod and reads its termination message, its log and its events', async () => {
    const created = await core.createNamespacedPod({
      namespace: 'default',
      body: pod('once', {
        spec: {
          restartPolicy: 'Never',
          containers: [
            {
              name: 'main',
              image: 'busybox',
              command: [
                'sh',
                '-c',
                'echo out; printf done > /dev/termination-log; exit 4',
              ],
            },
          ],
        },
      }),
    });
    expect(created.status?.phase).toBe('Pending');
    await cluster.handle.waitFor(
      'pods',
      'default',
      'once',
      p => p?.status.phase === 'Failed',
    );
    const read = await core.readNamespacedPod({
      namespace: 'default',
      name: 'once',
    });
    expect(read.status?.containerStatuses?.[0].state?.terminated).toMatchObject(
      {
        exitCode: 4,
        reason: 'Error',
        message: 'done',
      },
    );
    expect(
      await core.readNamespacedPodLog({ namespace: 'default', name: 'once' }),
    ).toBe('out\n');
    const events = await core.listNamespacedEvent({
      namespace: 'default',
      fieldSelector: 'involvedObject.name=once,type=Normal',
    });
    expect(events.items.map(e => e.reason)).toEqual([
      'Scheduled',
      'Pulling',
      'Pulled',
      'Created',
      'Started',
    ]);
  });

  it('does dry runs, and gets refusals as errors with a Status', async () => {
    const { spec } = await core.createNamespacedPod({
      namespace: 'default',
      body: pod('dry'),
      dryRun: 'All',
    });
    expect(spec?.schedulerName).toBe('default-scheduler');
    const error = await core
      .readNamespacedPod({ namespace: 'default', name: 'dry' })
      .catch(e => e);
    expect(error.code).toBe(404);
    expect(JSON.parse(error.body)).toMatchObject({ reason: 'NotFound' });
  });

  it('patches with strategic merge', async () => {
    await core.createNamespacedServiceAccount({
      namespace: 'default',
      body: { metadata: { name: 'patched', labels: { a: 'b' } } },
    });
    const merged = await core.patchNamespacedServiceAccount(
      {
        namespace: 'default',
        name: 'patched',
        body: { metadata: { labels: { c: 'd' } } },
      },
      k8s.setHeaderOptions(
        'Content-Type',
        k8s.PatchStrategy.StrategicMergePatch,
      ),
    );
    expect(merged.metadata?.labels).toEqual({ a: 'b', c: 'd' });
  });

  it('watches by field, from a revision, until an object is deleted', async () => {
    const list = await core.listNamespacedPod({ namespace: 'default' });
    const seen: string[] = [];
    const gone = new Promise<void>((resolve, reject) => {
      void new k8s.Watch(config).watch(
        '/api/v1/namespaces/default/pods',
        {
          fieldSelector: 'metadata.name=watched',
          resourceVersion: list.metadata?.resourceVersion,
          allowWatchBookmarks: true,
          timeoutSeconds: 60,
        },
        (type, object) => {
          seen.push(`${type} ${object.status?.phase ?? ''}`);
          if (type === 'DELETED') resolve();
        },
        error => (error ? reject(error) : resolve()),
      );
    });
    await core.createNamespacedPod({
      namespace: 'default',
      body: pod('unrelated'),
    });
    await core.createNamespacedPod({
      namespace: 'default',
      body: pod('watched'),
    });
    await cluster.handle.waitFor(
      'pods',
      'default',
      'watched',
      p => p?.status.phase === 'Running',
    );
    await core.deleteNamespacedPod({
      namespace: 'default',
      name: 'watched',
      gracePeriodSeconds: 0,
    });
    await gone;
    expect(seen[0]).toBe('ADDED Pending');
    expect(seen).toContain('MODIFIED Running');
    expect(seen[seen.length - 1]).toMatch(/^DELETED/);
  });

  it('executes a command with separate streams and its exit code', async () => {
    await core.createNamespacedPod({
      namespace: 'default',
      body: pod('target'),
    });
    await cluster.handle.waitFor(
      'pods',
      'default',
      'target',
      p => p?.status.phase === 'Running',
    );
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const texts = { out: '', err: '' };
    stdout.on('data', chunk => (texts.out += chunk));
    stderr.on('data', chunk => (texts.err += chunk));
    const status = await new Promise<k8s.V1Status>((resolve, reject) => {
      new k8s.Exec(config)
        .exec(
          'default',
          'target',
          'main',
          ['sh', '-c', 'echo "$HOSTNAME"; echo oops >&2; exit 3'],
          stdout,
          stderr,
          null,
          false,
          resolve,
        )
        .catch(reject);
    });
    expect(status).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
    expect(texts).toEqual({ out: 'target\n', err: 'oops\n' });
  });

  it('ends a watch from a revision that is no longer kept', async () => {
    const { body } = await wire(cluster).get(
      '/api/v1/namespaces/default/pods?watch=true&resourceVersion=1&timeoutSeconds=1',
    );
    // Every revision is still kept, so the stream may hold events but no error.
    expect(JSON.stringify(body)).not.toContain('ERROR');
    for (let n = 0; n < 2_100; n++) {
      await cluster.handle.change(
        'configmaps',
        'default',
        'kube-root-ca.crt',
        o => {
          o.data.round = String(n);
        },
      );
    }
    const answer = await wire(cluster).get(
      '/api/v1/namespaces/default/pods?watch=true&resourceVersion=1&timeoutSeconds=1',
    );
    expect(answer.body).toMatchObject({
      type: 'ERROR',
      object: { code: 410, reason: 'Expired' },
    });
  });
});

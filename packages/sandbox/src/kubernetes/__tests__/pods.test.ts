import { startTestCluster, TestCluster } from '../__testUtils__/testCluster';
import { pod } from '../__testUtils__/wire';

/** A container that runs a shell script. */
const script = (text: string, more: object = {}) => ({
  name: 'main',
  image: 'busybox:1.36',
  command: ['sh', '-c', text],
  ...more,
});

describe('pods', () => {
  let cluster: TestCluster;

  beforeEach(async () => {
    cluster = await startTestCluster({
      agent: false,
      clockRate: 0,
      delays: { podStart: 2_000 },
    });
  });

  afterEach(async () => {
    await cluster.stop();
    if (cluster.lines.length > 0) {
      throw new Error(`The sandbox logged: ${cluster.lines.join('\n')}`);
    }
  });

  const advance = (ms: number) => cluster.core.clock.advance(ms);
  const get = (name: string) => cluster.handle.get('pods', 'default', name);
  const phase = (name: string) => get(name)?.status.phase;
  const container = (name: string, index = 0) =>
    get(name)!.status.containerStatuses[index];
  const apply = (name: string, spec: Record<string, any>) =>
    cluster.handle.apply(
      pod(name, { spec: { restartPolicy: 'Never', ...spec } }),
    );
  const until = (name: string, wanted: (p: any) => boolean) =>
    cluster.handle.waitFor(
      'pods',
      'default',
      name,
      p => p !== undefined && wanted(p),
    );
  const events = (name: string) =>
    cluster.handle
      .list('events', 'default')
      .filter(e => e.involvedObject.name === name)
      .map(e => `${e.type} ${e.reason}: ${e.message}`);

  /** Resolves once an event with that reason exists. */
  const eventOf = async (name: string, reason: string) => {
    while (!events(name).some(e => e.split(' ')[1] === `${reason}:`)) {
      await new Promise(resolve => {
        setTimeout(resolve, 5);
      });
    }
  };

  it('start after the delay, run and end', async () => {
    await apply('p', { containers: [script('sleep 30; echo fin')] });
    await until('p', p => p.spec.nodeName && p.status.containerStatuses);
    expect(phase('p')).toBe('Pending');
    expect(container('p').state).toEqual({
      waiting: { reason: 'ContainerCreating' },
    });
    await advance(2_000);
    await until('p', p => p.status.phase === 'Running');
    expect(get('p')!.status.podIP).toMatch(/^10\./);
    await advance(30_000);
    await until('p', p => p.status.phase === 'Succeeded');
    expect(container('p').state.terminated).toMatchObject({
      exitCode: 0,
      reason: 'Completed',
    });
  });

  it('run init containers first, one after the other, on shared volumes', async () => {
    const mount = { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] };
    await apply('p', {
      volumes: [{ name: 'shared', emptyDir: {} }],
      initContainers: [
        { ...script('echo one >> /shared/log', mount), name: 'one' },
        { ...script('echo two >> /shared/log', mount), name: 'two' },
      ],
      containers: [script('cat /shared/log > /dev/termination-log', mount)],
    });
    await until('p', p => p.status.containerStatuses);
    await advance(2_000);
    await until('p', p => p.status.phase === 'Succeeded');
    expect(container('p').state.terminated.message).toBe('one\ntwo\n');
  });

  it('fail when an init container fails', async () => {
    await apply('p', {
      initContainers: [{ ...script('exit 7'), name: 'init' }],
      containers: [script('echo never')],
    });
    await until('p', p => p.status.containerStatuses);
    await advance(2_000);
    await until('p', p => p.status.phase === 'Failed');
    expect(
      get('p')!.status.initContainerStatuses[0].state.terminated.exitCode,
    ).toBe(7);
    expect(container('p').state.waiting).toEqual({ reason: 'PodInitializing' });
  });

  it('restart with growing pauses, and keep the state of the last run', async () => {
    await apply('p', {
      restartPolicy: 'Always',
      containers: [script('echo run; exit 1')],
    });
    await until('p', p => p.status.containerStatuses);
    await advance(2_000);
    await until(
      'p',
      p =>
        p.status.containerStatuses[0].state.waiting?.reason ===
        'CrashLoopBackOff',
    );
    expect(container('p')).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
      state: {
        waiting: {
          message: expect.stringContaining(
            'back-off 10s restarting failed container=main',
          ),
        },
      },
    });
    await advance(10_000);
    await until('p', p => p.status.containerStatuses[0].restartCount === 2);
    expect(phase('p')).toBe('Running');
  });

  it('are killed where they take more memory than their limit', async () => {
    const stress = (memory: string) => ({
      name: 'main',
      image: 'polinux/stress',
      command: ['stress', '--vm', '1', '--vm-bytes', '250M'],
      resources: { limits: { memory } },
    });
    await apply('much', { containers: [stress('1Gi')] });
    await apply('p', { containers: [stress('100Mi')] });
    await until('p', p => p.status.containerStatuses);
    await advance(2_000);
    await until('p', p => p.status.phase === 'Failed');
    expect(container('p').state.terminated).toMatchObject({
      exitCode: 137,
      reason: 'OOMKilled',
    });
    await until('much', p => p.status.phase === 'Running');
  });

  it('end at their deadline', async () => {
    await apply('p', {
      activeDeadlineSeconds: 20,
      containers: [script('sleep 3600')],
    });
    await until('p', p => p.status.containerStatuses);
    await advance(2_000);
    await until('p', p => p.status.phase === 'Running');
    await advance(18_000);
    await until('p', p => p.status.phase === 'Failed');
    expect(get('p')!.status).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
    expect(container('p').state.terminated.exitCode).toBe(137);
  });

  it('wait for an image that cannot be pulled, and report it', async () => {
    cluster.handle.setImages(['busybox*']);
    await apply('p', {
      containers: [{ name: 'main', image: 'registry.example.com/no/such:1' }],
    });
    await until('p', p => p.status.containerStatuses);
    await advance(2_000);
    await until(
      'p',
      p =>
        p.status.containerStatuses[0].state.waiting.reason === 'ErrImagePull',
    );
    expect(container('p').state.waiting.message).toBe(
      'failed to pull and unpack image "registry.example.com/no/such:1": failed to resolve reference "registry.example.com/no/such:1": registry.example.com/no/such:1: not found',
    );
    await advance(2_000);
    await until(
      'p',
      p =>
        p.status.containerStatuses[0].state.waiting.reason ===
        'ImagePullBackOff',
    );
    expect(phase('p')).toBe('Pending');
    expect(events('p')).toContain('Warning Failed: Error: ErrImagePull');
    cluster.handle.setImages(undefined);
    await until('p', p => p.status.phase === 'Running');
  });

  it("stay pending with the scheduler's message until a node fits", async () => {
    const [first, second] = cluster.handle
      .list('nodes')
      .map(n => n.metadata.name);
    await cluster.handle.taint(
      [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }],
      first,
    );
    await apply('p', {
      nodeSelector: { disk: 'ssd' },
      containers: [script('true')],
    });
    await until('p', p => p.status.conditions);
    const [condition] = get('p')!.status.conditions;
    expect(condition).toMatchObject({
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message:
        "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {dedicated: gpu}. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    });
    await cluster.handle.waitFor('pods', 'default', 'p', () =>
      events('p').some(e =>
        e.startsWith('Warning FailedScheduling: 0/2 nodes'),
      ),
    );
    await cluster.handle.change('nodes', undefined, second, node => {
      node.metadata.labels = { ...node.metadata.labels, disk: 'ssd' };
    });
    await until('p', p => p.spec.nodeName === second);
  });

  it('do not fit on full nodes', async () => {
    const hungry = { resources: { requests: { cpu: '1500m' } } };
    for (const name of ['a', 'b', 'c']) {
      await apply(name, { containers: [script('sleep 1', hungry)] });
    }
    await until('c', p => p.status.conditions);
    expect(get('c')!.status.conditions[0].message).toMatch(
      /^0\/2 nodes are available: 2 Insufficient cpu\./,
    );
  });

  it('wait for missing volumes and environment sources', async () => {
    await apply('v', {
      volumes: [{ name: 'c', configMap: { name: 'later' } }],
      containers: [
        script('cat /c/key > /dev/termination-log', {
          volumeMounts: [{ name: 'c', mountPath: '/c' }],
        }),
      ],
    });
    await apply('e', {
      containers: [
        script('printf "$KEY" > /dev/termination-log', {
          env: [
            {
              name: 'KEY',
              valueFrom: { configMapKeyRef: { name: 'later', key: 'key' } },
            },
          ],
        }),
      ],
    });
    await until('v', p => p.status.containerStatuses);
    await until('e', p => p.status.containerStatuses);
    await advance(2_000);
    await until(
      'e',
      p =>
        p.status.containerStatuses[0].state.waiting?.reason ===
        'CreateContainerConfigError',
    );
    expect(container('e').state.waiting.message).toBe(
      'configmap "later" not found',
    );
    await cluster.handle.waitFor('pods', 'default', 'v', () =>
      events('v').includes(
        'Warning FailedMount: MountVolume.SetUp failed for volume "c" : configmap "later" not found',
      ),
    );
    await cluster.handle.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'later' },
      data: { key: 'value' },
    });
    await advance(2_000);
    for (const name of ['v', 'e']) {
      await until(name, p => p.status.phase === 'Succeeded');
      expect(container(name).state.terminated.message).toBe('value');
    }
  });

  it('end after the grace period when they hang, and at once when forced', async () => {
    const stop = cluster.handle.hangPods(p =>
      p.metadata.name.startsWith('stuck'),
    );
    for (const name of ['stuck', 'stuck-forced', 'fine']) {
      await apply(name, {
        terminationGracePeriodSeconds: 30,
        containers: [script('sleep 3600')],
      });
      await until(name, p => p.status.containerStatuses);
    }
    await advance(2_000);
    for (const name of ['stuck', 'stuck-forced', 'fine']) {
      await until(name, p => p.status.phase === 'Running');
    }
    await cluster.handle.delete('pods', 'default', 'stuck');
    await cluster.handle.delete('pods', 'default', 'fine');
    await cluster.handle.delete('pods', 'default', 'stuck-forced', {
      gracePeriodSeconds: 0,
    });
    expect(get('stuck-forced')).toBeUndefined();
    expect(get('stuck')!.metadata).toMatchObject({
      deletionGracePeriodSeconds: 30,
    });
    await advance(1_000);
    await cluster.handle.waitFor(
      'pods',
      'default',
      'fine',
      p => p === undefined,
    );
    await advance(28_000);
    expect(get('stuck')).toBeDefined();
    await advance(1_000);
    await cluster.handle.waitFor(
      'pods',
      'default',
      'stuck',
      p => p === undefined,
    );
    stop();
  });

  it('can have a read-only root, with a writable termination log and volumes', async () => {
    await apply('p', {
      volumes: [{ name: 'tmp', emptyDir: {} }],
      containers: [
        script(
          'echo a > /tmp/a && cat /tmp/a > /dev/termination-log; echo b > /etc/b; echo not reached',
          {
            securityContext: { readOnlyRootFilesystem: true },
            volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
          },
        ),
      ],
    });
    await until('p', p => p.status.containerStatuses);
    await advance(2_000);
    await until('p', p => p.status.phase === 'Failed');
    expect(container('p').state.terminated).toMatchObject({
      exitCode: 1,
      message: 'a\n',
    });
  });

  it('fall back to the log for the termination message when the policy says so', async () => {
    await apply('p', {
      containers: [
        script('echo it broke; exit 2', {
          terminationMessagePolicy: 'FallbackToLogsOnError',
        }),
      ],
    });
    await until('p', p => p.status.containerStatuses);
    await advance(2_000);
    await until('p', p => p.status.phase === 'Failed');
    expect(container('p').state.terminated.message).toBe('it broke\n');
  });

  it('do not start a program that is not in the image', async () => {
    await apply('p', {
      containers: [{ name: 'main', image: 'busybox', command: ['nonsense'] }],
    });
    await until('p', p => p.status.containerStatuses);
    await advance(2_000);
    await until('p', p => p.status.phase === 'Failed');
    expect(container('p').state.terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message: expect.stringContaining(
        'exec: "nonsense": executable file not found in $PATH: unknown',
      ),
    });
  });

  it('are deleted with their node', async () => {
    await apply('p', { containers: [script('sleep 3600')] });
    await until('p', p => p.status.containerStatuses);
    await cluster.handle.removeNode(get('p')!.spec.nodeName);
    await cluster.handle.waitFor('pods', 'default', 'p', p => p === undefined);
    expect(cluster.handle.list('nodes')).toHaveLength(1);
  });

  it("keep running as long as a mesh's sidecar does", async () => {
    cluster.handle.addSidecarInjector();
    await apply('p', {
      containers: [script('echo done > /dev/termination-log')],
    });
    await until('p', p => p.status.containerStatuses);
    await advance(2_000);
    await until('p', p => p.status.containerStatuses[0].state.terminated);
    expect(phase('p')).toBe('Running');
    expect(container('p', 1).state.running).toBeDefined();
  });

  it('become ready when their readiness probe succeeds', async () => {
    await apply('p', {
      containers: [
        script('sleep 3600', {
          readinessProbe: {
            exec: { command: ['test', '-f', '/tmp/ready'] },
            periodSeconds: 5,
          },
        }),
      ],
    });
    await until('p', p => p.status.containerStatuses);
    await advance(2_000);
    await until('p', p => p.status.phase === 'Running');
    expect(container('p').ready).toBe(false);
    await eventOf('p', 'Unhealthy');
    await cluster.handle.exec('default', 'p', ['touch', '/tmp/ready']);
    await advance(5_000);
    await until('p', p => p.status.containerStatuses[0].ready);
  });
});

describe('Fargate', () => {
  it('gives a matching pod its own node, without an agent', async () => {
    const roleArn = 'arn:aws:iam::111122223333:role/fargate';
    const cluster = await startTestCluster({
      agent: false,
      fargate: { roleArn, selectors: [{ namespace: 'serverless' }] },
    });
    try {
      await cluster.handle.apply({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'serverless' },
      });
      await cluster.handle.waitFor(
        'serviceaccounts',
        'serverless',
        'default',
        Boolean,
      );
      await cluster.handle.apply({
        ...pod('f'),
        metadata: { name: 'f', namespace: 'serverless' },
      });
      const running = await cluster.handle.waitFor(
        'pods',
        'serverless',
        'f',
        p => p?.status.phase === 'Running',
      );
      expect(running!.spec.schedulerName).toBe('fargate-scheduler');
      const node = cluster.handle.get(
        'nodes',
        undefined,
        running!.spec.nodeName,
      )!;
      expect(node.metadata.labels).toMatchObject({
        'eks.amazonaws.com/compute-type': 'fargate',
      });
      await cluster.handle.delete('pods', 'serverless', 'f', {
        gracePeriodSeconds: 0,
      });
      await cluster.handle.waitFor(
        'nodes',
        undefined,
        node.metadata.name,
        n => n === undefined,
      );
    } finally {
      await cluster.stop();
    }
  });
});

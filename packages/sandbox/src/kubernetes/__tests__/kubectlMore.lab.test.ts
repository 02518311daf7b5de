/** @needs kubectl */
import { interact } from '../__testUtils__/interactive';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  run,
  startTestCluster,
  TestCluster,
} from '../__testUtils__/testCluster';

describe('more of the real kubectl', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startTestCluster({ agent: false });
    await cluster.handle.apply([
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'box', namespace: 'default', labels: { app: 'box' } },
        spec: {
          containers: [
            { name: 'main', image: 'busybox:1.36', command: ['sleep', '3600'] },
          ],
        },
      },
    ]);
    await cluster.handle.waitFor(
      'pods',
      'default',
      'box',
      p => p?.status.phase === 'Running',
    );
  });

  afterAll(() => cluster.stop());

  const env = () => ({
    HOME: cluster.home,
    KUBECONFIG: cluster.adminConfig,
  });

  /** Resolves once a request with this operation was answered. */
  const callOf = async (operation: string) => {
    while (!cluster.core.calls.calls().some(c => c.operation === operation)) {
      await new Promise(resolve => {
        setTimeout(resolve, 5);
      });
    }
  };

  /** Standard output of a command that must succeed with nothing on standard error. */
  const ok = async (...args: string[]) => {
    const { code, stdout, stderr } = await cluster.kubectl(args);
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
    return stdout;
  };

  it('annotates an object of which no manager owns a field', async () => {
    await ok('create', 'serviceaccount', 'bare');
    await ok('annotate', 'serviceaccount', 'bare', 'team=platform');
    expect(
      await ok('get', 'sa', 'bare', '-o', 'jsonpath={.metadata.annotations}'),
    ).toBe('{"team":"platform"}');
  });

  it('shows who the caller is and what it may do', async () => {
    expect(await ok('auth', 'whoami')).toMatch(
      /^Username +arn:aws:iam::111122223333:user\/platform-admin$/m,
    );
    expect(await ok('auth', 'can-i', 'create', 'pods')).toBe('yes\n');
    const { user, key } = cluster.aws.iam.putUser({ name: 'viewer' });
    cluster.aws.eks.putAccessEntry('demo', {
      principalArn: user.arn,
      groups: ['viewers'],
    });
    const apiGroup = 'rbac.authorization.k8s.io';
    await cluster.handle.apply([
      {
        apiVersion: `${apiGroup}/v1`,
        kind: 'Role',
        metadata: { name: 'view', namespace: 'default' },
        rules: [
          {
            apiGroups: [''],
            resources: ['pods'],
            verbs: ['get', 'list', 'watch'],
          },
        ],
      },
      {
        apiVersion: `${apiGroup}/v1`,
        kind: 'RoleBinding',
        metadata: { name: 'view', namespace: 'default' },
        roleRef: { apiGroup, kind: 'Role', name: 'view' },
        subjects: [{ apiGroup, kind: 'Group', name: 'viewers' }],
      },
    ]);
    const config = await cluster.kubeconfig(key, 'viewer');
    const asViewer = (...args: string[]) => cluster.kubectl(args, { config });
    expect(await asViewer('auth', 'can-i', 'get', 'pods')).toMatchObject({
      code: 0,
      stdout: 'yes\n',
    });
    expect(await asViewer('auth', 'can-i', 'create', 'pods')).toMatchObject({
      code: 1,
      stdout: 'no\n',
    });
    expect((await asViewer('auth', 'can-i', '--list')).stdout).toMatch(
      /^pods +\[\] +\[\] +\[get list watch\]$/m,
    );
    expect((await asViewer('get', 'nodes')).stderr).toBe(
      `Error from server (Forbidden): nodes is forbidden: User "${user.arn}" cannot list resource "nodes" in API group "" at the cluster scope\n`,
    );
    const stranger = await cluster.kubeconfig(
      cluster.credentials.nobody,
      'nobody',
    );
    expect(
      (await cluster.kubectl(['get', 'pods'], { config: stranger })).stderr,
    ).toContain('error: You must be logged in to the server');
  });

  it('creates with typed commands, which send protobuf', async () => {
    const created = [
      ['ns', 'made'],
      ['sa', 'robot', '-n', 'made'],
      ['deployment', 'web', '-n', 'made', '--image=nginx:1.27', '--replicas=2'],
    ];
    for (const args of created) {
      expect(await ok('create', ...args)).toMatch(/ created\n$/);
    }
    const token = await ok(
      ...['create', 'token', 'robot', '-n', 'made', '--duration=10m'],
      '--audience=sts.amazonaws.com',
    );
    const [, claims] = token.split('.');
    expect(
      JSON.parse(Buffer.from(claims, 'base64url').toString()),
    ).toMatchObject({
      aud: ['sts.amazonaws.com'],
      sub: 'system:serviceaccount:made:robot',
    });
    const refused = await cluster.kubectl(
      ['create', 'secret', 'generic', 'key', '-n', 'made'],
      {},
    );
    expect(refused.code).toBe(1);
    await cluster.handle.apply({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once', namespace: 'made' },
      spec: {
        template: {
          spec: {
            restartPolicy: 'Never',
            containers: [
              {
                name: 'once',
                image: 'busybox',
                command: ['sh', '-c', 'echo job done'],
              },
            ],
          },
        },
      },
    });
    expect(
      await ok(
        'rollout',
        'status',
        'deployment/web',
        '-n',
        'made',
        '--timeout=10s',
      ),
    ).toContain('successfully rolled out');
    expect(
      await ok(
        'wait',
        '--for=condition=complete',
        'job/once',
        '-n',
        'made',
        '--timeout=10s',
      ),
    ).toBe('job.batch/once condition met\n');
    expect(await ok('logs', 'job/once', '-n', 'made')).toBe('job done\n');
    await ok('delete', 'ns', 'made', '--timeout=10s');
    expect(cluster.handle.get('namespaces', undefined, 'made')).toBeUndefined();
  });

  it('restarts and scales a Deployment', async () => {
    await ok(
      'create',
      'deployment',
      'app',
      '--image=nginx:1.27',
      '--replicas=2',
    );
    await ok('rollout', 'status', 'deployment/app', '--timeout=10s');
    const pods = () =>
      cluster.handle
        .list('pods', 'default')
        .filter(
          p =>
            p.metadata.labels?.app === 'app' && !p.metadata.deletionTimestamp,
        )
        .map(p => p.metadata.name);
    const before = pods();
    expect(await ok('rollout', 'restart', 'deployment/app')).toBe(
      'deployment.apps/app restarted\n',
    );
    await ok('rollout', 'status', 'deployment/app', '--timeout=10s');
    expect(pods().filter(name => before.includes(name))).toEqual([]);
    expect(await ok('rollout', 'history', 'deployment/app')).toMatch(
      /^2 +<none>$/m,
    );
    await ok('scale', 'deployment/app', '--replicas=0');
    await cluster.handle.waitFor(
      'deployments',
      'default',
      'app',
      d => !d?.status.replicas,
    );
    expect(await ok('get', 'deploy', 'app')).toMatch(/^app +0\/0 +0 +0 /m);
    await ok('delete', 'deployment', 'app');
  });

  it('shows the details of a pod', async () => {
    expect(await ok('get', 'pods', 'box', '-o', 'wide')).toMatch(
      /^box +1\/1 +Running +0 +\d+s +10\.0\.\d+\.\d+ +ip-10-0-\S+ +<none> +<none>$/m,
    );
    const text = await ok('describe', 'pod', 'box');
    expect(text).toMatch(/^Status: +Running$/m);
    expect(text).toMatch(
      /Normal +Started +\S+ +kubelet +Started container main$/m,
    );
    expect(
      await ok('get', 'events', '--field-selector', 'involvedObject.name=box'),
    ).toMatch(
      /Normal +Scheduled +pod\/box +Successfully assigned default\/box to ip-/,
    );
    expect(await ok('version')).toContain('Server Version: v1.32.0-eks-');
    expect(
      (await cluster.kubectl(['get', 'pods', '--field-selector', 'x=y']))
        .stderr,
    ).toBe(
      'Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "x=y": field label not supported: x\n',
    );
  });

  it('runs commands in a pod, with input, files and exit codes', async () => {
    const failing = await cluster.kubectl([
      'exec',
      'box',
      '--',
      'sh',
      '-c',
      'echo out; echo err >&2; exit 3',
    ]);
    expect(failing).toEqual({
      code: 3,
      stdout: 'out\n',
      stderr: 'err\ncommand terminated with exit code 3\n',
    });
    const counted = await cluster.kubectl(
      ['exec', '-i', 'box', '--', 'wc', '-l'],
      {
        input: 'one\ntwo\n',
      },
    );
    expect(counted.stdout.trim()).toBe('2');
    const file = join(cluster.home, 'file.txt');
    await writeFile(file, 'carried over');
    await ok('cp', file, 'box:/tmp/file.txt');
    expect(await ok('exec', 'box', '--', 'cat', '/tmp/file.txt')).toBe(
      'carried over',
    );
    const unknown = await cluster.kubectl([
      'exec',
      'box',
      '-c',
      'nope',
      '--',
      'true',
    ]);
    expect(unknown.stderr).toContain('container nope is not valid for pod box');
    const missing = await cluster.kubectl(['exec', 'box', '--', 'aws']);
    expect(missing.stderr).toContain(
      'exec: "aws": executable file not found in $PATH',
    );
  });

  it('says on a terminal that it has no interactive shell', async () => {
    const shell = interact(
      'script',
      ['-qec', 'kubectl exec -it box -- sh', '/dev/null'],
      env(),
    );
    await shell.until('The sandbox has no interactive shell.');
    expect(await shell.ended).toBe(1);
  });

  it('interrupts a program on a terminal', async () => {
    cluster.core.calls.reset();
    const program = interact(
      'script',
      [
        '-qec',
        'kubectl exec -it box -- sh -c "echo up; sleep 1000"',
        '/dev/null',
      ],
      env(),
    );
    await callOf('get pods/exec');
    program.type('\x03');
    await program.ended;
    expect(program.output()).not.toContain('no interactive shell');
  });

  it('applies on the server, and explains conflicts', async () => {
    const manifest = (key: string) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'applied' },
        data: { key },
      });
    const apply = (key: string, ...more: string[]) =>
      cluster.kubectl(['apply', '--server-side', ...more, '-f', '-'], {
        input: manifest(key),
      });
    expect(await apply('1')).toMatchObject({
      stdout: 'configmap/applied serverside-applied\n',
    });
    const conflict = await apply('2', '--field-manager=other');
    expect(conflict.code).toBe(1);
    expect(conflict.stderr).toContain('conflict with "kubectl": .data.key');
    expect(
      (await apply('2', '--field-manager=other', '--force-conflicts')).code,
    ).toBe(0);
    const edited = await run('kubectl', ['edit', 'configmap', 'applied'], {
      env: {
        HOME: cluster.home,
        KUBECONFIG: cluster.adminConfig,
        KUBE_EDITOR: 'sed -i s/key:.*/key:\\ edited/',
      },
    });
    expect(edited.stdout).toBe('configmap/applied edited\n');
    expect(
      cluster.handle.get('configmaps', 'default', 'applied')!.data.key,
    ).toBe('edited');
    const dry = await ok(
      'run',
      'dry',
      '--image=amazon/aws-cli',
      '--dry-run=server',
      '-o',
      'yaml',
    );
    expect(dry).toContain('schedulerName: default-scheduler');
    expect(cluster.handle.get('pods', 'default', 'dry')).toBeUndefined();
  });

  it('follows a pod, from creation to its end', async () => {
    await cluster.handle.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'short', namespace: 'default' },
      spec: {
        restartPolicy: 'Never',
        containers: [
          { name: 'main', image: 'busybox', command: ['sleep', '600'] },
        ],
      },
    });
    await cluster.handle.waitFor(
      'pods',
      'default',
      'short',
      p => p?.status.phase === 'Running',
    );
    cluster.core.calls.reset();
    const watching = interact('kubectl', ['get', 'pods', 'short', '-w'], env());
    await watching.until('1/1     Running');
    // kubectl drops the first event of its watch, so the change must come after it.
    await callOf('watch pods');
    await cluster.core.clock.advance(600_000);
    await watching.until('0/1     Completed');
    await cluster.handle.delete('pods', 'default', 'short');
    watching.stop();
    await watching.ended;
    expect(watching.output()).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE$/m);
  });
});

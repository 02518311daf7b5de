import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { awsVariables, bundle } from './__testUtils__/bundles';
import { CliWorld } from './__testUtils__/CliWorld';
import { leftOut } from './__testUtils__/leftOut';
import { runCommand } from './__testUtils__/runCommand';

const DEPLOY = resolve(__dirname, '../../../deploy');
const read = (name: string) => readFileSync(join(DEPLOY, name), 'utf8');
const documentsOf = (name: string): any[] =>
  parseAllDocuments(read(name)).map(document => document.toJS());

const [job] = documentsOf('verify/job.yaml');
const [cronJob] = documentsOf('verify/cronjob.yaml');
const rbac = documentsOf('verify/rbac.yaml');
const PODS: [string, any][] = [
  ['job.yaml', job.spec.template.spec],
  ['cronjob.yaml', cronJob.spec.jobTemplate.spec.template.spec],
];
const ACCOUNT = { namespace: 'payments', serviceAccount: 'verify-identity' };

/** Instructions of the Dockerfile, with their arguments. */
const recipe = read('verify/Dockerfile')
  .split('\n')
  .filter(line => line && !line.startsWith('#'))
  .map(line => line.split(/ (.*)/));
const said = (instruction: string) =>
  recipe.find(([name]) => name === instruction)![1];
const entrypoint: string[] = JSON.parse(said('ENTRYPOINT'));
const copied = said('COPY').split(' ');
const target = copied.pop()!;

const folder = mkdtempSync(join(tmpdir(), 'cli-image-'));
let world: CliWorld;

beforeAll(async () => {
  await bundle('--single', join(folder, 'context'));
  world = await CliWorld.start();
  await world.sandbox.cluster('payments-prod').apply(read('verify/rbac.yaml'));
});
afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true });
});

describe('the recipe of the image', () => {
  it('copies what the build of one file has written', () => {
    const missing = copied.filter(
      name => !existsSync(join(folder, 'context', name)),
    );
    expect(missing).toEqual([]);
    expect(entrypoint).toEqual(['node', `${target}eks-pod-identity`]);
  });

  it('has a user that is not root', () => {
    expect(said('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });
});

describe('the files of deploy/verify', () => {
  it('give what deploy/rbac.yaml gives, and of the whole cluster only what has no namespace', () => {
    const rulesOf = (objects: any[]) =>
      objects
        .filter(({ kind }) => kind.endsWith('Role'))
        .map(({ kind, metadata, rules }) => ({
          where: metadata.namespace ?? kind,
          rights: rules.flatMap(({ resources, resourceNames, verbs }: any) =>
            resources.flatMap((one: string) =>
              verbs.map((verb: string) =>
                [verb, one, ...(resourceNames ?? [])].join(' '),
              ),
            ),
          ),
        }));
    const whole = documentsOf('rbac.yaml').filter(({ metadata }) =>
      /-(read|verify)$/.test(metadata.name),
    );
    const portal = rulesOf(whole).flatMap(({ rights }) => rights);
    const [here, cluster, ofAgent] = rulesOf(rbac);
    expect(cluster).toEqual({
      where: 'ClusterRole',
      rights: [
        'list nodes',
        'get mutatingwebhookconfigurations pod-identity-webhook',
      ],
    });
    expect(ofAgent).toEqual({
      where: 'kube-system',
      rights: ['list pods', 'list daemonsets'],
    });
    // A portal lists namespaces, to offer them
    expect(new Set([...here.rights, ...cluster.rights])).toEqual(
      new Set(portal.filter(right => right !== 'list namespaces')),
    );
    const { namespace, serviceAccount: name } = ACCOUNT;
    const bindings = rbac.filter(({ kind }) => kind.endsWith('Binding'));
    expect(
      bindings.map(({ roleRef, subjects }) => [roleRef.name, subjects]),
    ).toEqual(
      ['', '-payments', '-payments'].map(suffix => [
        `${name}${suffix}`,
        [{ kind: 'ServiceAccount', name, namespace }],
      ]),
    );
  });

  it.each(PODS)(
    '%s fits the Pod Security level restricted',
    async (_, spec) => {
      const kube = world.sandbox.cluster('payments-prod');
      await kube.setPodSecurity('payments', 'restricted');
      const pod = (more: object) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'verify', namespace: 'payments' },
        spec: { ...spec, ...more },
      });
      await expect(
        kube.apply(pod({ securityContext: undefined })),
      ).rejects.toThrow('restricted');
      await kube.apply(pod({}));
      await kube.delete('pods', 'payments', 'verify');
      // The workloads of the namespace do not fit it
      await kube.setPodSecurity('payments', 'privileged');
      expect(spec.serviceAccountName).toBe(ACCOUNT.serviceAccount);
    },
  );
});

const lacks = [
  ...(process.getuid?.() === 0 ? [] : ['only root may chroot']),
  ...['unshare', 'setpriv', 'ldd']
    .filter(name => !existsSync(join('/usr/bin', name)))
    .map(name => `there is no /usr/bin/${name}`),
];

// Docker itself is tried nowhere: what it would start is, in the root that the recipe describes.
(lacks.length > 0 ? describe.skip : describe)(
  `the root of the image, by unshare and chroot, as a user without rights${leftOut(
    lacks.join(', '),
  )}`,
  () => {
    const rootfs = join(folder, 'rootfs');
    /** The kubelet mounts it, writable for each user. */
    const log = join(folder, 'termination-log');
    const SECRETS = '/var/run/secrets/kubernetes.io/serviceaccount';

    const put = (path: string, from: string) => {
      mkdirSync(dirname(join(rootfs, path)), { recursive: true });
      copyFileSync(from, join(rootfs, path));
    };
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(rootfs, path)), { recursive: true });
      writeFileSync(join(rootfs, path), text);
    };

    beforeAll(async () => {
      put('/usr/local/bin/node', process.execPath);
      const libraries = await runCommand(['/usr/bin/ldd', process.execPath], {
        cwd: folder,
        env: {},
      });
      for (const path of libraries.stdout.match(/\/\S+/g)!) put(path, path);
      for (const name of copied) {
        put(join(target, name), join(folder, 'context', name));
      }
      mkdirSync(join(rootfs, 'tmp'));
      write('/dev/termination-log', '');
      writeFileSync(log, '');
      chmodSync(log, 0o666);
      const kube = world.sandbox.cluster('payments-prod');
      const audience = 'https://kubernetes.default.svc';
      write(
        `${SECRETS}/token`,
        await kube.serviceAccountToken({ ...ACCOUNT, audience }),
      );
      write(`${SECRETS}/ca.crt`, kube.caCertificate);
      write(`${SECRETS}/namespace`, ACCOUNT.namespace);
    });

    /** Runs it in the root, which is read-only, as the user of the recipe, without any capability. */
    function run(args: string[]) {
      const { endpoint } = world.sandbox.cluster('payments-prod');
      const { hostname, port } = new URL(endpoint);
      return runCommand(
        [
          'unshare',
          '--mount',
          'sh',
          '-c',
          'mount --bind "$1" "$1"; mount -o remount,ro,bind "$1"; mount --bind "$3" "$1/dev/termination-log"; root=$1; user=$2; shift 3; exec setpriv --no-new-privs --bounding-set=-all,+setuid,+setgid,+sys_chroot chroot --userspec="$user" "$root" /usr/local/bin/"$@"',
          'sh',
          rootfs,
          said('USER'),
          log,
          ...entrypoint,
          ...args,
        ],
        {
          cwd: '/',
          env: {
            ...awsVariables(),
            ...Object.fromEntries([said('ENV').split('=')]),
            PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
            KUBERNETES_SERVICE_HOST: hostname,
            KUBERNETES_SERVICE_PORT: port,
          },
        },
      );
    }

    it('is as large as deploy/README.md says', () => {
      const sizeOf = (at: string): number =>
        readdirSync(at, { recursive: true, withFileTypes: true })
          .filter(one => one.isFile())
          .map(one => statSync(join(one.parentPath, one.name)).size)
          .reduce((sum, size) => sum + size, 0) / 1e6;
      const [, whole, program] =
        /a root of (\d+) MB, of which the program is (\d+) MB/.exec(
          read('README.md'),
        )!;
      expect(Math.round(sizeOf(join(rootfs, target)))).toBe(Number(program));
      // Node itself differs from version to version
      expect(Math.abs(sizeOf(rootfs) - Number(whole))).toBeLessThan(30);
    });

    it.each(PODS)('verifies with the arguments of %s', async (_, spec) => {
      const [{ args }] = spec.containers;
      expect(args).toContain('--kubernetes=in-cluster');
      const { code, stdout, stderr } = await run([
        ...args,
        '--output=json',
        '--quiet',
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout).reports).toMatchObject([
        {
          status: 'verified',
          proof: 'credentials',
          ref: { namespace: 'payments', serviceAccount: 'payments-ledger' },
        },
      ]);
      expect(readFileSync(log, 'utf8')).toMatch(/^Verified: .*\n$/);
    });

    it('has no rights beside those of its service account', async () => {
      const [{ args }] = job.spec.template.spec.containers;
      const elsewhere = args.map((one: string) =>
        one.replace('payments/payments-ledger', 'orders/orders-api'),
      );
      const { stdout } = await run([...elsewhere, '--wait=0s']);
      for (const right of ['get serviceaccounts', 'list pods']) {
        expect(stdout).toContain(`not allowed to ${right} in namespace orders`);
      }
      // Of pods, in the Role that the report proposes
      expect(stdout).toContain('verbs: ["create", "delete", "list", "watch"]');
    });
  },
);

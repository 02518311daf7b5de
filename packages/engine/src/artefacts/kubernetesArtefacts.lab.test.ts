/** @needs aws kubectl */
import Ajv from 'ajv';
import { startSandbox, type Sandbox } from 'eks-sandbox';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { realBash } from '../verification/__testUtils__/bash';
import { sorted } from './__testUtils__/sorted';
import { CLUSTER, adminKubeconfig } from './__testUtils__/bareAccount';
import { objectsOf } from './kustomize';
import type { KubernetesObject } from './rbac';

const DEPLOY = resolve(__dirname, '../../../../deploy');
const read = (path: string) => readFileSync(resolve(DEPLOY, path), 'utf8');

const schemaOf = (chart: string) =>
  new Ajv().compile(JSON.parse(read(`${chart}/values.schema.json`)));
const valid = schemaOf('helm');
const defaults = parse(read('helm/values.yaml'));
const validOfProgram = schemaOf('verify/helm');
const ofProgram = {
  ...parse(read('verify/helm/values.yaml')),
  image: 'registry.example.com/eks-pod-identity',
  cluster: 'payments-prod',
  region: 'eu-west-1',
};

/** What a folder of kustomize needs for some namespaces, and for what is optional. */
interface Kustomized {
  components: string[];
  /** What is bound in each. */
  namespaces: Record<string, string[]>;
  labels?: Record<string, string>;
}

describe('deploy/kubernetes and deploy/helm', () => {
  let sandbox: Sandbox;
  const run = realBash();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'artefacts-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  beforeAll(async () => {
    sandbox = await startSandbox({ scenario: 'empty' });
    await sandbox.createCluster({ name: CLUSTER });
    sandbox.aws.eks.putAccessEntry(CLUSTER, {
      principalArn: sandbox.credentials.admin.arn,
      policies: [{ name: 'AmazonEKSClusterAdminPolicy' }],
    });
    await sandbox.cluster(CLUSTER).apply(
      ['payments', 'orders'].map(name => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name },
      })),
    );
  });
  afterAll(() => sandbox.stop());

  const written = (path: string, text: string) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };

  async function output(script: string): Promise<string> {
    const ran = await run(sandbox, sandbox.credentials.admin, script);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    return ran.stdout;
  }

  /**
   * A chart by the template language of Go itself, which kubectl has for its output. Of what Helm adds to the language the
   * charts take `quote`, which is Go's %q for a text.
   */
  async function rendered(
    values: object,
    chart = 'helm',
  ): Promise<KubernetesObject[]> {
    const templates = readdirSync(join(DEPLOY, chart, 'templates'));
    const text = templates
      .map(name => read(`${chart}/templates/${name}`))
      .join('\n')
      .replaceAll('| quote }}', '| printf "%q" }}');
    const data = written(
      'values.json',
      JSON.stringify({
        apiVersion: 'helm.example.com/v1',
        kind: 'Chart',
        metadata: { name: 'chart' },
        Values: values,
        Release: { Namespace: 'payments' },
      }),
    );
    const template = written('chart.tpl', text);
    return objectsOf(
      await output(
        `kubectl annotate --local -f ${data} a=b -o go-template-file=${template}`,
      ),
    ).filter(Boolean);
  }

  async function kustomized(wanted: Kustomized): Promise<KubernetesObject[]> {
    const kustomization = (path: string, content: object) =>
      written(`${path}/kustomization.yaml`, stringify(content));
    const own = join(folder, 'overlay');
    const there = (from: string, path: string) =>
      relative(from, join(DEPLOY, 'kubernetes', path));
    const namespaces = Object.entries(wanted.namespaces);
    for (const [namespace, bindings] of namespaces) {
      kustomization(`overlay/${namespace}`, {
        namespace,
        resources: bindings.map(name =>
          there(join(own, namespace), `namespaces/${name}`),
        ),
      });
    }
    kustomization('overlay', {
      resources: [there(own, 'base'), ...namespaces.map(([name]) => name)],
      components: wanted.components.map(name =>
        there(own, `components/${name}`),
      ),
      ...(wanted.labels && { labels: [{ pairs: wanted.labels }] }),
    });
    return objectsOf(await output(`kubectl kustomize ${own}`));
  }

  const dryRun = async (objects: object[]) => {
    const config = written('kubeconfig', await adminKubeconfig(sandbox));
    const file = written(
      'objects.yaml',
      objects.map(one => `---\n${stringify(one)}`).join(''),
    );
    return run(
      sandbox,
      sandbox.credentials.admin,
      `kubectl --kubeconfig ${config} apply --dry-run=server --validate=strict -f ${file}`,
    );
  };
  const taken = async (objects: object[]) => {
    const { stdout, stderr } = await dryRun(objects);
    expect(stderr).toBe('');
    expect(stdout.match(/ \(server dry run\)$/gm)).toHaveLength(objects.length);
  };

  it.each<[string, object, Kustomized]>([
    [
      'its defaults and a namespace',
      {
        namespaces: ['payments'],
        diagnostics: { agentLog: true, webhooks: true, policies: true },
      },
      {
        components: ['write', 'diagnostics', 'admission-policies'],
        namespaces: { payments: ['verify', 'write'] },
      },
    ],
    [
      'a portal that only watches',
      {
        namespaces: ['payments', 'orders'],
        selfService: false,
        admissionPolicies: false,
        diagnostics: { policies: false },
      },
      {
        components: [],
        namespaces: { payments: ['verify'], orders: ['verify'] },
      },
    ],
    [
      'labels, and restarts in one of two namespaces',
      {
        namespaces: ['payments', 'orders'],
        restart: ['orders'],
        diagnostics: { agentLog: true, webhooks: true, policies: true },
        labels: { 'example.com/team': 'platform', cost: '"42": yes' },
      },
      {
        components: ['write', 'restart', 'diagnostics', 'admission-policies'],
        namespaces: {
          payments: ['verify', 'write'],
          orders: ['verify', 'write', 'restart'],
        },
        labels: { 'example.com/team': 'platform', cost: '"42": yes' },
      },
    ],
  ])('make the same objects of %s', async (_, given, wanted) => {
    const values = {
      ...defaults,
      ...given,
      diagnostics: {
        ...defaults.diagnostics,
        ...(given as typeof defaults).diagnostics,
      },
    };
    expect(valid(values)).toBe(true);
    const objects = await rendered(values);
    expect(sorted(objects)).toEqual(sorted(await kustomized(wanted)));
  });

  it('are what rbac.yaml and admission-policies.yaml apply, in the example', async () => {
    const example = objectsOf(
      await output(`kubectl kustomize ${DEPLOY}/kubernetes/example`),
    );
    expect(sorted(example)).toEqual(
      sorted(
        ['rbac.yaml', 'admission-policies.yaml'].flatMap(file =>
          objectsOf(read(file)).filter(Boolean),
        ),
      ),
    );
    await taken(example);
  });

  it('are what the API server takes, and it refuses a misspelt field', async () => {
    const objects = await rendered({
      ...defaults,
      namespaces: ['payments', 'orders'],
      restart: ['orders'],
      labels: { 'example.com/team': 'platform' },
    });
    await taken(objects);
    expect(await dryRun([{ ...objects[0], rule: [] }])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('unknown field "rule"'),
    });
  });

  it('make of the chart of the program what deploy/verify has as files', async () => {
    const filesOf = (...names: string[]) =>
      names.flatMap(name => objectsOf(read(`verify/${name}.yaml`)));
    const chart = (more: object) => {
      const values = { ...ofProgram, ...more };
      expect(validOfProgram(values)).toBe(true);
      return rendered(values, 'verify/helm');
    };
    const [{ metadata, ...job }] = filesOf('job');
    const hook = {
      ...job,
      metadata: {
        ...metadata,
        generateName: undefined,
        name: 'verify-payments-ledger',
        // Argo CD reads both: PostSync, and BeforeHookCreation
        annotations: {
          'helm.sh/hook': 'post-install,post-upgrade',
          'helm.sh/hook-delete-policy': 'before-hook-creation',
        },
      },
    };
    const whole = await chart({
      job: ['payments-ledger'],
      cronJob: '0 5 * * *',
    });
    expect(sorted(whole)).toEqual(
      sorted([...filesOf('rbac', 'cronjob'), hook]),
    );
    await taken(whole);
    expect(sorted(await chart({}))).toEqual(sorted(filesOf('rbac')));
    const ofNamespace = filesOf('rbac').slice(0, 3);
    expect(sorted(await chart({ clusterRole: false }))).toEqual(
      sorted(ofNamespace),
    );
  });

  it.each([
    ['no image', { image: '' }],
    ['a cluster that is none', { cluster: 'a b' }],
    ['a region that is none', { region: 'mars' }],
    ['a service account with its namespace', { job: ['payments/api'] }],
    ['a misspelt value', { cronjob: '0 5 * * *' }],
  ])('refuse, of the program, %s', (_, values) => {
    expect(validOfProgram({ ...ofProgram, ...values })).toBe(false);
  });

  it.each([
    ['no namespace', { namespaces: [] }],
    ['kube-system', { namespaces: ['payments', 'kube-system'] }],
    ['kube-public', { namespaces: ['kube-public'] }],
    ['no diagnostics', { diagnostics: undefined }],
    ['a pattern', { namespaces: ['team-*'] }],
    ['a name twice', { namespaces: ['payments', 'payments'] }],
    ['restarts in kube-system', { restart: ['kube-system'] }],
    ['a misspelt value', { selfservice: false }],
    ['a text for a switch', { selfService: 'false' }],
    ['a number as a label', { labels: { cost: 42 } }],
  ])('refuse %s', (_, values) => {
    const whole = { ...defaults, namespaces: ['payments'], ...values };
    expect(valid(whole)).toBe(false);
  });
});

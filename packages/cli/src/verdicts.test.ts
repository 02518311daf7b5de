import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  IDENTITY_STATUS_ORDER,
  type IdentityStatus,
  STATUS_WORDS,
} from 'backstage-plugin-eks-pod-identity-common';
import { parseBundle } from 'eks-pod-identity-engine';
import { isSampled } from 'eks-sandbox/patience/sample';
import {
  fewAtOnce,
  hidePods,
  PIPELINE,
  printTable,
  VERDICT_ACCOUNT,
  type Verdict,
  VERDICTS,
} from 'eks-sandbox/verdicts';
import { parseAllDocuments } from 'yaml';
// The library that reads a kubeconfig: no part of the published package.
// eslint-disable-next-line @backstage/no-relative-monorepo-imports
import { packages } from '../../engine/src/async/packages';
import { CliWorld } from './__testUtils__/CliWorld';
import { Kubeconfigs } from './__testUtils__/kubeconfigs';

const SECRETS = 'var/run/secrets/kubernetes.io/serviceaccount';
/** Of the sentence where pods run, and a Role alone leaves the agent of their nodes unread. */
const UNREAD = ' as far as it could be read';

const RBAC: any[] = parseAllDocuments(
  readFileSync(resolve(__dirname, '../../../deploy/verify/rbac.yaml'), 'utf8'),
).map(document => document.toJS());
const [account, role, binding] = RBAC;
const placed = (object: any, namespace: string) => ({
  ...object,
  metadata: { ...object.metadata, namespace },
});

const SEEN = VERDICTS.filter(one => !one.hidden && !one.provenBefore);
/** One for each status but Setting up, which passes, and two more whose pods are read otherwise. */
const FIFTEEN = SEEN.filter(
  // The kubelet tells by turns that it cannot pull, and that it waits.
  ({ application }) => application !== 'the image cannot be pulled',
).filter(
  ({ status, application }, index, all) =>
    all.findIndex(one => one.status === status) === index ||
    ['a CronJob between runs', 'a sidecar has keys'].includes(application),
);

const FINDINGS = [
  'broken',
  'no-pod-has-it',
  'other-identity',
  'pods-not-started',
  'restart-needed',
  'partly-works',
];
const UNANSWERED = [
  'could-not-check',
  'setting-up',
  'rolling-out',
  'no-workload',
  'no-identity',
  'uses-irsa',
];

/** As the design has it: not by the code that it judges. */
function meaningOf(status: string) {
  if (FINDINGS.includes(status)) return { code: 1, junit: 'failure' };
  return UNANSWERED.includes(status)
    ? { code: 3, junit: 'error' }
    : { code: 0, junit: 'passed' };
}

describe('verify and the table of verdicts', () => {
  let world: CliWorld;
  beforeAll(async () => {
    world = await CliWorld.start();
    // With the documented rights of a portal, not an administrator's
    world.use(world.sandbox.credentials.backstage);
  });
  const kubeconfigs = new Kubeconfigs();
  afterAll(async () => {
    jest.restoreAllMocks();
    delete process.env.KUBERNETES_SERVICE_HOST;
    delete process.env.KUBERNETES_SERVICE_PORT;
    kubeconfigs.end();
    await world?.stop();
  });

  /**
   * What a person, a pipeline and its reports see of one identity.
   *
   * @param reach - how Kubernetes is reached; default: by a token of EKS
   */
  async function see(namespace: string, probe: string, reach: string[] = []) {
    const { verify } = world.sandbox.credentials.roles;
    let bundle = '';
    const { code, stdout } = await world.run(
      [
        ...['verify', `${namespace}/${VERDICT_ACCOUNT}`, '--probe', probe],
        ...['--cluster', 'payments-prod', '--assume-role', verify],
        ...['--bundle', 'facts.json', '--quiet', ...reach],
      ],
      { writeFile: (_, text) => (bundle = text) },
    );
    const judged = await world.run(
      ['judge', 'facts.json', '--output', 'junit'],
      { readFile: () => bundle },
    );
    expect([namespace, judged.code]).toEqual([namespace, code]);
    const [, kind] = /name="verdict"[^>]*>\s*<([\w-]+)/.exec(judged.stdout)!;
    return {
      way: parseBundle(bundle).report.way,
      line: stdout.split('\n')[0],
      code,
      junit: kind === 'system-out' ? 'passed' : kind,
    };
  }

  /** A kubeconfig of the service account verify-identity of a namespace, which the objects are applied for. */
  async function kubeconfigOf(namespace: string, objects: any[]) {
    const kube = world.sandbox.cluster('payments-prod');
    await kube.apply(objects);
    const token = await kube.serviceAccountToken({
      namespace,
      serviceAccount: account.metadata.name,
      audience: 'https://kubernetes.default.svc',
    });
    const entry = {
      cluster: 'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod',
      server: kube.endpoint,
      ca: Buffer.from(kube.caCertificate).toString('base64'),
      user: { token },
    };
    return { token, file: kubeconfigs.write({ one: entry }, namespace) };
  }

  /** This process as a pod with that token: the files that the kubelet mounts are below a folder of ours. */
  function asPod(token: string): void {
    const { endpoint, caCertificate } = world.sandbox.cluster('payments-prod');
    const folder = join(kubeconfigs.folder, SECRETS);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'token'), token);
    writeFileSync(join(folder, 'ca.crt'), caCertificate);
    const { hostname, port } = new URL(endpoint);
    process.env.KUBERNETES_SERVICE_HOST = hostname;
    process.env.KUBERNETES_SERVICE_PORT = port;
    const { prototype } = packages.kubernetes.KubeConfig;
    const { loadFromCluster } = prototype;
    jest
      .spyOn(prototype, 'loadFromCluster')
      .mockImplementation(function load(this: typeof prototype) {
        loadFromCluster.call(this, kubeconfigs.folder);
      });
  }

  /** For a service account of the namespace itself, what the namespace has of rbac.yaml. */
  const alone = (name: string) => [
    placed(account, name),
    placed(role, name),
    {
      ...placed(binding, name),
      subjects: [{ ...binding.subjects[0], namespace: name }],
    },
  ];

  /** What is seen of each otherwise than by a token of EKS, in the order of the ways. */
  async function seeOtherwise(rows: readonly Verdict[]) {
    const kube = world.sandbox.cluster('payments-prod');
    const { token, file } = await kubeconfigOf('payments', RBAC);
    asPod(token);
    return fewAtOnce(rows, async ({ name, probe }) => {
      await kube.apply([role, binding].map(one => placed(one, name)));
      const byFile = await see(name, probe, ['--kubeconfig', file]);
      const inPod = await see(name, probe, ['--kubernetes', 'in-cluster']);
      const here = await kubeconfigOf(name, alone(name));
      const byRole = await see(name, probe, ['--kubeconfig', here.file]);
      return [byFile, inPod, byRole];
    });
  }

  it('sees by a Role alone what is in its namespace', async () => {
    const { verify } = world.sandbox.credentials.roles;
    const { file } = await kubeconfigOf('payments', alone('payments'));
    /** The status of each identity, by its namespace. */
    const statuses = async (...which: string[]) => {
      const { stdout } = await world.run([
        ...['verify', ...which, '--probe=none', '--output=json', '--quiet'],
        ...['--cluster=payments-prod', '--assume-role', verify],
        ...['--kubeconfig', file],
      ]);
      const { reports } = JSON.parse(stdout);
      return Object.fromEntries(
        reports.map(({ ref, status }: any) => [ref.namespace, status]),
      );
    };
    expect(await statuses('--namespace=payments')).toEqual({
      payments: 'looks-right',
    });
    expect(await statuses('--all-namespaces')).toEqual({
      payments: 'looks-right',
      'kube-system': 'could-not-check',
    });
  });

  it('ends a pipeline by what it deployed', async () => {
    const ends = await fewAtOnce(PIPELINE, async one => {
      await one.make(world.sandbox);
      return { ...(await see(one.name, 'none')), does: one.does };
    });
    printTable(
      ['deployed', 'first line of verify', 'exit code'],
      ends.map(({ does, line, code }) => [does, line, String(code)]),
    );
    expect(ends.map(({ does, code }) => [does, code])).toEqual(
      PIPELINE.map(({ does, exitCode }) => [does, exitCode]),
    );
  });

  it('agrees in its line, its exit code and JUnit for each cell', async () => {
    const rows: string[][] = [];
    const wrong: unknown[] = [];
    const seen = new Map<Verdict, Awaited<ReturnType<typeof see>>>();
    const tell = async (one: Verdict) => {
      const answer = await see(one.name, one.probe);
      seen.set(one, answer);
      const { way, line, code, junit } = answer;
      rows[VERDICTS.indexOf(one)] = [
        ...[one.way, one.application],
        ...[line, String(code), junit],
      ];
      const { word } = STATUS_WORDS[one.status as IdentityStatus];
      const isRight =
        way === one.way && line.replace(/^. /, '').startsWith(word);
      const expected = meaningOf(one.status);
      if (!isRight || code !== expected.code || junit !== expected.junit) {
        wrong.push({ one, answer, expected: { word, ...expected } });
      }
    };
    const shown = isSampled ? FIFTEEN : SEEN;
    const unseen = VERDICTS.filter(one => one.hidden && !one.provenBefore);
    await fewAtOnce([...shown, ...unseen], one => one.make(world.sandbox));
    await fewAtOnce(shown, tell);
    const byToken = FIFTEEN.map(one => seen.get(one)!);
    expect(byToken).toHaveLength(15);
    const statuses = FIFTEEN.map(({ status }) => status);
    expect(
      IDENTITY_STATUS_ORDER.filter(one => !statuses.includes(one)),
    ).toEqual(['setting-up']);
    const otherwise = await seeOtherwise(FIFTEEN);
    const unread = otherwise.map(([, , byRole]) => {
      const { line } = byRole;
      byRole.line = line.replace(UNREAD, '');
      return byRole.line !== line;
    });
    expect(otherwise).toEqual(byToken.map(one => [one, one, one]));
    expect(FIFTEEN.filter((_, index) => unread[index])).toMatchObject([
      { way: 'looks-right', application: 'all have it' },
    ]);
    await hidePods(world.sandbox);
    await fewAtOnce(unseen, tell);
    for (const one of VERDICTS.filter(({ provenBefore }) => provenBefore)) {
      rows[VERDICTS.indexOf(one)] = [
        ...[one.way, one.application],
        ...['(the program remembers no earlier run)', '', ''],
      ];
    }
    printTable(
      ['way', 'application', 'first line of verify', 'exit code', 'JUnit'],
      rows.filter(Boolean),
    );
    expect(wrong).toEqual([]);
    // What a Role does not let it see: the limits that docs/command-line.md names
    const [{ name }] = FIFTEEN.filter((_, index) => unread[index]);
    const kube = world.sandbox.cluster('payments-prod');
    await kube.delete('daemonsets', 'kube-system', 'eks-pod-identity-agent');
    const seenBy = (file: string) =>
      see(name, 'none', ['--kubeconfig', join(kubeconfigs.folder, file)]);
    expect((await seenBy(name)).line).toContain(UNREAD);
    await kube.apply([role, binding].map(one => placed(one, name)));
    expect((await seenBy('payments')).way).toBe('broken');
    // An agent without the add-on may be anywhere
    const { addons } = world.sandbox.aws.eks.cluster('payments-prod');
    addons.delete('eks-pod-identity-agent');
    expect((await see(name, 'none')).way).toBe('broken');
    expect((await seenBy('payments')).way).toBe('unknown');
    await kube.apply(alone(name));
    expect((await seenBy(name)).way).toBe('unknown');
  });
});

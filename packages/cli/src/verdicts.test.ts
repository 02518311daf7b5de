import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type IdentityStatus,
  STATUS_WORDS,
} from 'backstage-plugin-eks-pod-identity-common';
import { parseBundle } from 'eks-pod-identity-engine';
import {
  fewAtOnce,
  hidePods,
  PIPELINE,
  printTable,
  VERDICT_ACCOUNT,
  type Verdict,
  VERDICTS,
} from 'eks-sandbox/verdicts';
import { CliWorld } from './__testUtils__/CliWorld';
import { Kubeconfigs } from './__testUtils__/kubeconfigs';

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

  /** A kubeconfig of a service account with the rights of deploy/verify/rbac.yaml, in this namespace alone. */
  async function kubeconfigFor(namespace: string): Promise<string> {
    const kube = world.sandbox.cluster('payments-prod');
    const serviceAccount = 'verify-identity';
    const rules = readFileSync(
      resolve(__dirname, '../../../deploy/verify/rbac.yaml'),
      'utf8',
    );
    await kube.apply(
      rules
        .replaceAll('namespace: payments', `namespace: ${namespace}`)
        .replaceAll(
          'verify-identity-read',
          `verify-identity-read-${namespace}`,
        ),
    );
    const audience = 'https://kubernetes.default.svc';
    const token = await kube.serviceAccountToken({
      namespace,
      serviceAccount,
      audience,
    });
    const cluster = 'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod';
    return kubeconfigs.write(
      {
        one: {
          cluster,
          server: kube.endpoint,
          ca: Buffer.from(kube.caCertificate).toString('base64'),
          user: { token },
        },
      },
      namespace,
    );
  }

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
    const byKubeconfig = await fewAtOnce(PIPELINE, async one => {
      const file = await kubeconfigFor(one.name);
      const seen = await see(one.name, 'none', ['--kubeconfig', file]);
      return { ...seen, does: one.does };
    });
    expect(byKubeconfig).toEqual(ends);
  });

  it('agrees in its line, its exit code and JUnit for each cell', async () => {
    const rows: string[][] = [];
    const wrong: unknown[] = [];
    const tell = async (one: Verdict) => {
      const seen = await see(one.name, one.probe);
      const { way, line, code, junit } = seen;
      rows[VERDICTS.indexOf(one)] = [
        ...[one.way, one.application],
        ...[line, String(code), junit],
      ];
      const { word } = STATUS_WORDS[one.status as IdentityStatus];
      const isRight =
        way === one.way && line.replace(/^. /, '').startsWith(word);
      const expected = meaningOf(one.status);
      if (!isRight || code !== expected.code || junit !== expected.junit) {
        wrong.push({ ...one, seen, expected: { word, ...expected } });
      }
    };
    const others = VERDICTS.filter(one => !one.provenBefore);
    await fewAtOnce(others, one => one.make(world.sandbox));
    await fewAtOnce(
      others.filter(one => !one.hidden),
      tell,
    );
    await hidePods(world.sandbox);
    await fewAtOnce(
      others.filter(one => one.hidden),
      tell,
    );
    for (const one of VERDICTS.filter(({ provenBefore }) => provenBefore)) {
      rows[VERDICTS.indexOf(one)] = [
        ...[one.way, one.application],
        ...['(the program remembers no earlier run)', '', ''],
      ];
    }
    printTable(
      ['way', 'application', 'first line of verify', 'exit code', 'JUnit'],
      rows,
    );
    expect(wrong).toEqual([]);
  });
});

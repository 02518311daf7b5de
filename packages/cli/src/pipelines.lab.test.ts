/** @needs aws kubectl */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeSettings } from 'eks-sandbox';
import { XMLParser } from 'fast-xml-parser';
import { parse } from 'yaml';
import { version } from '../package.json';
import { awsVariables, bundle } from './__testUtils__/bundles';
import { CliWorld } from './__testUtils__/CliWorld';
import { Pipeline, type Step } from './__testUtils__/pipelines';
import { workflowCommands } from './__testUtils__/workflowCommands';

/** The manifests of an application; a line beginning with "+" is what breaks its identity. */
const MANIFESTS = `# The ledger
apiVersion: v1
kind: ServiceAccount
metadata:
  name: payments-ledger
  namespace: payments
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: payments-ledger
  namespace: payments
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: payments-ledger
  template:
    metadata:
      labels:
        app.kubernetes.io/name: payments-ledger
    spec:
      serviceAccountName: payments-ledger
      containers:
        - name: app
          image: registry.acme.example/payments/payments-ledger:1.4.3
          command: [sleep, infinity]
          env:
            - name: LANG
              value: C.UTF-8
+            - name: AWS_ACCESS_KEY_ID
+              value: AKIAIOSFODNN7EXAMPLE
+            - name: AWS_SECRET_ACCESS_KEY
+              value: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
`;
const RIGHT = MANIFESTS.replace(/^\+.*\n/gm, '');
const BROKEN = MANIFESTS.replace(/^\+/gm, '');
const FILE = 'the deployment/ledger.yaml';
const LINE = BROKEN.split('\n').findIndex(one => one.includes('KEY_ID')) + 1;
const SENTENCE =
  /^Uses other credentials: \d of \d running pods set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/;

const INPUTS = {
  'service-account': 'deployment/payments-ledger',
  namespace: 'payments',
  cluster: 'payments-prod',
  region: 'eu-west-1',
  manifests: 'the deployment\n',
  version: '',
};

describe('pipelines', () => {
  const settings = mkdtempSync(join(tmpdir(), 'cli-pipelines-'));
  let world: CliWorld;
  let pipeline: Pipeline;

  beforeAll(async () => {
    world = await CliWorld.start();
    pipeline = new Pipeline(awsVariables);
    const single = join(settings, 'single');
    await bundle('--single', single);
    pipeline.program(
      'eks-pod-identity',
      readFileSync(join(single, 'eks-pod-identity'), 'utf8'),
    );
    await writeSettings(settings, world.sandbox);
  });
  afterAll(async () => {
    pipeline.end();
    await world.stop();
    rmSync(settings, { recursive: true });
  });

  async function kubectl(...args: string[]): Promise<string> {
    const KUBECONFIG = join(settings, 'kubeconfig');
    const ended = await pipeline.run(['kubectl', ...args], { KUBECONFIG });
    if (ended.code !== 0) throw new Error(ended.stderr);
    return ended.stdout;
  }

  /** What the pipeline does before it verifies. */
  async function deploy(manifests: string): Promise<void> {
    pipeline.write(FILE, manifests);
    await kubectl('apply', '-f', FILE);
    const rollout = ['rollout', 'status', '-n', 'payments'];
    await kubectl(...rollout, 'deployment/payments-ledger');
  }

  const verdictOf = (step: Step, name: string) => {
    const parser = new XMLParser({ ignoreAttributes: false });
    const { testsuites } = parser.parse(step.file(name)!);
    return testsuites.testsuite.testcase[0];
  };

  describe('after a deployment that is right', () => {
    beforeAll(() => deploy(RIGHT));

    it('the action of GitHub is green, with a summary and without annotations', async () => {
      const step = await pipeline.github(INPUTS);
      expect(step).toMatchObject({ code: 0, stderr: '' });
      expect(workflowCommands(step.stdout)).toEqual([]);
      expect(step.file('summary')).toMatch(/^### Verified: /);
      expect(step.file('output')).toMatch(
        /^exit-code=0\nheadline<<(\S+)\nVerified: .*\n\1\n$/,
      );
      expect(verdictOf(step, 'eks-pod-identity.xml')).not.toHaveProperty(
        'failure',
      );
    });

    it('@night the action of GitHub names the file that cannot be written, beside the verdict', async () => {
      const junit = 'none/report.xml';
      const step = await pipeline.github({ ...INPUTS, junit });
      expect(step.code).toBe(2);
      expect(workflowCommands(step.stdout)).toEqual([
        {
          name: 'error',
          properties: 'title=eks-pod-identity',
          data: `eks-pod-identity: ${junit} is not written: there is no folder none.`,
        },
      ]);
      expect(step.file('summary')).toMatch(/^### Verified: /);
      expect(step.file('output')).toMatch(/^exit-code=2\n.*\nVerified: /);
    });

    it('the component of GitLab is green, with an empty report', async () => {
      const step = await pipeline.gitlab(INPUTS);
      expect(step.code).toBe(0);
      expect(step.stdout).toContain('✓ Verified: ');
      expect(JSON.parse(step.file('codequality')!)).toEqual([]);
      expect(verdictOf(step, 'junit')).not.toHaveProperty('failure');
    });
  });

  describe('the examples of docs/pipelines.md', () => {
    const page = readFileSync(
      resolve(__dirname, '../../../docs/pipelines.md'),
      'utf8',
    );
    const blocks = [...page.matchAll(/^```(\w+)\n([^]*?)^```/gm)];
    /** The one block in this language that has these words. */
    const block = (language: string, words: string) => {
      const found = blocks.filter(
        ([, name, text]) => name === language && text.includes(words),
      );
      expect(found).toHaveLength(1);
      return found[0][2];
    };

    beforeAll(async () => {
      await deploy(RIGHT);
      pipeline.write('deploy/ledger.yaml', RIGHT);
    });

    it('@night run: several reports of one run', async () => {
      const ended = await pipeline.run(['sh', '-c', block('sh', '--report')]);
      expect(ended).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^✓ Verified: /),
      });
      const { stdout } = await pipeline.run(['head', '-c', '5', 'summary.md']);
      expect(stdout).toBe('### V');
    });

    it('run: the action in a workflow', async () => {
      const { jobs } = parse(block('yaml', 'actions/verify-identity'));
      const { uses, with: inputs } = jobs.deploy.steps.at(-1);
      expect(uses).toBe('./.github/actions/verify-identity');
      const step = await pipeline.github(inputs);
      expect(step).toMatchObject({ code: 0, stderr: '' });
    });

    it('@night run: the workflow of each morning', async () => {
      const { jobs } = parse(block('yaml', 'schedule'));
      const { run } = jobs.verify.steps.at(-1);
      const summary = { GITHUB_STEP_SUMMARY: 'all.md' };
      const { code } = await pipeline.run(['bash', '-c', run], summary);
      expect(code).toBe(0);
      const { stdout } = await pipeline.run(['cat', 'all.md']);
      expect(stdout).toMatch(/^### [A-Z][a-z ]+: /);
    });

    it('run: the component', async () => {
      const [{ local, inputs }] = parse(block('yaml', 'include:')).include;
      expect(local).toBe('/templates/verify.yml');
      const step = await pipeline.gitlab(inputs);
      expect(step.code).toBe(0);
    });

    it('name the patch that Argo CD takes', () => {
      expect(block('sh', 'argocd-cm')).toContain(
        '--patch-file deploy/argocd/health.yaml\n',
      );
    });
  });

  describe('after a deployment that breaks its identity', () => {
    beforeAll(() => deploy(BROKEN));

    it('the action of GitHub is red, with the sentence on the line', async () => {
      const step = await pipeline.github(INPUTS);
      expect(step.code).toBe(1);
      expect(workflowCommands(step.stdout)).toEqual([
        {
          name: 'error',
          properties: `file=${FILE},line=${LINE},title=payments/payments-ledger on payments-prod`,
          data: expect.stringMatching(SENTENCE),
        },
      ]);
      expect(step.file('summary')).toMatch(/^### Uses other credentials: /);
      expect(step.file('output')).toMatch(/^exit-code=1\n/);
      const { failure } = verdictOf(step, 'eks-pod-identity.xml');
      expect(failure['#text']).toMatch(SENTENCE);
    });

    it('the component of GitLab is red, with the sentence on the line', async () => {
      const step = await pipeline.gitlab(INPUTS);
      expect(step.code).toBe(1);
      expect(JSON.parse(step.file('codequality')!)).toEqual([
        {
          description: expect.stringMatching(SENTENCE),
          check_name: 'workloads.shadowed',
          fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
          severity: 'critical',
          location: { path: FILE, lines: { begin: LINE } },
        },
      ]);
      expect(verdictOf(step, 'junit').failure['#text']).toMatch(SENTENCE);
    });

    it('@night both stay green where nothing is to fail them, and say it', async () => {
      const inputs = { ...INPUTS, 'fail-on': 'never', probe: 'none' };
      const github = await pipeline.github(inputs);
      expect(github.code).toBe(0);
      expect(workflowCommands(github.stdout)).toMatchObject([
        { name: 'warning', data: expect.stringMatching(SENTENCE) },
      ]);
      const gitlab = await pipeline.gitlab(inputs);
      expect(gitlab.code).toBe(0);
      expect(JSON.parse(gitlab.file('codequality')!)).toMatchObject([
        { severity: 'minor' },
      ]);
    });
  });

  it.each(['github', 'gitlab'] as const)(
    'what %s is given is no part of a script',
    async kind => {
      const hostile = (name: string) =>
        `$(touch ${name}1) \`touch ${name}2\` "; touch ${name}3; ' --all`;
      const { code } = await pipeline[kind]({
        'service-account': hostile('a'),
        namespace: hostile('b'),
        cluster: hostile('c'),
        region: hostile('d'),
        'assume-role': hostile('e'),
        manifests: `${hostile('f')}\n$(touch f4)`,
        wait: hostile('g'),
        version: '',
      });
      expect(code).toBe(2);
      const found = await pipeline.run(['ls']);
      expect(
        found.stdout.split('\n').filter(name => name.length === 2),
      ).toEqual([]);
    },
  );

  it.each(['github', 'gitlab'] as const)(
    '%s runs the version of this package, and says why it cannot',
    async kind => {
      // The package is not on npm yet.
      pipeline.program(
        'npx',
        '#!/bin/sh\necho "$@" > npx.txt\necho "a%\n::add-mask::b" >&2\nexit 4\n',
      );
      const { version: _, ...inputs } = INPUTS;
      const step = await pipeline[kind](inputs);
      expect(step.code).toBe(4);
      expect(step.file('npx.txt')).toMatch(
        new RegExp(
          `^--yes eks-pod-identity@${version} verify .* -- deployment/payments-ledger\n$`,
        ),
      );
      const said = workflowCommands(step.stdout);
      expect(said).toEqual(
        kind === 'gitlab'
          ? []
          : [
              {
                name: 'error',
                properties: 'title=eks-pod-identity',
                data: 'a%25%0A::add-mask::b',
              },
            ],
      );
    },
  );
});

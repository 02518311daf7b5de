import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { sorted } from './__testUtils__/sorted';
import { objectsOf } from './kustomize';

const DEPLOY = resolve(__dirname, '../../../../deploy');
const filesOf = (...paths: string[]) =>
  paths.flatMap(path =>
    objectsOf(readFileSync(resolve(DEPLOY, path), 'utf8')).filter(Boolean),
  );

// For operators, who have it; Debian has none
const PROGRAM = 'helm';
const isHere = !spawnSync(PROGRAM, ['version']).error;

function helm(...args: string[]) {
  const options = { cwd: DEPLOY, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(PROGRAM, args, options);
  return { status, stdout, stderr };
}

function done(...args: string[]): string {
  const { stdout, ...ended } = helm(...args);
  expect(ended).toEqual({ status: 0, stderr: '' });
  return stdout;
}

const rendered = (chart: string, ...flags: string[]) =>
  objectsOf(done('template', 'it', chart, ...flags)).filter(Boolean);

const set = (...values: string[]) => values.flatMap(one => ['--set', one]);

const WHOLE = set(
  'namespaces={payments}',
  'restart={payments}',
  'diagnostics.agentLog=true',
  'diagnostics.webhooks=true',
);
const OF_PROGRAM = set(
  'image=registry.example.com/eks-pod-identity',
  'cluster=payments-prod',
  'region=eu-west-1',
);

(isHere ? describe : describe.skip)(
  `the charts by Helm itself${
    isHere ? '' : ' (LEFT OUT: helm is not installed)'
  }`,
  () => {
    it('make what the files have', () => {
      expect(sorted(rendered('helm', ...WHOLE))).toEqual(
        sorted(filesOf('rbac.yaml', 'admission-policies.yaml')),
      );
      const cronJob = set('cronJob=0 5 * * *');
      expect(
        sorted(
          rendered(
            'verify/helm',
            '--namespace=payments',
            ...OF_PROGRAM,
            ...cronJob,
          ),
        ),
      ).toEqual(sorted(filesOf('verify/rbac.yaml', 'verify/cronjob.yaml')));
    });

    it('keep values as they are typed', () => {
      const label = ['--set-string', 'labels.cost="42": yes'];
      const [{ metadata }] = rendered('helm', ...WHOLE, ...label);
      expect(metadata).toMatchObject({ labels: { cost: '"42": yes' } });
    });

    it.each([
      ['helm', WHOLE],
      ['verify/helm', OF_PROGRAM],
    ])('pass the linter: %s', (chart, flags) => {
      expect(done('lint', '--strict', chart, ...flags)).toContain(
        '0 chart(s) failed',
      );
    });

    it.each([
      ['no namespace', 'helm', set('selfService=true')],
      ['kube-system', 'helm', set('namespaces={kube-system}')],
      ['a misspelt value', 'helm', [...WHOLE, ...set('selfservice=false')]],
      ['no region', 'verify/helm', [...OF_PROGRAM, ...set('region=mars')]],
    ])('refuse %s', (_, chart, flags) => {
      expect(helm('template', 'it', chart, ...flags)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("values don't meet the specifications"),
      });
    });
  },
);

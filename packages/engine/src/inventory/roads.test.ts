import type { AccessRow } from 'backstage-plugin-eks-pod-identity-common';
import { known } from '../verification/framework/fact';
import type { Carried } from '../verification/framework/facts/workloads';
import { POD_IDENTITY } from './__testUtils__/accessCase';
import { ARN, factsOf, judged, type World } from './__testUtils__/readyFacts';
import type { SpecsOfAccount } from './facts';
import { judgeAccess } from './judge';
import { addWorkload } from './specs';

const byHand = (template: SpecsOfAccount) =>
  template.byHand.add('set AWS_ROLE_ARN');
const keys = (what: Carried) => (template: SpecsOfAccount) => {
  template.keys.add('carry keys');
  template.keysIn.add(what);
};

/** Moved, without anything left of IRSA but what differs. */
const moved = (world: World): World => ({
  associated: true,
  trust: [POD_IDENTITY],
  ...world,
  facts: { annotated: known(new Map()), ...world.facts },
});

/** These programs asked by IRSA at some time. */
const programs = (...names: string[]): World['use'] => ({
  of: new Map([
    [
      'shop/api',
      {
        programs: names.map(name => ({
          name,
          age: 'works' as const,
          lastAt: '2026-11-29T10:00:00.000Z',
        })),
        roles: new Map(),
        together: names.length,
      },
    ],
  ]),
});

it.each<[string, World, AccessRow['roads'], RegExp]>([
  [
    'variables of IRSA in the template, which Python takes first',
    moved({ template: byHand }),
    ['irsa-by-hand', 'pod-identity'],
    /^Its pods set AWS_ROLE_ARN, which SDKs take before Pod Identity\. Take the variables out/,
  ],
  [
    'the same of a program that was never seen',
    moved({ template: byHand, use: { of: new Map() } }),
    ['irsa-by-hand', 'pod-identity'],
    /^Its pods set AWS_ROLE_ARN, which SDKs take before Pod Identity\./,
  ],
  [
    'the same, which Java v1 takes last',
    moved({ template: byHand, sdk: 'Java v1' }),
    ['pod-identity', 'irsa-by-hand'],
    /^It has Pod Identity\. Its pods set AWS_ROLE_ARN, and Pod Identity comes first for Java v1\.$/,
  ],
  [
    'the same where programs differ',
    moved({ template: byHand, use: programs('boto3', 'JavaScript v2') }),
    ['irsa-by-hand', 'pod-identity'],
    /^Its pods set AWS_ROLE_ARN, which boto3 takes, and JavaScript v2 does not take, before Pod Identity\./,
  ],
  [
    'the same without an association, so that there is no other road',
    {
      template: byHand,
      sdk: 'Java v1',
      facts: { annotated: known(new Map()) },
    },
    ['irsa-by-hand'],
    /^Its pods set AWS_ROLE_ARN\. Take the variables out/,
  ],
  [
    'keys in files of the home directory, which Java v1 takes last',
    moved({ template: keys('home-files'), sdk: 'Java v1' }),
    ['pod-identity', 'static-keys'],
    /^It has Pod Identity\. Its pods carry keys, and Pod Identity comes first for Java v1\.$/,
  ],
  [
    'keys in variables, which Java v1 takes first',
    moved({ template: keys('keys'), sdk: 'Java v1' }),
    ['static-keys', 'pod-identity'],
    /^It has Pod Identity\.$/,
  ],
  [
    'keys of a Java machine, which Go does not see',
    moved({ template: keys('java-properties'), sdk: 'Go v2' }),
    ['pod-identity', 'static-keys'],
    /Pod Identity comes first for Go v2\.$/,
  ],
  [
    'a Secret that is not read beside Pod Identity',
    moved({ template: template => template.secrets.add('Secret db') }),
    ['pod-identity'],
    /^It has Pod Identity\. Whether Secret db holds access keys, which SDKs would take first, cannot be told: Secrets are not read\.$/,
  ],
  [
    'a Secret that is not read beside IRSA, by which its one container asks',
    { template: template => template.secrets.add('Secret db') },
    ['irsa'],
    /^Ready to move: .* Whether Secret db holds access keys/,
  ],
])('%s', (_, world, roads, says) => {
  const row = judged(world);
  expect([row.roads, [row.sentence, ...row.reasons].join(' ')]).toEqual([
    roads,
    expect.stringMatching(says),
  ]);
});

it('has no finding for keys that no program takes', () => {
  const found = (sdk: string) =>
    judged(moved({ template: keys('home-files'), sdk })).findings ?? [];
  expect(found('Java v1')).toEqual([]);
  expect(found('boto3').map(({ kind }) => kind)).toEqual(['keys-beside']);
});

it('knows the add-on that an association belongs to', () => {
  const ownerArn =
    'arn:aws:eks:eu-west-1:111122223333:addon/prod/vpc-cni/0cc0ffee-0000-0000-0000-000000000000';
  const owned = new Map([['shop/api', { roleArn: ARN, ownerArn }]]);
  const of = (world: World) =>
    judged({ ...world, facts: { ...world.facts, associations: known(owned) } });
  expect(of(moved({}))).toMatchObject({
    addon: 'vpc-cni',
    roads: ['pod-identity'],
    verdict: 'no-move',
    sentence: 'It has Pod Identity by the add-on vpc-cni.',
  });
  expect(of({}).sentence).toMatch(
    /^It has Pod Identity by the add-on vpc-cni; still there: the annotation of IRSA/,
  );
});

it('names what runs by templates and by pods alone', () => {
  const cron = { kind: 'CronJob', name: 'sync', containers: 1 };
  const facts = factsOf({
    template: template => addWorkload(template, cron),
    pods: pods => {
      addWorkload(pods, { ...cron, kind: 'Job', name: 'sync-29402100' });
      addWorkload(pods, { ...cron, kind: 'Workflow', name: 'nightly' });
    },
  });
  expect(judgeAccess(facts, 0).rows[0].workloads).toEqual([
    'CronJob sync',
    'Deployment api',
    'Workflow nightly',
  ]);
});

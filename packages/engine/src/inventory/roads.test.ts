import type { AccessRow } from 'backstage-plugin-eks-pod-identity-common';
import { known } from '../verification/framework/fact';
import { POD_IDENTITY } from './__testUtils__/accessCase';
import { ARN, factsOf, judged, type World } from './__testUtils__/readyFacts';
import type { SpecsOfAccount } from './facts';
import { judgeAccess } from './judge';
import { addWorkload } from './specs';

const byHand = (template: SpecsOfAccount) =>
  template.byHand.add('set AWS_ROLE_ARN');
const keys = (template: SpecsOfAccount) => template.keys.add('carry keys');

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
    /^Its pods set AWS_ROLE_ARN, and SDKs use them before Pod Identity\. Take the variables out/,
  ],
  [
    'the same of a program that was never seen',
    moved({ template: byHand, use: { of: new Map() } }),
    ['irsa-by-hand', 'pod-identity'],
    /^Its pods set AWS_ROLE_ARN, and SDKs use them before Pod Identity\./,
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
    /^Its pods set AWS_ROLE_ARN, and boto3 uses them before Pod Identity; JavaScript v2 does not\./,
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
    'keys of a Java machine, whose program did not ask by IRSA as Go did',
    moved({ template: keys, sdk: 'Go v2' }),
    ['static-keys', 'pod-identity'],
    /^It has Pod Identity\.$/,
  ],
  [
    'a Secret named after AWS beside Pod Identity, of a program that was never seen',
    moved({
      template: template => template.keySecrets.add('Secret aws'),
      use: { of: new Map() },
    }),
    ['pod-identity', 'secret'],
    /^It has Pod Identity\. Secrets are not read here, .* whether Secret aws holds access keys\./,
  ],
  [
    'a Secret beside Pod Identity',
    moved({
      template: template => template.secrets.add('Secret db'),
      use: { of: new Map() },
    }),
    ['pod-identity'],
    /^It has Pod Identity\.$/,
  ],
  [
    'a Secret beside IRSA, by which its one container asks',
    { template: template => template.secrets.add('Secret db') },
    ['irsa'],
    /^Ready to move: [^.]*\.$/,
  ],
  [
    'a Secret beside IRSA, by which nothing was seen to ask',
    {
      template: template => template.secrets.add('Secret db'),
      use: { of: new Map() },
    },
    ['irsa'],
    /Secrets are not read here, .* whether Secret db holds access keys\. SDKs would use those first\.$/,
  ],
])('%s', (_, world, roads, says) => {
  const row = judged(world);
  expect([row.roads, [row.sentence, ...row.reasons].join(' ')]).toEqual([
    roads,
    expect.stringMatching(says),
  ]);
});

it.each(['Java v1', 'Go v2', 'boto3'])(
  'has a finding for keys beside Pod Identity, whatever %s takes: who uses keys never asks by IRSA',
  sdk => {
    const { findings = [] } = judged(moved({ template: keys, sdk }));
    expect(findings.map(({ kind }) => kind)).toEqual(['keys-beside']);
  },
);

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
    sentence: 'The add-on vpc-cni gives it Pod Identity.',
  });
  expect(of({}).sentence).toMatch(
    /^The add-on vpc-cni gives it Pod Identity; still there: the annotation of IRSA/,
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

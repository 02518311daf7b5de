import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type {
  AccessItem,
  AccessProgress,
  AssociationRow,
  ClusterOverview,
} from 'backstage-plugin-eks-pod-identity-common';
import { Engine, type RuleProperties } from 'json-rules-engine';
import { configOfReadme } from './__testUtils__/configOfReadme';
import { completeness, type Facts, factsOf } from './facts';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const DAY = 24 * 3_600_000;
const daysAgo = (days: number) => new Date(NOW - days * DAY).toISOString();

const identity = (
  status: AssociationRow['status'],
  provenAt?: string,
): AssociationRow => ({
  ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
  clusterTitle: 'Production',
  owner: 'portal',
  status,
  headline: '',
  sentence: '',
  orphan: false,
  drift: false,
  stale: false,
  provenAt,
});
const going = (...roads: AccessItem['roads']): AccessItem => ({
  ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
  clusterTitle: 'Production',
  lookedAt: daysAgo(0),
  roads,
  verdict: 'ready',
  sentence: '',
  reasons: [],
  workloads: [],
  pods: 1,
  compute: [],
});

const ALL = { identities: true, access: true };
const NOTHING = { identities: false, access: false };
const fresh = identity('verified', daysAgo(6));

describe('the facts of a component', () => {
  it.each<[string, Parameters<typeof factsOf>[0], typeof ALL, Facts]>([
    [
      'that has nothing',
      { identities: [], access: [] },
      ALL,
      {
        hasIdentity: false,
        verifiedInLast7Days: false,
        usesStaticKeys: false,
        usesIrsa: false,
      },
    ],
    [
      'of which nothing was read yet',
      { identities: [], access: [] },
      NOTHING,
      {},
    ],
    [
      'of which only what is there is known',
      { identities: [fresh], access: [going('static-keys')] },
      NOTHING,
      { hasIdentity: true, verifiedInLast7Days: true, usesStaticKeys: true },
    ],
    [
      'whose proof is too old',
      { identities: [identity('verified', daysAgo(8))], access: [] },
      ALL,
      {
        hasIdentity: true,
        verifiedInLast7Days: false,
        usesStaticKeys: false,
        usesIrsa: false,
      },
    ],
    [
      'that broke after the proof',
      { identities: [identity('broken', daysAgo(1))], access: [] },
      NOTHING,
      { hasIdentity: true, verifiedInLast7Days: false },
    ],
    [
      'with one identity that no pod has proven',
      { identities: [fresh, identity('looks-right')], access: [] },
      NOTHING,
      { hasIdentity: true, verifiedInLast7Days: false },
    ],
    [
      'whose keys hide its IRSA',
      { identities: [], access: [going('static-keys', 'irsa')] },
      NOTHING,
      { usesStaticKeys: true, usesIrsa: true },
    ],
    [
      'that sets up IRSA by hand',
      { identities: [], access: [going('irsa-by-hand')] },
      NOTHING,
      { usesIrsa: true },
    ],
  ])('%s', (_, known, complete, expected) => {
    expect(factsOf(known, complete, NOW)).toEqual(expected);
  });
});

describe('whether nothing found means that there is nothing', () => {
  const swept = { lastSweepAt: daysAgo(0) } as ClusterOverview;
  const of = (
    clusters: ClusterOverview[],
    ...looks: Partial<AccessProgress['clusters'][number]>[]
  ) =>
    completeness(clusters, {
      clusters: looks.map(look => ({
        cluster: 'prod',
        title: 'Production',
        byPodIdentity: 0,
        total: 0,
        gaps: [],
        ...look,
      })),
      owners: [],
      days: [],
    });
  const gap = (what: 'pods' | 'use') => ({ what, sentence: '', costs: '' });

  it('takes a look at every cluster', () => {
    const lookedAt = daysAgo(0);
    expect(of([swept], { lookedAt })).toEqual(ALL);
    expect(of([swept, {} as ClusterOverview], { lookedAt }, {})).toEqual(
      NOTHING,
    );
  });

  it('takes what a road is known by, and not what a program is', () => {
    const lookedAt = daysAgo(0);
    expect(of([swept], { lookedAt, gaps: [gap('use')] }).access).toBe(true);
    expect(of([swept], { lookedAt, gaps: [gap('pods')] }).access).toBe(false);
    expect(of([swept], { lookedAt, failure: 'No answer' }).access).toBe(false);
  });
});

it('the README names the resolutions that the checks are tried with', () => {
  const read = (path: string) => readFileSync(resolve(__dirname, path), 'utf8');
  const [, json] = /```json\n([^]*?)```/.exec(read('../README.md'))!;
  const { resolutions } = JSON.parse(read('../../../package.json'));
  expect(resolutions).toMatchObject(JSON.parse(json).resolutions);
});

describe('the checks of the README', () => {
  const { checks } = configOfReadme().techInsights.factChecker as {
    checks: Record<string, { rule: Pick<RuleProperties, 'conditions'> }>;
  };

  /** Names of the checks that pass, as the real rules engine judges them. */
  async function passed(facts: Facts): Promise<string[]> {
    const names: string[] = [];
    for (const [name, { rule }] of Object.entries(checks)) {
      const engine = new Engine([{ ...rule, event: { type: name } }]);
      const { events } = await engine.run(facts as Record<string, boolean>);
      names.push(...events.map(({ type }) => type));
    }
    return names;
  }

  it('pass where all is well', async () => {
    const facts = factsOf({ identities: [fresh], access: [] }, ALL, NOW);
    expect(await passed(facts)).toEqual([
      'awsIdentityVerified',
      'noStaticAwsKeys',
      'offIrsa',
    ]);
    const none = factsOf({ identities: [], access: [] }, ALL, NOW);
    expect(await passed(none)).toHaveLength(3);
  });

  it.each<[string, Parameters<typeof factsOf>[0]]>([
    [
      'awsIdentityVerified',
      { identities: [identity('verified', daysAgo(8))], access: [] },
    ],
    [
      'noStaticAwsKeys',
      { identities: [fresh], access: [going('static-keys')] },
    ],
    ['offIrsa', { identities: [fresh], access: [going('irsa')] }],
  ])('find what is not: %s', async (name, known) => {
    const all = Object.keys(checks);
    expect(await passed(factsOf(known, ALL, NOW))).toEqual(
      all.filter(one => one !== name),
    );
  });
});

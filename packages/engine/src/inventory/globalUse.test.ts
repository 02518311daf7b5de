import type { AccessRow } from 'backstage-plugin-eks-pod-identity-common';
import { factsOf, judged, type World } from './__testUtils__/readyFacts';
import { judgeAccess } from './judge';

/** What a look knows that searched the region alone. */
const REGION_ALONE: World['use'] = {
  regions: ['eu-west-1'],
  unsearched: {
    region: 'us-east-1',
    lack: { kind: 'denied', sentence: 'Not allowed in us-east-1.' },
  },
};
const NOW = Date.parse('2026-11-29T12:00:00.000Z');
const LONG_AGO = NOW - 91 * 86_400_000;

describe('calls to the global endpoint of STS, which CloudTrail has in us-east-1', () => {
  it.each<[string, World, AccessRow['verdict'], RegExp]>([
    [
      'are among those that silence is said of',
      { use: { of: new Map() } },
      'unknown',
      /: CloudTrail has no call by IRSA of it since 2026-11-29 08:00 UTC in eu-west-1 and us-east-1\.$/,
    ],
    [
      'are named as not searched for where that is so',
      { use: { ...REGION_ALONE, of: new Map() } },
      'unknown',
      /: CloudTrail has no call by IRSA of it since 2026-11-29 08:00 UTC in eu-west-1; calls to the global endpoint of STS are in us-east-1\. Not allowed in us-east-1\.$/,
    ],
    [
      'keep a service account that is set to it from being ready where they were not searched for',
      { annotated: { globalSts: true }, use: REGION_ALONE },
      'unknown',
      /^Cannot tell: it is set to the global endpoint of STS, and calls to the global endpoint of STS are in us-east-1\. Not allowed in us-east-1\.$/,
    ],
    [
      'keep one from it whose template is set to it',
      {
        template: template => {
          template.globalSts = true;
        },
        use: REGION_ALONE,
      },
      'unknown',
      /^Cannot tell: it is set to the global endpoint of STS/,
    ],
    [
      'keep none from it where they were searched for',
      { annotated: { globalSts: true } },
      'ready',
      /^Ready/,
    ],
    [
      'keep no other from it, whose program was seen in the region',
      { use: REGION_ALONE },
      'ready',
      /^Ready/,
    ],
  ])('%s', (_, world, verdict, says) => {
    const row = judged(world);
    expect([row.verdict, row.sentence]).toEqual([
      verdict,
      expect.stringMatching(says),
    ]);
  });

  it('may be the use of a role that seems to have none', () => {
    const findings = (use: World['use']) => {
      const world = { asked: {}, role: { createdAt: LONG_AGO }, use };
      const [{ findings: found = [] }] = judgeAccess(factsOf(world), NOW).rows;
      return found.map(({ kind }) => kind);
    };
    expect(findings({})).toEqual(['unused-role']);
    expect(findings(REGION_ALONE)).toEqual([]);
  });

  it('are among the gaps where they were not searched for', () => {
    expect(judgeAccess(factsOf({ use: REGION_ALONE }), NOW).gaps).toEqual([
      {
        what: 'globalUse',
        sentence: 'Not allowed in us-east-1.',
        costs: expect.stringContaining('"cannot tell"'),
      },
    ]);
    expect(judgeAccess(factsOf({}), NOW).gaps).toEqual([]);
  });
});

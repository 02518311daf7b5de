import {
  type PodIdentityEvidenceRequest,
  stringifyServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  systemClock,
  type Verification,
  type VerifyContext,
  type VerifyRequest,
} from 'eks-pod-identity-engine';
import { CapturingLogger } from '../__testUtils__/CapturingLogger';
import { checkResult, reportOf } from './__testUtils__/statusReports';
import type { Holder } from '../store';
import {
  type ChangesDeps,
  SweepSearch,
  type SweepSearchDeps,
  withChanges,
} from './changes';

const HOUR = 3_600_000;
const REPORT: VerificationReport = {
  ...reportOf('run', {
    status: 'broken',
    way: 'broken',
    checks: [checkResult('role.trust-policy', 'fail')],
  }),
  parts: {},
};
const cluster = { id: 'prod', name: 'prod', region: 'eu-west-1', roles: {} };
const context = {
  clock: systemClock,
  clusters: { get: () => cluster, list: () => [cluster] },
  emit: async () => {},
  signal: new AbortController().signal,
} as unknown as VerifyContext;

/** Verifies an identity that was never proven, and answers the report with when each search began. */
async function verified(reports: object, resetAt?: number) {
  const asked: PodIdentityEvidenceRequest[] = [];
  const verification = {
    verify: async () => REPORT,
  } as unknown as Verification;
  const { verify } = withChanges(verification, {
    logger: new CapturingLogger(),
    store: { reports, serviceAccounts: { find: async () => ({ resetAt }) } },
    source: () => ({
      read: async function* read(request: PodIdentityEvidenceRequest) {
        asked.push(request);
        yield [];
      },
    }),
  } as unknown as ChangesDeps);
  const report = await verify({ ref: REPORT.ref } as VerifyRequest, context);
  return { report, begins: new Set(asked.map(({ from }) => from.getTime())) };
}

const NEVER = { lastWorking: async () => undefined };

it('searches a day back where nothing was proven', async () => {
  const before = Date.now();
  const { begins } = await verified(NEVER);
  const [begin] = begins;
  expect(begins.size).toBe(1);
  expect(begin).toBeGreaterThanOrEqual(before - 24 * HOUR);
  expect(begin).toBeLessThanOrEqual(Date.now() - 24 * HOUR);
});

it('searches nothing from before the identity was of its present owner', async () => {
  const resetAt = Date.now() - HOUR;
  const { begins } = await verified(NEVER, resetAt);
  expect([...begins]).toEqual([resetAt]);
});

it('leaves the verdict as it is where the database fails', async () => {
  const { report } = await verified({
    lastWorking: async () => {
      throw new Error('away');
    },
  });
  expect(report).toBe(REPORT);
});

describe('a sweep', () => {
  const NOW = Date.now();
  const ago = (ms: number) => new Date(NOW - ms).toISOString();
  const RIGHT: VerificationReport = { ...REPORT, way: 'proven' };
  const look = (name: string): VerificationReport => ({
    ...REPORT,
    ref: { ...REPORT.ref, serviceAccount: name },
  });

  const OWNER: Holder = { entityRef: 'component:default/api', ownerRefs: [] };
  const YOUNG = { ...REPORT, finishedAt: ago(HOUR / 2) };

  /**
   * Names of those for which it searches and of those that it completes, out of those with what was seen of each before.
   */
  async function searchedOf(
    before: Record<string, VerificationReport | undefined>,
    now: { version?: string; holder?: Holder } = {},
    extra: Partial<VerificationReport> = {},
  ) {
    const looks = Object.keys(before).map(name => ({
      ...look(name),
      ...extra,
    }));
    const searched = new Set<string>();
    const ofEach = <T>(valueOf: (name: string) => T) =>
      new Map(
        looks.map(({ ref }) => [
          stringifyServiceAccountRef(ref),
          valueOf(ref.serviceAccount),
        ]),
      );
    const search = new SweepSearch(
      {
        logger: new CapturingLogger(),
        store: {
          changes: { versions: async () => ofEach(() => now.version ?? 'v1') },
          owners: { findMany: async () => ofEach(() => now.holder ?? OWNER) },
          reports: {
            ...NEVER,
            lastOfMany: async () => ofEach(name => ({ look: before[name] })),
          },
          serviceAccounts: {
            find: async (ref: { serviceAccount: string }) => {
              searched.add(ref.serviceAccount);
              return {};
            },
          },
        },
        source: () => ({
          read: () => {
            throw new Error('Away');
          },
        }),
      } as unknown as SweepSearchDeps,
      context,
    );
    for (const one of looks) {
      await search.note([{ look: one, version: 'v1', holder: OWNER }]);
    }
    // What it saw is recorded before it searches
    expect([...searched]).toEqual([]);
    const completed: VerificationReport[] = [];
    await search.run(async report => {
      completed.push(report);
    });
    return { searched: [...searched].sort(), completed };
  }

  it('searches for what it did not see before, and again while AWS may still write events', async () => {
    const changes = { since: ago(HOUR), proven: true, differs: [] };
    const events = [{ at: ago(HOUR), what: 'Made.' }];
    const { searched } = await searchedOf({
      unseen: undefined,
      worked: RIGHT,
      young: YOUNG,
      told: { ...YOUNG, changes: { ...changes, events } },
      old: { ...REPORT, finishedAt: ago(2 * HOUR) },
      otherwise: { ...YOUNG, finishedAt: ago(9 * HOUR), parts: undefined },
    });
    expect(searched).toEqual(['otherwise', 'worked', 'young']);
  });

  it('searches for three identities at most, and for new ones first', async () => {
    const young = Array.from({ length: 90 }, (_, at) => [`a${at}`, YOUNG]);
    const { searched } = await searchedOf({
      ...Object.fromEntries(young),
      y: RIGHT,
      z: RIGHT,
    });
    expect(searched).toHaveLength(3);
    expect(searched.slice(1)).toEqual(['y', 'z']);
  });

  it('searches nothing for what no change explains', async () => {
    const checks = [checkResult('agent.installed', 'fail')];
    const { searched } = await searchedOf({ a: RIGHT }, {}, { checks });
    expect(searched).toEqual([]);
  });

  it('completes the look, unless the portal changed the identity meanwhile or it has another owner', async () => {
    const { completed } = await searchedOf({ a: RIGHT });
    expect(completed).toMatchObject([
      { changes: { events: [], lack: expect.stringContaining('Away') } },
    ]);
    expect(completed[0].id).not.toBe(REPORT.id);
    expect(completed[0].finishedAt > REPORT.finishedAt).toBe(true);
    const others = { ...OWNER, entityRef: 'component:default/other' };
    for (const now of [{ version: 'v2' }, { holder: others }]) {
      expect(await searchedOf({ a: RIGHT }, now)).toEqual({
        searched: ['a'],
        completed: [],
      });
    }
  });
});

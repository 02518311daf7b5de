import { mockServices } from '@backstage/backend-test-utils';
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
import { checkResult, reportOf } from './__testUtils__/statusReports';
import { type ChangesDeps, SweepSearch, withChanges } from './changes';

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
    logger: mockServices.logger.mock(),
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

  /** Names of those for which it searches, out of those with what was seen of each before. */
  async function searchedOf(
    before: Record<string, VerificationReport | undefined>,
  ) {
    const looks = Object.keys(before).map(look);
    const searched = new Set<string>();
    const search = new SweepSearch(
      {
        logger: mockServices.logger.mock(),
        store: {
          reports: {
            ...NEVER,
            lastOfMany: async () =>
              new Map(
                looks.map(({ ref }) => [
                  stringifyServiceAccountRef(ref),
                  { look: before[ref.serviceAccount] },
                ]),
              ),
          },
          serviceAccounts: {
            find: async (ref: { serviceAccount: string }) => {
              searched.add(ref.serviceAccount);
              return {};
            },
          },
        },
        source: () => ({
          read: async function* read() {
            yield [];
          },
        }),
      } as unknown as ChangesDeps,
      context,
    );
    expect((await search.completed(looks)).map(({ ref }) => ref)).toEqual(
      looks.map(({ ref }) => ref),
    );
    return [...searched];
  }

  it('searches for what it did not see before, and again while AWS may still write events', async () => {
    const young = { ...REPORT, finishedAt: ago(HOUR / 2) };
    const changes = { since: ago(HOUR), proven: true, differs: [] };
    const events = [{ at: ago(HOUR), what: 'Made.' }];
    expect(
      await searchedOf({
        unseen: undefined,
        worked: RIGHT,
        young,
        told: { ...young, changes: { ...changes, events } },
        old: { ...REPORT, finishedAt: ago(2 * HOUR) },
        otherwise: { ...young, finishedAt: ago(9 * HOUR), parts: undefined },
      }),
    ).toEqual(['worked', 'young', 'otherwise']);
  });

  it('searches for three identities at most', async () => {
    expect(
      await searchedOf({ a: RIGHT, b: RIGHT, c: RIGHT, d: RIGHT }),
    ).toEqual(['a', 'b', 'c']);
  });
});

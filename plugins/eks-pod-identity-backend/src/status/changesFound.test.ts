import type {
  ChangesFound,
  IdentityParts,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  systemClock,
  type Verification,
  type VerifyContext,
  type VerifyRequest,
} from 'eks-pod-identity-engine';
import { CapturingLogger } from '../__testUtils__/CapturingLogger';
import { checkResult, reportOf } from './__testUtils__/statusReports';
import { type ChangesDeps, changesOfLook, withChanges } from './changes';

const NOW = Date.parse('2026-01-02T00:00:00.000Z');
const PROVEN_AT = '2026-01-01T00:00:00.000Z';

const partsOf = (roleArn: string): IdentityParts => ({
  association: { id: 'a-1', roleArn, disableSessionTags: false },
});
const WAS = partsOf('arn:aws:iam::111122223333:role/was');
const IS = partsOf('arn:aws:iam::111122223333:role/is');
const OTHER_ROLE = 'The association has another role: is, not was.';
const PROOF = reportOf('proof', { finishedAt: PROVEN_AT, parts: WAS });
const BROKEN = reportOf('run', {
  status: 'broken',
  checks: [checkResult('role.trust-policy', 'fail')],
  parts: WAS,
});
const NO_EVENT = expect.stringContaining('CloudTrail shows no call');

/** The report as a verification hands it on, and whether CloudTrail was searched. */
async function completed(
  report: VerificationReport,
  {
    proof,
    resetAt,
    source = 'silent',
  }: {
    proof?: VerificationReport;
    resetAt?: number;
    source?: 'none' | 'silent' | 'away';
  } = {},
) {
  const logged: unknown[] = [];
  const cluster = {
    id: 'prod',
    name: 'prod',
    region: 'eu-west-1',
    accountId: '111122223333',
    roles: {},
  };
  const { verify } = withChanges(
    { verify: async () => report } as unknown as Verification,
    {
      logger: new CapturingLogger(),
      store: {
        reports: { lastWorking: async () => proof },
        serviceAccounts: { find: async () => ({ resetAt }) },
      },
      ...(source === 'none'
        ? {}
        : {
            source: () => ({
              read: async function* read() {
                if (source === 'away') throw new Error('Away');
                yield [];
              },
            }),
          }),
    } as unknown as ChangesDeps,
  );
  const after = await verify(
    { ref: report.ref } as VerifyRequest,
    {
      clock: { ...systemClock, now: () => NOW },
      clusters: { get: () => cluster, list: () => [cluster] },
      emit: async (event: unknown) => void logged.push(event),
      signal: new AbortController().signal,
    } as unknown as VerifyContext,
  );
  return { after, changes: after.changes, searched: logged.length > 0 };
}

describe('what became of an identity since it was proven', () => {
  it('is searched where something differs, or where a change may explain the failure', async () => {
    const differs = await completed({ ...BROKEN, parts: IS }, { proof: PROOF });
    expect(differs).toMatchObject({
      searched: true,
      changes: {
        since: PROVEN_AT,
        proven: true,
        differs: [OTHER_ROLE],
        events: [],
        lack: NO_EVENT,
      },
    });
    const same = await completed(BROKEN, { proof: PROOF });
    expect([same.searched, same.after]).toEqual([true, BROKEN]);
  });

  it('says why it is not known who did it', async () => {
    const { changes } = await completed(BROKEN, { source: 'away' });
    expect(changes).toMatchObject({
      proven: false,
      differs: [],
      events: [],
      lack: expect.stringContaining('Away'),
    });
    const { changes: other } = await completed(
      { ...BROKEN, parts: IS },
      { proof: PROOF, source: 'away' },
    );
    expect(other?.lack).toContain('Away');
  });

  it.each<[string, VerificationReport, VerificationReport | undefined]>([
    ['proven', { ...BROKEN, way: 'proven', parts: IS }, PROOF],
    [
      'of an earlier run',
      { ...BROKEN, reused: true, parts: IS } as VerificationReport,
      PROOF,
    ],
    [
      'broken by what no change of it explains',
      { ...BROKEN, checks: [checkResult('agent.installed', 'fail')] },
      undefined,
    ],
    ['right, as far as a look tells', { ...BROKEN, way: 'looks-right' }, PROOF],
  ])('is not searched where the report is %s', async (_, report, proof) => {
    const { after, searched } = await completed(report, { proof });
    expect([searched, after]).toEqual([false, report]);
  });

  it('is searched where an agent fails for what is wrong with the role', async () => {
    const checks = [checkResult('agent.installed', 'fail', { blames: 'role' })];
    expect((await completed({ ...BROKEN, checks })).searched).toBe(true);
  });

  it('is nothing of what was proven of another owner', async () => {
    const of = async (resetAt: number) =>
      (await completed({ ...BROKEN, parts: IS }, { proof: PROOF, resetAt }))
        .changes;
    const provenAt = Date.parse(PROVEN_AT);
    expect((await of(provenAt))?.differs).toEqual([OTHER_ROLE]);
    expect(await of(provenAt + 1)).toBeUndefined();
  });

  it('is what differs alone where the portal reads no evidence', async () => {
    const { changes, searched } = await completed(
      { ...BROKEN, parts: IS },
      { proof: PROOF, source: 'none' },
    );
    expect(searched).toBe(false);
    expect(changes).toEqual({
      since: PROVEN_AT,
      proven: true,
      differs: [OTHER_ROLE],
      events: [],
    });
    const same = await completed(BROKEN, { proof: PROOF, source: 'none' });
    expect(same.after).toBe(BROKEN);
  });

  it('fails the run only where that was stopped', async () => {
    const stopped = new AbortController();
    const { verify } = withChanges(
      { verify: async () => BROKEN } as unknown as Verification,
      {
        logger: new CapturingLogger(),
        store: {
          reports: {
            lastWorking: async () => {
              stopped.abort(new Error('Stopped.'));
              throw new Error('Away');
            },
          },
          serviceAccounts: { find: async () => undefined },
        },
      } as unknown as ChangesDeps,
    );
    const { signal } = stopped;
    await expect(
      verify({ ref: BROKEN.ref } as VerifyRequest, { signal } as VerifyContext),
    ).rejects.toThrow('Stopped.');
  });
});

describe('what a look for which nothing was searched says of changes', () => {
  const FOUND: ChangesFound = {
    since: PROVEN_AT,
    proven: true,
    differs: ['The association is gone.'],
    events: [],
  };
  const look = (more: Partial<VerificationReport> = {}) =>
    reportOf('look', { status: 'broken', parts: IS, ...more });
  const earlier = (parts: IdentityParts | undefined, changes?: ChangesFound) =>
    reportOf('earlier', { status: 'broken', parts, changes });
  const OF_PROOF: ChangesFound = {
    since: PROVEN_AT,
    proven: true,
    differs: [OTHER_ROLE],
    events: [],
  };

  it.each<
    [
      string,
      ChangesFound | undefined,
      VerificationReport,
      Parameters<typeof changesOfLook>[1],
    ]
  >([
    [
      'what was found of the very same identity',
      FOUND,
      look(),
      { proof: PROOF, look: earlier(IS, FOUND) },
    ],
    [
      'what was found with the proof of the very same identity',
      FOUND,
      look(),
      { proof: { ...PROOF, parts: IS, changes: FOUND } },
    ],
    [
      'nothing that was found of another one',
      OF_PROOF,
      look(),
      { proof: PROOF, look: earlier(WAS, FOUND) },
    ],
    [
      'what differs from the proof where nothing was found',
      OF_PROOF,
      look(),
      { proof: PROOF, look: earlier(IS) },
    ],
    [
      'nothing where it is as it was proven',
      undefined,
      look({ parts: WAS }),
      { proof: PROOF },
    ],
    [
      'nothing where it is proven',
      undefined,
      look({ way: 'proven' }),
      { proof: PROOF, look: earlier(IS, FOUND) },
    ],
    [
      'nothing where it read nothing',
      undefined,
      look({ parts: undefined }),
      { proof: PROOF, look: earlier(undefined, FOUND) },
    ],
    ['nothing without a proof', undefined, look(), {}],
    [
      'nothing beside a run that proved nothing',
      undefined,
      look(),
      { proof: { ...PROOF, checks: [] } },
    ],
    [
      'nothing beside a proof of what was broken',
      undefined,
      look(),
      { proof: { ...PROOF, way: 'broken' } },
    ],
  ])('is %s', (_, expected, seen, before) => {
    expect(changesOfLook(seen, before)).toEqual(expected);
  });
});

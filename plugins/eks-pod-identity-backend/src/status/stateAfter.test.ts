import type { CheckResult } from 'backstage-plugin-eks-pod-identity-common';
import type { ServiceAccountState } from '../store/ServiceAccountStore';
import { API, checkResult, reportOf } from './__testUtils__/statusReports';
import { newer, saysTheSame } from './looks';
import { shownReport } from './shownReport';
import { stateAfter } from './stateAfter';

const at = (day: number) => `2026-01-0${day}T00:00:00.000Z`;
const ms = (day: number) => Date.parse(at(day));
const state = (more: Partial<ServiceAccountState> = {}) =>
  ({
    ref: API,
    status: 'verified',
    headline: 'h',
    ...more,
  } as ServiceAccountState);
const proof = reportOf('p', { finishedAt: at(2) });
const look = reportOf('l', {
  finishedAt: at(3),
  probe: 'none',
  proof: 'none',
  fingerprint: 'B',
});
const after = (
  before: ServiceAccountState | undefined,
  last: object,
  seen: object = {},
) =>
  stateAfter(API, before, last, {
    now: ms(5),
    hasAssociation: async () => true,
    ...seen,
  });

describe('the headline of an identity', () => {
  it.each<[string, () => Promise<ServiceAccountState>, object]>([
    [
      'names its last reports',
      () => after(undefined, { proof, look }),
      {
        proofReportId: 'p',
        lookReportId: 'l',
        fingerprint: 'B',
        lookedAt: ms(3),
      },
    ],
    [
      'leaves out reports from before it was removed',
      () => after(state({ resetAt: ms(3) }), { proof, look }),
      { proofReportId: undefined, lookReportId: 'l', resetAt: ms(3) },
    ],
    [
      'knows what was seen without a report',
      () =>
        after(
          state({ fingerprint: 'A' }),
          { proof },
          { fingerprint: 'C', lookedAt: 7 },
        ),
      { fingerprint: 'C', lookedAt: 7 },
    ],
    [
      'knows what was seen before where the look is no new one',
      () => after(state({ fingerprint: 'A', lookReportId: 'l' }), { look }),
      { fingerprint: 'A' },
    ],
    [
      'knows no change any more once it was looked at',
      () => after(state({ changedBy: 'o' }), { proof }, { lookedAt: 7 }),
      { changedBy: undefined, fingerprint: undefined },
    ],
    [
      'knows of a change until it was looked at',
      () =>
        after(state({ changedBy: 'o', lookReportId: 'l' }), { proof, look }),
      {
        changedBy: 'o',
        fingerprint: undefined,
        status: 'looks-right',
        changedSince: 'proof',
      },
    ],
    [
      'keeps the time of a later look',
      () => after(state({ lookedAt: ms(5) }), { look }),
      { lookedAt: ms(5) },
    ],
    [
      'keeps what a look left open that was counted',
      () =>
        after(
          state({
            lookReportId: 'l',
            findings: [checkResult('role.x', 'fail')],
          }),
          { look },
        ),
      { findings: [checkResult('role.x', 'fail')] },
    ],
    [
      'keeps what is open where there was no look',
      () =>
        after(state({ findings: [checkResult('role.x', 'fail')] }), { proof }),
      { findings: [checkResult('role.x', 'fail')] },
    ],
    [
      'is that of one not tested yet after it was set up',
      () =>
        after(state({ status: 'looks-right', resetAt: ms(4) }), {
          proof,
          look,
        }),
      { headline: expect.stringContaining('has not been tested yet') },
    ],
    [
      'stays after it was removed',
      () =>
        after(
          state({ resetAt: ms(4) }),
          {},
          { hasAssociation: async () => false },
        ),
      { headline: 'h' },
    ],
  ])('%s', async (_, found, expected) => {
    expect(await found()).toMatchObject(expected);
  });
});

describe('the report of a card', () => {
  it('is none from before a change, even where neither has a fingerprint', () => {
    const blind = { ...look, fingerprint: undefined };
    const changed = state({
      proofReportId: 'p',
      changedSince: 'proof',
      changedBy: 'o',
    });
    expect(shownReport(changed, proof, blind)).toBeUndefined();
    const seen = state({
      lookReportId: 'l',
      changedSince: 'proof',
      fingerprint: 'B',
    });
    expect(shownReport(seen, proof, look)).toBe(look);
  });
});

describe('two looks', () => {
  it('say the same whenever they were made', () => {
    expect(saysTheSame(look, { ...look, id: 'x', finishedAt: at(9) })).toBe(
      true,
    );
    expect(saysTheSame(look, { ...look, probe: 'pod' })).toBe(false);
    expect(saysTheSame(look, { ...look, fingerprint: 'C' })).toBe(false);
  });

  it.each<Partial<CheckResult>>([
    { counts: { what: 'pods', good: 1, all: 2 } },
    { lacks: 'a1b2c3d4e5f6' },
    { lead: 'Two sentences.' },
    { tested: 's3 ls' },
  ])('differ where an earlier version did not say %p', more => {
    const [first, ...checks] = look.checks;
    const now = { ...look, checks: [{ ...first, ...more }, ...checks] };
    expect(saysTheSame(look, now)).toBe(false);
    expect(saysTheSame(now, { ...now, id: 'x' })).toBe(true);
  });

  it('count by their time, and the last one where that is the same', () => {
    expect(newer(undefined, look)).toBe(look);
    expect(newer(proof, look)).toBe(look);
    expect(newer(look, proof)).toBe(look);
    const same = { ...look };
    expect(newer(look, same)).toBe(same);
  });
});

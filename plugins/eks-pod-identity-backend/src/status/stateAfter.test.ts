import type {
  CheckResult,
  VerificationReport,
  WorkloadsFound,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ServiceAccountState } from '../store/ServiceAccountStore';
import {
  API,
  checkResult,
  lookOf,
  reportOf,
  stateOf as state,
} from './__testUtils__/statusReports';
import { newer, saysTheSame } from './looks';
import { stateAfter } from './stateAfter';

const at = (day: number) => `2026-01-0${day}T00:00:00.000Z`;
const ms = (day: number) => Date.parse(at(day));
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
      'is not that of the removed one after a change broke off',
      () =>
        after(
          state({ status: 'no-identity', resetAt: ms(4) }),
          {},
          { changedBy: 'o' },
        ),
      {
        status: 'could-not-check',
        headline: expect.stringContaining('since it was changed'),
      },
    ],
    [
      'is that of one changed before the first proof',
      () => after(state(), { look }, { changedBy: 'o' }),
      {
        status: 'could-not-check',
        headline: expect.stringContaining('since it was changed'),
      },
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

describe('a proof whose pod was kept from a test', () => {
  const denied = checkResult('permissions.list', 'fail');
  const kept = checkResult('permissions.list', 'skip', { withheld: true });
  const failed = reportOf('failed', {
    status: 'broken',
    finishedAt: at(1),
    checks: [...proof.checks, denied],
  });
  const next = {
    ...proof,
    withheld: 'tests' as const,
    checks: [...proof.checks, kept],
  };

  it.each<[string, string, object, object]>([
    ['leaves what failed', 'broken', {}, {}],
    ['says nothing of another identity', 'verified', {}, { fingerprint: 'B' }],
    [
      'says nothing of one that was seen to be another before',
      'verified',
      { changedSince: 'failure', fingerprint: 'B' },
      { fingerprint: 'B' },
    ],
  ])('%s: %s', async (_, status, seen, now) => {
    const before = await after(undefined, { proof: failed, look: failed });
    expect(before).toMatchObject({ status: 'broken', findings: [denied] });
    const run = { ...next, ...now };
    expect(
      await after({ ...before, ...seen }, { proof: run, look: run }),
    ).toMatchObject({ status });
  });
});

describe('a run that was kept from what its user asked for', () => {
  const kept = (id: string, status: CheckResult['status']) =>
    checkResult(id, status, { withheld: true });
  const refused = reportOf('l', {
    status: 'could-not-check',
    proof: 'none',
    finishedAt: at(3),
    checks: [
      kept('credentials.identity', 'skip'),
      kept('permissions.list', 'unknown'),
    ],
  });

  it('leaves the verdict as it is', async () => {
    const before = await after(undefined, { proof, look: proof });
    const found = await after(before, { proof, look: refused });
    expect([before.status, found.status]).toEqual(['verified', 'verified']);
    const first = await after(undefined, { look: refused });
    expect(first.status).toBe('looks-right');
  });

  it('says that it got no answer where others are missing too', async () => {
    const unread = checkResult('role.exists', 'unknown');
    const checks = [...refused.checks, unread];
    const found = await after(state(), {
      proof,
      look: { ...refused, checks },
    });
    expect(found.status).toBe('could-not-check');
    // A pod that obtained the role has answered that
    const proven = { ...proof, way: 'unknown' as const };
    const test = kept('permissions.list', 'unknown');
    const run = { ...proven, checks: [...proof.checks, unread, test] };
    expect((await after(state(), { proof: run, look: run })).status).toBe(
      'verified',
    );
  });
});

describe('since when an identity is as it is', () => {
  const since = async (
    before: ServiceAccountState,
    seen: VerificationReport,
    more: object = {},
  ) => (await after(before, { look: seen }, more)).memory?.sameSince;
  const known = state({ fingerprint: 'B', memory: { sameSince: ms(1) } });
  const unread = { ...look, fingerprint: undefined };

  it('is when a look first saw it so, and stays while looks see it so', async () => {
    expect(await since(state({ fingerprint: 'A' }), look)).toBe(ms(5));
    expect(await since(known, look)).toBe(ms(1));
  });

  it('is not known any more after a look that could not read it', async () => {
    expect(await since(known, unread)).toBeUndefined();
    const same = { ...known, lookReportId: 'l' };
    expect(await since(same, unread, { seenAgain: true })).toBeUndefined();
    // Nothing was looked at since
    expect(await since(same, unread)).toBe(ms(1));
  });
});

describe('an identity without an association', () => {
  const missing = {
    ...look,
    status: 'broken' as const,
    way: 'broken' as const,
    checks: [checkResult('association.exists', 'fail')],
  };
  const seen = async (
    workloads: WorkloadsFound['state'] | undefined,
    memory?: ServiceAccountState['memory'],
    isListed = false,
    other?: string,
  ) => {
    const found = await after(
      memory && state({ status: 'broken', memory }),
      {
        look: workloads
          ? {
              ...missing,
              workloads: { state: workloads, good: 0, all: 0, other },
            }
          : missing,
      },
      { hasAssociation: async () => isListed },
    );
    return found.status;
  };

  it('has not been set up yet where it never had one and has no pod', async () => {
    expect(await seen('no-workload')).toBe('no-identity');
    expect(await seen('no-pods')).toBe('no-identity');
    // Its pods are gone since.
    expect(await seen('no-pods', {})).toBe('no-identity');
  });

  it('uses IRSA where all of its pods do, unless it had one', async () => {
    const on = (memory?: ServiceAccountState['memory'], isListed = false) =>
      seen('other', memory, isListed, 'IRSA');
    expect(await on()).toBe('uses-irsa');
    expect(await on({ associated: true })).toBe('broken');
    expect(await on(undefined, true)).toBe('broken');
    expect(await seen('other', undefined, false, 'static keys')).toBe('broken');
    expect(await seen('some', undefined, false, 'IRSA')).toBe('broken');
  });

  it('is broken where it had one, has pods, or its pods cannot be seen', async () => {
    expect(await seen('no-workload', { associated: true })).toBe('broken');
    expect(await seen('no-workload', undefined, true)).toBe('broken');
    expect(await seen('none')).toBe('broken');
    expect(await seen('unknown')).toBe('broken');
    expect(await seen(undefined)).toBe('broken');
  });
});

describe('the notes beside a status', () => {
  it('are warnings that stand, and notes of the last look that count', async () => {
    const saw = (id: string, ...checks: CheckResult[]) =>
      reportOf(id, { checks: [...proof.checks, ...checks] });
    const counted = checkResult('workloads.injected', 'note', {
      counted: true,
    });
    const first = await after(undefined, {
      proof,
      look: saw(
        'a',
        counted,
        checkResult('role.shared', 'note'),
        checkResult('agent.healthy', 'warn'),
      ),
    });
    expect([first.status, first.memory?.notes]).toEqual(['verified', 2]);
    const second = await after(first, { proof, look: saw('b', counted) });
    expect(second.memory?.notes).toBe(1);
    const third = await after(second, { proof, look: saw('c') });
    expect(third.memory?.notes).toBeUndefined();
  });

  it.each<
    [string, string | undefined, CheckResult['status'], number | undefined]
  >([
    ['stay after a look that did not ask', 'A', 'skip', 1],
    ['stay after one that could not read it', undefined, 'unknown', 1],
    ['are gone once it passes', 'A', 'pass', undefined],
    ['are gone with the identity that had them', 'B', 'skip', undefined],
  ])('%s', async (_, fingerprint, status, notes) => {
    const id = 'admission.own-templates';
    const counted = checkResult(id, 'note', { counted: true });
    const run = { ...proof, checks: [...proof.checks, counted] };
    const first = await after(undefined, { proof: run, look: run });
    expect(first.memory?.notes).toBe(1);
    const checks = [checkResult(id, status)];
    const sweep = lookOf('s', { fingerprint, checks });
    const second = await after(first, { proof: run, look: sweep });
    expect(second.memory?.notes).toBe(notes);
    // The next one sees the same
    const third = await after(
      second,
      { proof: run, look: sweep },
      { fingerprint, seenAgain: true },
    );
    expect(third.memory?.notes).toBe(notes);
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
    { withheld: true },
    { counted: true },
    { status: 'unknown' },
    { message: 'Another sentence.' },
    { observed: 'Another text' },
  ])('differ in what a check says: %p', more => {
    const [first, ...checks] = look.checks;
    const now = { ...look, checks: [{ ...first, ...more }, ...checks] };
    expect(saysTheSame(look, now)).toBe(false);
    expect(saysTheSame(now, { ...now, id: 'x' })).toBe(true);
  });

  it('say the same once they were stored, whatever objects they are made of', () => {
    const [first, ...checks] = look.checks;
    const counts = { what: 'pods', good: 1, all: 2 } as const;
    const made = { ...look, checks: [{ ...first, counts }, ...checks] };
    const changes = (more: object) =>
      ({ ...made, changes: more } as VerificationReport);
    const one = changes({ events: [{ id: 'a' }], lack: 'x' });
    const stored = JSON.parse(JSON.stringify(one));
    expect(saysTheSame(one, stored)).toBe(true);
    const other = changes({ events: [{ id: 'b' }], lack: 'x' });
    expect(saysTheSame(stored, other)).toBe(false);
    expect(saysTheSame(stored, changes({ events: [{ id: 'a' }] }))).toBe(false);
    const less = { ...first, counts: { ...counts, good: 2 } };
    expect(saysTheSame(stored, { ...one, checks: [less, ...checks] })).toBe(
      false,
    );
  });

  it.each<Partial<VerificationReport>>([
    { status: 'broken' },
    { checks: [] },
    { checks: [...look.checks, ...look.checks] },
    { changes: { events: [] } as object as VerificationReport['changes'] },
    { application: { at: at(9) } as VerificationReport['application'] },
  ])('differ in %p', more => {
    expect(saysTheSame(look, { ...look, ...more })).toBe(false);
    expect(saysTheSame({ ...look, ...more }, look)).toBe(false);
  });

  it('count by their time, and the last one where that is the same', () => {
    expect(newer(undefined, look)).toBe(look);
    expect(newer(proof, look)).toBe(look);
    expect(newer(look, proof)).toBe(look);
    const same = { ...look };
    expect(newer(look, same)).toBe(same);
  });
});

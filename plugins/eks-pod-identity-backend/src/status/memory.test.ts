import type {
  VerificationReport,
  WorkloadsFound,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Memory } from '../store/ServiceAccountStore';
import { checkResult, lookOf } from './__testUtils__/statusReports';
import { isUnseen, rememberedAfter } from './memory';

const pods = (state: WorkloadsFound['state']): WorkloadsFound => ({
  state,
  good: state === 'all' ? 2 : 0,
  all: 2,
});

const MINUTE = 60_000;
const START = Date.parse('2026-01-02T00:00:00.000Z');
let reports = 0;

/** A look so many minutes after the first. */
function look(
  minutes: number,
  state: WorkloadsFound['state'] | undefined,
  more: Partial<VerificationReport> = {},
) {
  reports += 1;
  return lookOf(`look-${reports}`, {
    finishedAt: new Date(START + minutes * MINUTE).toISOString(),
    ...(state ? { workloads: pods(state) } : {}),
    ...more,
  });
}

/** What is remembered after one look after the other. */
function after(...looks: VerificationReport[]): Memory | undefined {
  let memory: Memory | undefined;
  for (const one of looks) {
    memory = rememberedAfter({ memory, lookReportId: 'another' }, one, {});
  }
  return memory;
}

const stateAfter = (...looks: VerificationReport[]) =>
  after(...looks)?.workloads?.state;

describe('what is remembered of the pods', () => {
  it('is what the first look saw, whatever it was', () => {
    expect(stateAfter(look(0, 'none'))).toBe('none');
    expect(stateAfter(look(0, 'unknown'))).toBe('unknown');
    expect(stateAfter(look(0, undefined))).toBeUndefined();
  });

  it('becomes worse by sweeps after five minutes and a second look alone', () => {
    const good = look(0, 'all');
    expect(stateAfter(good, look(1, 'none'))).toBe('all');
    expect(stateAfter(good, look(1, 'none'), look(5, 'some'))).toBe('all');
    expect(stateAfter(good, look(1, 'none'), look(6, 'some'))).toBe('some');
    // An autoscaler came and went.
    expect(
      stateAfter(good, look(1, 'some'), look(3, 'all'), look(7, 'some')),
    ).toBe('all');
  });

  it('becomes worse at once where a person or a pipeline asked', () => {
    for (const trigger of ['user', 'action'] as const) {
      expect(stateAfter(look(0, 'all'), look(1, 'none', { trigger }))).toBe(
        'none',
      );
    }
  });

  it('becomes worse at once where it was not steady', () => {
    for (const before of ['rolling-out', 'no-workload', 'unknown'] as const) {
      expect(stateAfter(look(0, before), look(1, 'none'))).toBe('none');
    }
    expect(stateAfter(look(0, 'no-pods'), look(1, 'none'))).toBe('no-pods');
  });

  it('is what version 0.1 said of them until the first look', () => {
    const assumed: Memory = { workloads: pods('some'), assumed: true };
    const lookReportId = 'another';
    for (const state of ['all', 'unknown'] as const) {
      const seen = look(1, state);
      const memory = rememberedAfter(
        { memory: assumed, lookReportId },
        seen,
        {},
      );
      expect(memory).toEqual({ workloads: pods(state) });
    }
  });

  it('says that there was an association, whatever is there now', () => {
    const association = (status: 'pass' | 'fail') =>
      look(1, 'all', { checks: [checkResult('association.exists', status)] });
    expect(after(association('fail'))?.associated).toBeUndefined();
    expect(after(association('pass'), association('fail'))?.associated).toBe(
      true,
    );
  });

  it('becomes better, or as bad in another way, at once', () => {
    expect(stateAfter(look(0, 'none'), look(1, 'all'))).toBe('all');
    expect(stateAfter(look(0, 'none'), look(1, 'other'))).toBe('other');
  });

  it('is a lack that is known, whatever cannot be seen after it', () => {
    expect(stateAfter(look(0, 'none'), look(1, 'unknown'))).toBe('none');
    expect(
      stateAfter(look(0, 'none'), look(1, 'unknown', { trigger: 'user' })),
    ).toBe('none');
  });

  it('gets lost with the second sweep that cannot see them', () => {
    const good = look(0, 'all');
    expect(stateAfter(good, look(1, 'unknown'))).toBe('all');
    expect(stateAfter(good, look(1, 'unknown'), look(2, 'unknown'))).toBe(
      'unknown',
    );
    expect(stateAfter(good, look(1, 'unknown', { trigger: 'user' }))).toBe(
      'unknown',
    );
  });

  it('counts a look that is repeated, and none that it knows', () => {
    const lacking = look(1, 'none');
    const before = {
      memory: after(look(0, 'all'), lacking),
      lookReportId: lacking.id,
    };
    expect(rememberedAfter(before, lacking, {})).toBe(before.memory);
    expect(
      rememberedAfter(before, lacking, {
        lookedAt: START + 9 * MINUTE,
        seenAgain: true,
      })?.workloads?.state,
    ).toBe('none');
  });
});

describe('a look without an answer', () => {
  const blind = (trigger: VerificationReport['trigger']) =>
    look(0, 'all', { way: 'unknown', trigger });

  it('counts with the second sweep, and at once where a person or a pipeline asked', () => {
    const sweep = blind('schedule');
    expect(isUnseen(after(sweep), sweep)).toBe(false);
    expect(isUnseen(after(sweep, sweep), sweep)).toBe(true);
    for (const asked of [blind('user'), blind('action')]) {
      expect(isUnseen(after(asked), asked)).toBe(true);
    }
  });

  it('ends with the first look that sees', () => {
    const sweep = blind('schedule');
    const seen = look(1, 'all');
    expect(isUnseen(after(sweep, sweep, seen), seen)).toBe(false);
    expect(isUnseen(after(sweep, seen, sweep), sweep)).toBe(false);
  });
});

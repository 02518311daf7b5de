import {
  checkResult,
  lookOf,
  reportOf,
  stateOf as state,
} from './__testUtils__/statusReports';
import { shownReport } from './shownReport';

const lack = checkResult('role.trust-policy', 'fail');
const pods = { state: 'some' as const, good: 1, all: 2 };
const proof = reportOf('proof');
const failed = reportOf('failed', {
  status: 'broken',
  checks: [checkResult('credentials.identity', 'fail')],
});
const look = lookOf('look');
const broken = lookOf('broken', { status: 'broken', checks: [lack] });

describe('the report that a card shows', () => {
  it.each<[string, Parameters<typeof shownReport>, object | undefined]>([
    ['none where there is none', [state(), undefined, undefined], undefined],
    ['a look where no pod ran', [undefined, undefined, look], look],
    ['the proof, which saw more than a look', [state(), proof, look], proof],
    [
      'the proof, where a look says the same of what works',
      [state(), proof, lookOf('same', { status: 'verified' })],
      proof,
    ],
    [
      'the proof, where a look says something else than the headline',
      [state({ status: 'restart-needed' }), proof, broken],
      proof,
    ],
    [
      'a look that says what is wrong now',
      [state({ status: 'broken' }), proof, broken],
      broken,
    ],
    [
      'a failed pod run as it was, whatever is found since',
      [state({ status: 'broken', findings: [lack] }), failed, look],
      failed,
    ],
    [
      'a look at what it is since a change',
      [state({ changedSince: 'proof', fingerprint: 'A' }), proof, look],
      look,
    ],
    [
      'none, where the look was at what it was before a change',
      [state({ changedSince: 'proof', fingerprint: 'B' }), proof, look],
      undefined,
    ],
    [
      'none, where neither look nor change has a fingerprint',
      [
        state({ changedSince: 'proof' }),
        proof,
        { ...look, fingerprint: undefined },
      ],
      undefined,
    ],
  ])('is %s', (_, given, expected) => {
    expect(shownReport(...given)).toBe(expected);
  });

  it.each<[string, Parameters<typeof shownReport>, object]>([
    [
      'of the proof',
      [
        state({
          status: 'partly-works',
          findings: [lack],
          memory: { workloads: pods },
        }),
        proof,
        look,
      ],
      {
        id: 'proof',
        status: 'partly-works',
        checks: [...proof.checks, lack],
        workloads: pods,
      },
    ],
    [
      'of a look',
      [
        state({ status: 'could-not-check', findings: [lack] }),
        proof,
        lookOf('blind', { status: 'could-not-check' }),
      ],
      { id: 'blind', status: 'could-not-check', checks: [lack] },
    ],
    [
      'of a proof whose pods are not remembered',
      [state({ findings: [] }), { ...proof, workloads: pods }, undefined],
      { id: 'proof', workloads: undefined },
    ],
  ])(
    'has what stands of findings, status and pods: %s',
    (_, given, expected) => {
      expect(shownReport(...given)).toMatchObject(expected);
    },
  );
});

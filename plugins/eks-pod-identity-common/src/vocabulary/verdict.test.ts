import {
  compareHarm,
  type RankedIdentity,
  failureOf,
  type IdentityStatus,
  IDENTITY_STATUS_ORDER,
  presentStatus,
  statusesNamed,
} from './identityStatus';
import { presentReport, type VerificationReport } from './report';
import { verdictOf, type Way, type WorkloadsFound } from './verdict';

const of = (
  state: WorkloadsFound['state'],
  more: Partial<WorkloadsFound> = {},
): WorkloadsFound => ({ state, good: 0, all: 2, ...more });

const WAYS: Way[] = ['proven', 'looks-right', 'broken', 'unknown'];

describe('the verdict', () => {
  it.each<[string, WorkloadsFound | undefined, string]>([
    ['all have it', of('all'), 'verified looks-right broken could-not-check'],
    ['none runs', of('no-pods'), 'verified looks-right broken could-not-check'],
    [
      'some lack it',
      of('some'),
      'partly-works partly-works broken partly-works',
    ],
    [
      'none has it',
      of('none'),
      'no-pod-has-it no-pod-has-it broken no-pod-has-it',
    ],
    [
      'another identity wins',
      of('other'),
      'other-identity other-identity broken other-identity',
    ],
    [
      'cannot be looked at',
      of('unknown'),
      'could-not-check could-not-check broken could-not-check',
    ],
    [
      'are not to be looked at',
      undefined,
      'verified looks-right broken could-not-check',
    ],
    [
      'cannot start',
      of('not-started'),
      'pods-not-started pods-not-started broken pods-not-started',
    ],
    [
      'are being replaced',
      of('rolling-out'),
      'rolling-out rolling-out broken rolling-out',
    ],
    [
      'have no workload',
      of('no-workload'),
      'no-workload no-workload broken could-not-check',
    ],
    [
      'are older than it',
      of('none', { restart: true }),
      'restart-needed restart-needed broken restart-needed',
    ],
  ])('where its pods %s', (_, workloads, expected) => {
    expect(WAYS.map(way => verdictOf(way, workloads)).join(' ')).toBe(expected);
  });
});

describe('a status', () => {
  it('fits into the columns of the database', () => {
    expect(IDENTITY_STATUS_ORDER.filter(status => status.length > 16)).toEqual(
      [],
    );
  });

  it.each<[Parameters<typeof failureOf>[1], string]>([
    [
      undefined,
      'finding finding finding finding finding finding unanswered unanswered unanswered - - - - -',
    ],
    [
      'degraded',
      'finding finding finding finding finding finding unanswered unanswered unanswered - - - - -',
    ],
    [
      'inconclusive',
      'finding - - - - - unanswered unanswered unanswered - - - - -',
    ],
    ['broken', 'finding - - - - - - - - - - - - -'],
    ['failed', 'finding - - - - - - - - - - - - -'],
    ['never', '- - - - - - - - - - - - - -'],
  ])('fails what started it by %s', (failOn, expected) => {
    expect(
      IDENTITY_STATUS_ORDER.map(one => failureOf(one, failOn) ?? '-').join(' '),
    ).toBe(expected);
  });

  it.each<[string, IdentityStatus[]]>([
    ['verified', ['verified']],
    ['failed', ['broken']],
    ['degraded', ['partly-works', 'no-pod-has-it', 'other-identity']],
    ['changed', ['looks-right']],
    ['toString', []],
  ])('is known by the word %s', (word, expected) => {
    expect(statusesNamed(word)).toEqual(expected);
    expect(presentStatus(word)).toBe(expected[0] ?? 'could-not-check');
  });
});

describe('several identities', () => {
  const rated = (
    status: IdentityStatus,
    more: Omit<RankedIdentity, 'status'> = {},
  ) => ({ status, ...more });
  const provenAt = '2026-11-01T00:00:00Z';
  const unknown = rated('could-not-check');
  const known = rated('could-not-check', { provenAt });
  const faded = rated('could-not-check', { provenAt, proofFaded: true });
  const changed = rated('could-not-check', { provenAt, changedSince: 'proof' });

  it('are in the order of harm', () => {
    const all = IDENTITY_STATUS_ORDER.map(status => rated(status));
    expect([...all].reverse().sort(compareHarm)).toEqual(all);
    const proven = all.map(({ status }) => rated(status, { provenAt }));
    const rest = proven.filter(one => one.status !== 'could-not-check');
    expect([...proven].sort(compareHarm)).toEqual([...rest, known]);
  });

  it.each<[string, RankedIdentity[], RankedIdentity]>([
    ['nothing is known of it', [rated('verified'), unknown], unknown],
    ['its proof is too old', [rated('verified'), faded], faded],
    ['it changed since its proof', [rated('verified'), changed], changed],
    [
      'its proof is known',
      [known, rated('verified'), rated('looks-right')],
      rated('looks-right'),
    ],
    [
      'it is known, beside Verified',
      [known, rated('verified')],
      rated('verified'),
    ],
    ['it is known, beside Broken', [known, rated('broken')], rated('broken')],
    ['others are like it', [known, unknown, changed], unknown],
  ])(
    'have as worst, where one could not be checked and %s',
    (_, all, worst) => {
      expect([...all].sort(compareHarm)[0]).toEqual(worst);
    },
  );
});

describe('a report of version 0.1', () => {
  const warning = (id: string, restart?: object) => ({
    id,
    category: id.split('.')[0],
    status: 'warn',
    restart,
  });
  it.each<[string, string, object[], string]>([
    ['failed', 'none', [], 'broken broken'],
    ['inconclusive', 'none', [], 'could-not-check unknown'],
    ['consistent', 'admission', [], 'looks-right looks-right'],
    ['verified', 'credentials', [], 'verified proven'],
    ['degraded', 'credentials', [warning('role.target')], 'verified proven'],
    ['degraded', 'none', [warning('role.target')], 'looks-right looks-right'],
    [
      'degraded',
      'credentials',
      [warning('workloads.shadowed')],
      'partly-works proven',
    ],
    [
      'degraded',
      'credentials',
      [warning('workloads.injected', [])],
      'restart-needed proven',
    ],
  ])('that was %s with the proof %s', (status, proof, checks, expected) => {
    const report = { status, proof, checks } as unknown as VerificationReport;
    const { status: present, way } = presentReport(report);
    expect(`${present} ${way}`).toBe(expected);
  });
});

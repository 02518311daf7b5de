import {
  type FailOn,
  IDENTITY_STATUS_ORDER,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { exitCodeOf, type Judging, renderReports } from './reports';

/** A report of which only the status counts. */
const report = (status: VerificationReport['status']) =>
  ({
    status,
    ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
    proof: 'none',
    checks: [],
    startedAt: '2026-11-29T12:00:00.000Z',
    finishedAt: '2026-11-29T12:00:01.000Z',
  } as unknown as VerificationReport);

describe.each<[string, Judging, string]>([
  // From Broken to Partly works, to Rolling out, to Verified
  ['by default', { failOn: 'degraded' }, '111111 333 03330'],
  ['degraded', { failOn: 'degraded', beforeDeploy: true }, '111111 333 00000'],
  ['inconclusive', { failOn: 'inconclusive' }, '100000 333 03330'],
  ['broken', { failOn: 'broken' }, '100000 000 00000'],
  ['failed', { failOn: 'failed' }, '100000 000 00000'],
  ['never', { failOn: 'never' }, '000000 000 00000'],
  [
    'a proof required',
    { failOn: 'never', requireProof: true },
    '333333 333 33330',
  ],
])('the exit codes: %s', (_, judging, expected) => {
  const codes = IDENTITY_STATUS_ORDER.map(status =>
    exitCodeOf([report(status)], judging),
  );

  it('are those of the table', () => {
    expect(codes.join('')).toBe(expected.replace(/ /g, ''));
  });

  it('are said in JUnit: 1 is a failure, and 3 an error', () => {
    const kinds: Record<number, string> = { 1: 'failure', 3: 'error' };
    const said = IDENTITY_STATUS_ORDER.map(status =>
      renderReports(
        [report(status)],
        { format: 'junit', stream: { write: () => {} } },
        judging,
      ),
    );
    expect(said.map(text => /<(failure|error) /.exec(text)?.[1])).toEqual(
      codes.map(code => kinds[code]),
    );
  });
});

it('lets a restart wait only where a test pod has obtained the role', () => {
  const codeOf = (
    status: VerificationReport['status'],
    way: string,
    proof = 'credentials',
    more: Partial<Judging> = {},
  ) =>
    exitCodeOf([{ ...report(status), way, proof } as VerificationReport], {
      failOn: 'degraded',
      restartLater: true,
      ...more,
    });
  expect(codeOf('restart-needed', 'proven')).toBe(0);
  expect(codeOf('restart-needed', 'proven', 'admission')).toBe(3);
  expect(
    codeOf('restart-needed', 'proven', 'credentials', { requireProof: true }),
  ).toBe(1);
  for (const way of ['unknown', 'looks-right']) {
    expect(codeOf('restart-needed', way)).toBe(3);
  }
  for (const status of ['partly-works', 'other-identity', 'broken'] as const) {
    expect(codeOf(status, 'proven')).toBe(1);
  }
});

it('ends with 1 where one has a finding and another no answer', () => {
  const codeOf = (failOn: FailOn) =>
    exitCodeOf([report('could-not-check'), report('broken')], { failOn });
  expect([codeOf('degraded'), codeOf('never')]).toEqual([1, 0]);
});

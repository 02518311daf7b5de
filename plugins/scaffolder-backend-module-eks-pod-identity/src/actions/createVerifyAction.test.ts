import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import { forReadersOfTask } from './createVerifyAction';

it('leaves out of a report what is for its initiator alone', () => {
  const at = '2026-11-30T08:00:00.000Z';
  const what = 'Role api deleted.';
  const check = { id: 'association.exists', status: 'fail' };
  const report = {
    checks: [{ ...check, nearby: [{ serviceAccount: 'treasury' }] }],
    changes: { since: at, events: [{ at, what, by: 'mallory' }] },
  } as unknown as VerificationReport;
  expect(forReadersOfTask(report)).toEqual({
    checks: [check],
    changes: { since: at, events: [{ at, what }] },
  });
});

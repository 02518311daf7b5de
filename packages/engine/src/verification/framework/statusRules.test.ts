import type {
  CheckResult,
  CheckStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import { adjustForProof, proofOf, reportStatus } from './statusRules';

function check(
  id: string,
  status: CheckStatus,
  becauseOf?: string,
): CheckResult {
  return {
    id,
    category: id.split('.')[0] as CheckResult['category'],
    title: id,
    status,
    message: `${id}.`,
    docsUrl: '',
    durationMs: 0,
    attempts: 1,
    ...(becauseOf ? { becauseOf } : {}),
  };
}

const ADVISORY = ['role.target', 'workloads.injected'];
const judge = (checks: CheckResult[]) =>
  reportStatus(checks, id => !ADVISORY.includes(id));

describe('the verdict', () => {
  it.each<[string, CheckResult[], string]>([
    [
      'failed before anything else',
      [
        check('role.exists', 'fail'),
        check('agent.installed', 'unknown'),
        check('workloads.injected', 'warn'),
      ],
      'failed',
    ],
    [
      'a skip hides no fail',
      [
        check('association.exists', 'fail'),
        check('association.matches', 'skip', 'association.exists'),
      ],
      'failed',
    ],
    [
      'inconclusive by a needed unknown, before a warning',
      [check('role.exists', 'unknown'), check('agent.healthy', 'warn')],
      'inconclusive',
    ],
    [
      'inconclusive by an unknown, also where a warning explains it',
      [
        check('access.kubernetes', 'warn'),
        check('agent.installed', 'unknown', 'access.kubernetes'),
      ],
      'inconclusive',
    ],
    [
      'inconclusive by a chain of skips that ends at an unknown',
      [
        check('credentials.agent-answers', 'unknown'),
        check('credentials.identity', 'skip', 'credentials.agent-answers'),
        check('permissions.s3', 'skip', 'credentials.identity'),
      ],
      'inconclusive',
    ],
    [
      'a skip because of a skip that is not applicable counts for nothing',
      [
        check('association.exists', 'pass'),
        check('service-account.exists', 'skip'),
        check('service-account.irsa', 'skip', 'service-account.exists'),
      ],
      'consistent',
    ],
    [
      'an unknown that no level needs leaves it alone',
      [check('role.target', 'unknown'), check('role.exists', 'pass')],
      'consistent',
    ],
    [
      'a note never lowers it',
      [check('credentials.identity', 'pass'), check('role.policies', 'note')],
      'verified',
    ],
    [
      'proof beats inspection of role and agent',
      [
        check('agent.installed', 'unknown'),
        check('role.exists', 'unknown'),
        check('role.trust-policy', 'skip', 'role.exists'),
        check('credentials.identity', 'pass'),
      ],
      'verified',
    ],
    [
      'proof does not outrank other unknowns',
      [
        check('association.exists', 'unknown'),
        check('credentials.identity', 'pass'),
      ],
      'inconclusive',
    ],
    [
      'degraded beats verified',
      [
        check('credentials.identity', 'pass'),
        check('workloads.injected', 'warn'),
      ],
      'degraded',
    ],
    [
      'consistent without a proof',
      [check('role.exists', 'pass')],
      'consistent',
    ],
  ])('%s', (_name, checks, expected) => {
    expect(judge(checks)).toBe(expected);
  });

  it('does not loop on circular reasons', () => {
    expect(
      judge([
        check('role.exists', 'skip', 'role.policies'),
        check('role.policies', 'skip', 'role.exists'),
      ]),
    ).toBe('consistent');
  });

  it('downgrades failures of agent and role once a pod holds the identity', () => {
    expect(
      adjustForProof(check('agent.installed', 'fail'), true),
    ).toMatchObject({
      status: 'note',
      message: 'agent.installed. The pod obtained the identity nevertheless.',
      lead: 'agent.installed.',
    });
    expect(adjustForProof(check('role.exists', 'fail'), true).status).toBe(
      'warn',
    );
    expect(
      adjustForProof(check('association.matches', 'fail'), true).status,
    ).toBe('fail');
    expect(adjustForProof(check('role.exists', 'fail'), false).status).toBe(
      'fail',
    );
  });

  it('says how far the proof goes', () => {
    const admitted = check('admission.injects', 'pass');
    expect(proofOf([admitted, check('credentials.identity', 'pass')])).toBe(
      'credentials',
    );
    expect(proofOf([admitted, check('credentials.identity', 'skip')])).toBe(
      'admission',
    );
    expect(proofOf([check('admission.injects', 'warn')])).toBe('none');
  });
});

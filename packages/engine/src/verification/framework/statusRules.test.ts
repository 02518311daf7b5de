import type {
  CheckResult,
  CheckStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import { adjustForProof, proofOf, wayOf } from './statusRules';

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
const judge = (checks: CheckResult[], used = false) =>
  wayOf(checks, { isNeeded: id => !ADVISORY.includes(id), used });

describe('the way', () => {
  it.each<[string, CheckResult[], string]>([
    [
      'broken before anything else',
      [
        check('role.exists', 'fail'),
        check('agent.installed', 'unknown'),
        check('workloads.injected', 'warn'),
      ],
      'broken',
    ],
    [
      'a skip hides no fail',
      [
        check('association.exists', 'fail'),
        check('association.matches', 'skip', 'association.exists'),
      ],
      'broken',
    ],
    [
      'unknown by a needed unknown, before a warning',
      [check('role.exists', 'unknown'), check('agent.healthy', 'warn')],
      'unknown',
    ],
    [
      'unknown by an unknown, also where a warning explains it',
      [
        check('access.kubernetes', 'warn'),
        check('agent.installed', 'unknown', 'access.kubernetes'),
      ],
      'unknown',
    ],
    [
      'unknown by a chain of skips that ends at an unknown',
      [
        check('credentials.agent-answers', 'unknown'),
        check('credentials.identity', 'skip', 'credentials.agent-answers'),
        check('permissions.s3', 'skip', 'credentials.identity'),
      ],
      'unknown',
    ],
    [
      'a skip because of a skip that is not applicable counts for nothing',
      [
        check('association.exists', 'pass'),
        check('service-account.exists', 'skip'),
        check('service-account.irsa', 'skip', 'service-account.exists'),
      ],
      'looks-right',
    ],
    [
      'an unknown that no level needs leaves it alone',
      [check('role.target', 'unknown'), check('role.exists', 'pass')],
      'looks-right',
    ],
    [
      'a note never lowers it',
      [check('credentials.identity', 'pass'), check('role.policies', 'note')],
      'proven',
    ],
    [
      'proof beats inspection of role and agent',
      [
        check('agent.installed', 'unknown'),
        check('role.exists', 'unknown'),
        check('role.trust-policy', 'skip', 'role.exists'),
        check('credentials.identity', 'pass'),
      ],
      'proven',
    ],
    [
      'proof does not outrank other unknowns',
      [
        check('association.exists', 'unknown'),
        check('credentials.identity', 'pass'),
      ],
      'unknown',
    ],
    [
      'what the pods lack is not of the way',
      [
        check('credentials.identity', 'pass'),
        check('workloads.unsupported', 'fail'),
      ],
      'proven',
    ],
    [
      'looks right without a proof',
      [check('role.exists', 'pass')],
      'looks-right',
    ],
  ])('%s', (_name, checks, expected) => {
    expect(judge(checks)).toBe(expected);
  });

  it('is proven by the application where nothing is broken', () => {
    expect(judge([check('role.exists', 'unknown')], true)).toBe('proven');
    expect(judge([check('role.exists', 'fail')], true)).toBe('broken');
  });

  it('looks right where the cluster refuses the probe and takes the pods of the workloads', () => {
    const way = (own: CheckStatus, probeRefused: boolean, more = 'pass') =>
      wayOf(
        [
          check('admission.injects', 'unknown'),
          check('admission.own-templates', own),
          check('credentials.agent-answers', 'unknown'),
          check('permissions.s3', 'skip', 'credentials.agent-answers'),
          check('role.exists', more as CheckStatus),
        ],
        {
          isNeeded: id => id !== 'admission.own-templates',
          used: false,
          probeRefused,
        },
      );
    expect(way('pass', true)).toBe('looks-right');
    expect(way('note', true)).toBe('looks-right');
    expect(way('pass', false)).toBe('unknown');
    expect(way('unknown', true)).toBe('unknown');
    expect(way('pass', true, 'unknown')).toBe('unknown');
    expect(way('fail', true)).toBe('broken');
  });

  it('does not loop on circular reasons', () => {
    expect(
      judge([
        check('role.exists', 'skip', 'role.policies'),
        check('role.policies', 'skip', 'role.exists'),
      ]),
    ).toBe('looks-right');
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

import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import { noEvidence } from 'backstage-plugin-eks-pod-identity-common';
import { ask, denied } from '../__testUtils__/judge';
import { known } from '../framework/fact';
import { roleShared } from './shared';

type Other = Evidence['others'][number];

const other = (
  kind: Other['kind'],
  name: string,
  rest: Partial<Other> = {},
): Other => ({
  kind,
  name,
  own: false,
  count: 1,
  firstAt: '2026-01-01T10:00:00Z',
  lastAt: '2026-01-01T10:42:00Z',
  ...rest,
});

describe('role.shared', () => {
  const answer = (...others: Other[]) =>
    ask(roleShared, {
      evidence: known({ ...noEvidence('unread'), state: 'read', others }),
    });

  it('judges nothing that was not read', () => {
    expect(ask(roleShared, { evidence: denied }).status).toBe('unknown');
    expect(
      ask(roleShared, { evidence: known(noEvidence('denied', 'no')) }),
    ).toMatchObject({
      status: 'skip',
      explainedBy: { check: 'workloads.obtained' },
    });
  });

  it('does not count this service account, by whatever road it comes', () => {
    expect(answer(other('irsa', 'a', { own: true }))).toEqual({
      status: 'pass',
      message: 'AWS saw no one else obtain the role.',
    });
  });

  it('says how many events of the role were read, where it was not all', () => {
    const said = (...others: Other[]) =>
      ask(roleShared, {
        evidence: known({
          ...noEvidence('unread'),
          state: 'read',
          others,
          readUpTo: { events: 200, sessions: 3 },
        }),
      }).message;
    const limit =
      '; of what CloudTrail has, only the newest 200 events of the role were read.';
    expect(said()).toBe(`AWS saw no one else obtain the role${limit}`);
    expect(said(other('user', 'ada'))).toBe(
      `Others obtained the role too: 1 user, last at 10:42 UTC${limit}`,
    );
  });

  it('counts the others by kind, each once, and names none of them', () => {
    const outcome = answer(
      other('irsa', 'own', { own: true, lastAt: '2026-01-01T11:59:00Z' }),
      other('pod-identity', 'prod/orders/api'),
      other('pod-identity', 'prod/orders/worker'),
      // With another SDK.
      other('pod-identity', 'prod/orders/worker', { sdk: 'boto3' }),
      other('user', 'ada', { lastAt: '2025-12-31T10:42:00Z' }),
      other('service', 'lambda.amazonaws.com'),
      other('role', 'deployer'),
    );
    expect(outcome).toMatchObject({
      status: 'note',
      message:
        'Others obtained the role too: 2 other service accounts, 1 other role, 1 user, 1 service of AWS, last at 10:42 UTC.',
    });
    expect(outcome.fix!.actions).toHaveLength(1);
    expect(JSON.stringify(outcome)).not.toMatch(/orders|ada|deployer/);
  });
});

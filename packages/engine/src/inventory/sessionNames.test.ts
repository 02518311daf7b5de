import type { AccessVerdict } from 'backstage-plugin-eks-pod-identity-common';
import { judged, oidc, type World } from './__testUtils__/readyFacts';

const pods =
  (...names: string[]): World['template'] =>
  template =>
    names.forEach(name => template.sessionNames.add(name));
/** A policy that lets only these sessions do something. */
const only = (
  ...userIds: string[]
): Pick<World, 'sessionPolicies' | 'role'> => ({
  role: { roleId: 'AROA1' },
  sessionPolicies: [
    {
      policy: 'files',
      effect: 'Allow',
      condition: { StringLike: { 'aws:userid': userIds } },
    },
  ],
});

describe('the name that a program gives its session', () => {
  it.each<[string, World, AccessVerdict, RegExp]>([
    [
      'is set, and a policy depends on it',
      { template: pods('nightly'), ...only('*:night*') },
      'blocked',
      /^AWS would refuse calls of its pods: a policy depends on the session name nightly, which they set, and Pod Identity names sessions itself\. Before a move that policy has to allow names that begin with eks-prod-, too\.$/,
    ],
    [
      'is set, and the policy is prepared',
      { template: pods('nightly'), ...only('*:night*', '*:eks-prod-*') },
      'ready',
      /^Ready to move/,
    ],
    [
      'is set, and a policy depends on that of another',
      { template: pods('nightly'), ...only('*:hourly') },
      'ready',
      /^Ready to move/,
    ],
    [
      'may be set by the program, and a policy depends on one',
      only('*:night*'),
      'unknown',
      /^Cannot tell: a policy depends on the name of its session, and whether its programs set that name is not known\./,
    ],
    [
      'is set by something that the spec does not hold',
      { template: pods(''), ...only('nightly*', '*:x?y') },
      'unknown',
      /^Cannot tell: a policy depends/,
    ],
    [
      'is of no matter to a policy for another role',
      only('AROA2:nightly', 'AIDA1'),
      'ready',
      /^Ready to move/,
    ],
  ])('%s', (_, world, verdict, sentence) => {
    const row = judged(world);
    expect([row.verdict, row.sentence]).toEqual([
      verdict,
      expect.stringMatching(sentence),
    ]);
  });

  it('is a note where no policy that was read depends on it', () => {
    const reasonsWith = (...names: string[]) =>
      judged({ template: pods(...names) }).reasons;
    const rest =
      'and Pod Identity names sessions itself. Policies of buckets, of keys, of other accounts and of the organization may depend on it and are not read here.';
    expect(reasonsWith('nightly')).toEqual([
      `Its pods set the session name nightly, ${rest}`,
    ]);
    expect(reasonsWith('')).toEqual([
      `Its pods set names of sessions, ${rest}`,
    ]);
  });

  it('tells nothing of the policies of a role that does not let it in', () => {
    const row = judged({
      template: pods('nightly'),
      ...only('*:nightly'),
      trust: [oidc({ StringEquals: {} })],
      asked: {},
    });
    expect(row.verdict).not.toBe('blocked');
    expect(JSON.stringify(row)).not.toMatch(/files|a policy/);
  });

  it('holds nothing up that has moved', () => {
    const row = judged({
      associated: true,
      template: pods('nightly'),
      ...only('*:nightly'),
    });
    expect(row.verdict).not.toBe('blocked');
    expect(JSON.stringify(row)).not.toMatch(/a policy/);
  });
});

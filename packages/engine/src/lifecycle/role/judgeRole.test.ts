import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { createTags } from '../../identity/ownership';
import { trustPolicy, trustStatement } from '../../identity/trust';
import { planScope } from '../__testUtils__/planScope';
import { ARN, OURS, read, roleOf } from '../__testUtils__/roleSteps';
import { subjectOf } from '../steps/scope';
import type { FoundRole } from './findRoles';
import { judgeRole, type RoleCircumstances } from './judgeRole';
import { ENOUGH_USERS } from './roleUse';

const API = 'component:default/api';
const scope = planScope();
const mine = createTags(subjectOf(scope), { tags: {}, taskId: 't1' });
const sibling = {
  ...mine,
  [MARK_TAGS.serviceAccount]: 'jobs',
  [MARK_TAGS.entityRef]: API,
};
const foreign = {
  Effect: 'Allow',
  Principal: { Service: 'ec2.amazonaws.com' },
  Action: 'sts:AssumeRole',
};
const own = trustStatement('serviceAccount', scope.target);
const ofJobs = trustStatement('serviceAccount', {
  ...scope.target,
  serviceAccount: 'jobs',
});
const trusting = (...Statement: object[]) => ({
  trustPolicy: { Version: '2012-10-17', Statement },
});
const wide = {
  trustPolicy: trustPolicy(trustStatement('account', scope.target)),
};

const judge = (
  role: Partial<FoundRole> = {},
  circumstances: Partial<RoleCircumstances> = {},
) =>
  judgeRole(
    scope,
    { ...roleOf({ tags: mine }), instanceProfiles: [], named: true, ...role },
    {
      associationGoes: true,
      findUse: async () => {
        throw new Error('It need not be known who uses the role');
      },
      ...circumstances,
    },
  );
const used = (users: number, ...unread: string[]) => ({
  findUse: async () => ({ users, unread } as any),
});
const stays = { remaining: { id: 'a-1', roleArn: ARN } };

describe('what a teardown does with a role', () => {
  it.each<[string, Parameters<typeof judge>, string, RegExp]>([
    [
      'of ours: it goes',
      [],
      'delete',
      /^created by this portal for this service account$/,
    ],
    [
      'of ours that an association keeps',
      [{}, stays],
      'keep portal',
      /^the association a-1 of this service account stays and uses it$/,
    ],
    [
      'of ours where the association that stays has another',
      [{}, { remaining: { id: 'a-1', roleArn: `${ARN}2` } }],
      'delete',
      /^created/,
    ],
    [
      'of another task',
      [{}, { createdByTask: 't2' }],
      'keep portal',
      /^it was made by task t1, not by t2$/,
    ],
    ['of its own task', [{}, { createdByTask: 't1' }], 'delete', /^created/],
    [
      'of no owner that we know, which the association names',
      [{ tags: {} }],
      'keep external',
      /^it belongs to another owner/,
    ],
    [
      'of no owner that we know, which was only found',
      [{ tags: {}, named: false }],
      'ignore',
      /^$/,
    ],
    [
      'of another portal',
      [{ tags: { ...mine, [MARK_TAGS.portal]: 'spare' } }],
      'keep external',
      /^it belongs to another portal \(spare\)$/,
    ],
    [
      'of another portal that was only found',
      [{ tags: { ...mine, [MARK_TAGS.portal]: 'spare' }, named: false }],
      'ignore',
      /^$/,
    ],
    [
      'in an instance profile',
      [{ instanceProfiles: ['p', 'q'] }],
      'keep portal',
      /^the instance profile p, q holds it/,
    ],
    [
      'that one other statement trusts',
      [trusting(own, foreign)],
      'keep portal',
      /^its trust policy has a statement that is not ours;/,
    ],
    [
      'that two other statements trust',
      [trusting(own, foreign, { ...foreign, Effect: 'Deny' })],
      'keep portal',
      /^its trust policy has 2 statements that are not ours;/,
    ],
    [
      'with a policy that is not ours',
      [
        {
          inline: new Map([
            [OURS, read()],
            ['theirs', undefined],
          ]),
        },
      ],
      'keep portal',
      /^it has the inline policy theirs, which is not ours/,
    ],
    [
      'with policies of ours',
      [{ inline: new Map([[OURS, read()]]) }],
      'delete',
      /^created/,
    ],
    [
      'that one more service account shares',
      [trusting(own, ofJobs)],
      'remove-statement',
      /^only the trust statement for this service account is removed$/,
    ],
    [
      'that only others share',
      [trusting(ofJobs)],
      'keep portal',
      /^it is shared with another service account, whose statements stay$/,
    ],
    [
      'that only others share, and several',
      [
        trusting(
          ofJobs,
          trustStatement('serviceAccount', {
            ...scope.target,
            serviceAccount: 'web',
          }),
        ),
      ],
      'keep portal',
      /^it is shared with 2 other service accounts/,
    ],
    [
      'whose trust is wide, which none uses',
      [wide, used(0)],
      'delete',
      /^created/,
    ],
    [
      'whose trust is wide, which one uses',
      [wide, used(1)],
      'keep portal',
      /^its trust is wider than this service account, and it is still used by another service account$/,
    ],
    [
      'whose trust is wide, which some use',
      [wide, used(2)],
      'keep portal',
      /is still used by 2 other service accounts$/,
    ],
    [
      'whose trust is wide, which many use',
      [wide, used(ENOUGH_USERS)],
      'keep portal',
      /is still used by at least /,
    ],
    [
      'whose trust is wide, where some could not be read',
      [wide, used(0, 'Dev is silent.', 'Test too.')],
      'keep portal',
      /it is unknown whether another association uses it: Dev is silent\. Test too\.$/,
    ],
    [
      'whose trust policy was emptied, which one uses',
      [trusting(), used(1)],
      'keep portal',
      /still used/,
    ],
    [
      'that is shared by wide trust, which one uses',
      [trusting(trustStatement('account', scope.target), ofJobs), used(1)],
      'keep portal',
      /still used/,
    ],
    [
      'of another service account that does not trust this one',
      [{ tags: sibling, ...trusting(ofJobs) }],
      'keep external',
      /^it belongs to another service account of this portal$/,
    ],
    [
      'of such a one that was only found',
      [{ tags: sibling, ...trusting(ofJobs), named: false }],
      'ignore',
      /^$/,
    ],
    [
      'of another service account, shared with this one',
      [{ tags: sibling, ...trusting(own, ofJobs) }, { createdByTask: 't2' }],
      'remove-statement',
      /^only/,
    ],
    [
      'of another, where the association stays and another task made it',
      [
        { tags: sibling, ...trusting(own, ofJobs) },
        { createdByTask: 't2', associationGoes: false },
      ],
      'keep portal',
      /^it was made by task t1/,
    ],
    [
      'of another, which no one else shares any more',
      [{ tags: sibling }],
      'delete',
      /^it was shared, and this was the last service account that it trusted$/,
    ],
    [
      'of another, which foreign statements trust',
      [{ tags: sibling, ...trusting(own, foreign) }],
      'remove-statement',
      /^only/,
    ],
    [
      'of another component',
      [{ tags: sibling }, { entityRef: 'component:default/other' }],
      'keep external',
      /, and to another component$/,
    ],
    [
      'of the same component',
      [{ tags: sibling }, { entityRef: 'Component:default/API' }],
      'delete',
      /^it was shared/,
    ],
    [
      'of no component that we know',
      [{ tags: { ...sibling, [MARK_TAGS.entityRef]: '' } }, { entityRef: API }],
      'delete',
      /^it was shared/,
    ],
  ])('%s', async (_, args, decision, reason) => {
    const verdict: any = await judge(...args);
    expect([verdict.decision, verdict.owner].filter(Boolean).join(' ')).toBe(
      decision,
    );
    expect(verdict.reason ?? '').toMatch(reason);
  });

  it.each<[string, object, RegExp]>([
    [
      'that others share',
      { tags: sibling, ...trusting(own, ofJobs) },
      /^it is shared with another service account/,
    ],
    [
      'that foreign statements trust',
      { tags: sibling, ...trusting(own, foreign) },
      /^it belongs to another service account of this portal, and its trust policy has statements that are not ours$/,
    ],
  ])('says why a role stays %s', async (_, role, reason) => {
    expect(await judge(role)).toMatchObject({
      keepReason: expect.stringMatching(reason),
    });
  });
});

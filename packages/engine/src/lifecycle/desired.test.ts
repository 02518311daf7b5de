import type { AssociateInput } from 'backstage-plugin-eks-pod-identity-common';
import { TARGET_POLICY_NAME } from '../identity/names';
import { planScope } from './__testUtils__/planScope';
import { desiredState } from './desired';

const TARGET = 'arn:aws:iam::444455556666:role/data';
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const POLICY = { Version: '2012-10-17', Statement: [] };
const open = { guardrails: { targetRoles: { allow: [TARGET] } } };
const input = (more: Partial<AssociateInput> = {}): AssociateInput => ({
  clusterName: 'payments',
  namespace: 'shop',
  serviceAccount: 'api',
  ...more,
});
const association = {
  id: 'a',
  arn: 'arn:a',
  roleArn: 'arn:r',
  disableSessionTags: false,
  tags: {},
};

describe('what an associate wants', () => {
  it('has defaults', () => {
    expect(desiredState(planScope(), input(), undefined)).toEqual({
      settings: { disableSessionTags: false },
      sessionTags: true,
      trustScope: 'serviceAccount',
      targetRoleArn: undefined,
      boundaryArn: undefined,
      managed: [],
      detach: [],
      inline: { policies: new Map(), others: 'keep' },
      tags: {},
    });
  });

  it('names each policy once, and removes our others where it has its own', () => {
    const { managed, detach, inline } = desiredState(
      planScope(),
      input({
        managedPolicyArns: [S3, S3],
        detachManagedPolicyArns: [TARGET, TARGET],
        inlinePolicies: { read: POLICY },
      }),
      undefined,
    );
    expect({ managed, detach }).toEqual({ managed: [S3], detach: [TARGET] });
    expect(inline).toEqual({
      policies: new Map([['BackstageEksPodIdentity-read', POLICY]]),
      others: 'remove',
    });
  });

  it('lets the role assume the target role, asked for or kept', () => {
    const scope = planScope(open);
    const kept = desiredState(scope, input(), {
      ...association,
      targetRoleArn: TARGET,
    });
    expect(kept.targetRoleArn).toBe(TARGET);
    expect([...kept.inline.policies.keys()]).toEqual([TARGET_POLICY_NAME]);
    const cleared = desiredState(scope, input({ targetRoleArn: '' }), {
      ...association,
      targetRoleArn: TARGET,
    });
    expect(cleared.targetRoleArn).toBeUndefined();
    expect(cleared.inline.policies.size).toBe(0);
  });

  it('keeps no target role that is not allowed any more', () => {
    expect(() =>
      desiredState(planScope(), input(), {
        ...association,
        targetRoleArn: TARGET,
      }),
    ).toThrow('targetRole');
  });

  it('trusts the account where session tags are off, and cannot trust less then', () => {
    const off = { disableSessionTags: true };
    expect(desiredState(planScope(), input(off), undefined)).toMatchObject({
      sessionTags: false,
      trustScope: 'account',
      settings: off,
    });
    expect(
      desiredState(planScope(), input(), { ...association, ...off }),
    ).toMatchObject({ sessionTags: false, trustScope: 'account' });
    expect(() =>
      desiredState(
        planScope(),
        input({ ...off, trustScope: 'namespace' }),
        undefined,
      ),
    ).toThrow('trustScope');
    expect(
      desiredState(planScope(), input({ trustScope: 'namespace' }), undefined)
        .trustScope,
    ).toBe('namespace');
  });

  it('turns no session tags on while a session policy stays', () => {
    const current = { ...association, disableSessionTags: true, policy: '{}' };
    expect(() =>
      desiredState(planScope(), input({ disableSessionTags: false }), current),
    ).toThrow('only while session tags are off');
    expect(
      desiredState(
        planScope(),
        input({ disableSessionTags: false, sessionPolicy: '' }),
        current,
      ).sessionTags,
    ).toBe(true);
    expect(desiredState(planScope(), input(), current).settings.policy).toBe(
      '{}',
    );
  });

  it('has the tags of the request, and those of its entity above them', () => {
    const entity = {
      entityRef: 'component:default/api',
      uid: 'u1',
      ownerRefs: ['group:default/a'],
    };
    const { tags } = desiredState(
      planScope({}, { entity } as any),
      input({ tags: { team: 'a' } }),
      undefined,
    );
    expect(tags.team).toBe('a');
    expect(Object.values(tags)).toContain('u1');
  });
});

import {
  associationUpdatePermission,
  MARK_TAGS,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import { createTags } from '../../identity/ownership';
import { outline, planScope } from '../__testUtils__/planScope';
import { PlanBuilder } from '../steps/PlanBuilder';
import { subjectOf } from '../steps/scope';
import { planAssociation } from './planAssociation';
import { planAssociationRemoval } from './planRemoval';

const ROLE = 'arn:aws:iam::111122223333:role/api';
const OTHER = 'arn:aws:iam::111122223333:role/other';
const TARGET = 'arn:aws:iam::444455556666:role/data';
const scope = planScope();
const OURS = createTags(subjectOf(scope), { tags: {}, taskId: 't1' });
const SIBLING = { ...OURS, [MARK_TAGS.serviceAccount]: 'jobs' };

const association = (more: Partial<Association> = {}): Association => ({
  id: 'a-1',
  arn: 'arn:a-1',
  roleArn: ROLE,
  disableSessionTags: false,
  tags: OURS,
  ...more,
});

interface Asked {
  settings?: object;
  input?: object;
  tags?: Record<string, string>;
  roleArn?: string;
  mayKeepRole?: boolean;
  granted?: string[];
}

function plan(current: Association | undefined, asked: Asked = {}) {
  const {
    settings,
    input = {},
    tags = {},
    roleArn = ROLE,
    mayKeepRole = false,
    granted = [],
  } = asked;
  const builder = new PlanBuilder('associate', scope);
  builder.add({
    id: 'role',
    resource: { kind: 'role', name: roleArn },
    change: 'keep',
    reason: 'r',
  });
  planAssociation(builder, current, {
    scope: planScope({}, { granted: new Set(granted) }),
    input: input as any,
    desired: {
      settings: { disableSessionTags: false, ...settings },
      tags,
    } as any,
    roleArn,
    tags,
    mayKeepRole,
    confirmRole: async () => {},
    onMade: () => {},
  });
  const { before, after, choice, reason } = builder.steps[1].plan;
  return {
    step: outline(builder)[1],
    before,
    after,
    choice,
    reason,
    warnings: builder.warnings,
  };
}

describe('the association in the plan of an associate', () => {
  const UPDATE = 'association: update (portal)! after role';
  const KEEP = 'association: keep (portal) after role';
  const CONFLICT = 'association: conflict (external)';

  it('is created with what was asked for, and no more', () => {
    expect(
      plan(undefined, {
        settings: { targetRoleArn: TARGET, policy: undefined },
      }),
    ).toEqual({
      step: 'association: create (portal)! after role',
      after: {
        roleArn: ROLE,
        targetRoleArn: TARGET,
        disableSessionTags: false,
      },
      reason: 'this service account has no association yet',
      warnings: [],
    });
  });

  it.each<
    [string, Partial<Association>, Asked, string, string, object?, object?]
  >([
    [
      'is kept as it is',
      {},
      {},
      KEEP,
      'created by this portal, and as requested',
      undefined,
      undefined,
    ],
    [
      'gets a target role',
      {},
      { settings: { targetRoleArn: TARGET } },
      UPDATE,
      'the target role differs',
      { targetRoleArn: null },
      { targetRoleArn: TARGET },
    ],
    [
      'loses its target role',
      { targetRoleArn: TARGET },
      {},
      UPDATE,
      'the target role is cleared',
      { targetRoleArn: TARGET },
      { targetRoleArn: null },
    ],
    [
      'has its session tags turned off',
      {},
      { settings: { disableSessionTags: true } },
      UPDATE,
      'session tags are turned off',
      { disableSessionTags: false },
      { disableSessionTags: true },
    ],
    [
      'has its session tags turned on',
      { disableSessionTags: true },
      {},
      UPDATE,
      'session tags are turned on',
      { disableSessionTags: true },
      { disableSessionTags: false },
    ],
    [
      'gets a session policy',
      {},
      { settings: { policy: '{}' } },
      UPDATE,
      'the session policy differs',
      { policy: null },
      { policy: '{}' },
    ],
    [
      'loses its session policy',
      { policy: '{}' },
      {},
      UPDATE,
      'the session policy is cleared',
      { policy: '{}' },
      { policy: null },
    ],
    [
      'gets tags',
      {},
      { tags: { team: 'a' } },
      UPDATE,
      'the request gives it other tags',
      { team: null },
      { team: 'a' },
    ],
    [
      'gets another role on request',
      {},
      {
        roleArn: OTHER,
        input: { replaceRole: true },
        settings: { policy: '{}' },
      },
      UPDATE,
      'its role is replaced; the session policy differs',
      { roleArn: ROLE, policy: null },
      { roleArn: OTHER, policy: '{}' },
    ],
    [
      'gets no other role unasked',
      {},
      { roleArn: OTHER },
      'association: conflict (portal)',
      `the association has the role ${ROLE}, the request wants ${OTHER}; to replace its role you need the permission ${associationUpdatePermission.name} on it`,
      { roleArn: ROLE },
      { roleArn: OTHER },
    ],
  ])('%s', (_, current, asked, step, reason, before, after) => {
    expect(plan(association(current), asked)).toMatchObject({ step, reason });
    expect(plan(association(current), asked).before).toEqual(before);
    expect(plan(association(current), asked).after).toEqual(after);
  });

  it('offers to replace the role to those who may', () => {
    expect(plan(association(), { roleArn: OTHER }).choice).toBeUndefined();
    expect(
      plan(association(), {
        roleArn: OTHER,
        granted: [associationUpdatePermission.name],
      }).choice,
    ).toEqual({ replaceRole: true });
    expect(
      plan(association(), {
        roleArn: OTHER,
        granted: [associationUpdatePermission.name],
      }).reason,
    ).toMatch(/; choose to replace its role, or ask for the role that it has$/);
  });

  it.each<[string, Partial<Association>, Asked, RegExp[]]>([
    [
      'of a former role that stays',
      {},
      { roleArn: OTHER, input: { replaceRole: true } },
      [/^The former role api stays/],
    ],
    [
      'of a target role that AWS could refuse to clear',
      { targetRoleArn: TARGET },
      {},
      [/^If AWS does not clear/],
    ],
    [
      'of a session policy that AWS could refuse to clear',
      { policy: '{}' },
      {},
      [/^If AWS does not clear/],
    ],
    [
      'of nothing where a value is only changed',
      { policy: '{}' },
      { settings: { policy: '{"a":1}' } },
      [],
    ],
  ])('warns %s', (_, current, asked, warnings) => {
    expect(plan(association(current), asked).warnings).toEqual(
      warnings.map(text => expect.stringMatching(text)),
    );
  });

  it.each<[string, Partial<Association>, Asked, object]>([
    [
      'fits where it is as requested',
      { tags: SIBLING },
      {},
      {
        step: 'association: keep (external) after role',
        reason:
          'it belongs to another service account of this portal, and is as requested',
        before: undefined,
      },
    ],
    [
      'fits where an add-on has it',
      { ownerArn: 'arn:addon' },
      {},
      {
        step: 'association: keep (addon) after role',
        reason: 'it belongs to the add-on arn:addon, and is as requested',
      },
    ],
    [
      'is in the way of other wishes',
      { tags: {}, targetRoleArn: TARGET },
      { roleArn: OTHER, mayKeepRole: true },
      {
        step: CONFLICT,
        choice: undefined,
        before: { roleArn: ROLE, targetRoleArn: TARGET },
        after: { roleArn: OTHER, targetRoleArn: null },
        reason: expect.stringMatching(
          /association a-1 with role \S+role\/api, target role \S+role\/data, which belongs to another owner.*; the request wants role \S+role\/other, target role none; ask its owner/,
        ),
      },
    ],
    [
      'is changed through its add-on',
      { ownerArn: 'arn:addon' },
      { settings: { policy: '{}' } },
      {
        step: 'association: conflict (addon)',
        choice: undefined,
        reason: expect.stringMatching(
          /with session policy none, which belongs to the add-on arn:addon; the request wants session policy \{\}; change it through the add-on$/,
        ),
      },
    ],
    [
      'lets the request take over its role where that is all',
      { tags: {} },
      { roleArn: OTHER, mayKeepRole: true },
      { step: CONFLICT, choice: { roleArn: ROLE } },
    ],
    [
      'does not where the request could not name the role',
      { tags: {} },
      { roleArn: OTHER },
      { step: CONFLICT, choice: undefined },
    ],
  ])('of another owner %s', (_, current, asked, expected) => {
    expect(plan(association(current), asked)).toMatchObject(expected);
  });
});

describe('the association in the plan of a teardown', () => {
  it.each<
    [string, Partial<Association>, string | undefined, boolean, string, RegExp]
  >([
    [
      'goes',
      {},
      undefined,
      true,
      'association: delete (portal)! after probe-pod.p',
      /^created by this portal/,
    ],
    [
      'goes with its task',
      {},
      't1',
      true,
      'association: delete (portal)! after probe-pod.p',
      /^created/,
    ],
    [
      'stays where another task made it',
      {},
      't2',
      false,
      'association: keep (portal)',
      /^it was made by task t1/,
    ],
    [
      'stays with its add-on',
      { ownerArn: 'arn:addon' },
      undefined,
      false,
      'association: keep (addon)',
      /^the add-on arn:addon owns it/,
    ],
    [
      'stays where it is not ours',
      { tags: SIBLING },
      undefined,
      false,
      'association: keep (external)',
      /^it belongs to another service account/,
    ],
  ])('%s', (_, current, task, goes, step, reason) => {
    const builder = new PlanBuilder('teardown', scope);
    builder.add({
      id: 'probe-pod.p',
      resource: { kind: 'probe-pod', name: 'p' },
      change: 'delete',
      reason: 'r',
    });
    expect(
      planAssociationRemoval(builder, scope, association(current), task),
    ).toBe(goes);
    expect(outline(builder)[1]).toBe(step);
    expect(builder.steps[1].plan.reason).toMatch(reason);
  });
});

import { ask, denied, OUR_TAGS } from '../__testUtils__/judge';
import { known } from '../framework/fact';
import { associationExists } from './exists';
import { associationMatches } from './matches';

const ROLE = 'arn:aws:iam::111122223333:role/api';
const READER = 'arn:aws:iam::444455556666:role/reader';
const POLICY = '{"Statement":[]}';

describe('association.exists', () => {
  const near = [
    { cluster: 'prod', namespace: 'payments', serviceAccount: 'ap' },
  ];
  it.each<[string, object, unknown]>([
    ['neighbours', known(near), near],
    ['none', known([]), undefined],
    ['neighbours that cannot be listed', denied, undefined],
  ])('fails without one, beside %s', (_what, nearby, told) => {
    const outcome = ask(associationExists, { association: null, nearby });
    expect(outcome).toMatchObject({
      status: 'fail',
      message:
        'The cluster payments-prod has no Pod Identity association for payments/api.',
    });
    expect(outcome.nearby).toEqual(told);
  });

  it('passes with one', () => {
    expect(
      ask(associationExists, {
        association: { id: 'a-1', roleArn: ROLE },
        nearby: known([]),
      }),
    ).toMatchObject({
      status: 'pass',
      message: `Association a-1 links payments/api to ${ROLE}.`,
      resource: { name: 'a-1' },
    });
  });
});

describe('association.matches', () => {
  const live = {
    id: 'a-1',
    roleArn: ROLE,
    disableSessionTags: false,
    tags: {},
  };
  const of = (association: object, expected: object) =>
    ask(associationMatches, {
      association: { ...live, ...association },
      expected: { settings: {}, ...expected },
    });
  const last = (settings: object) => ({
    source: 'last-associate',
    effectiveRoleArn: ROLE,
    settings: { roleArn: ROLE, ...settings },
  });

  it.each<[string, object, object, string, string]>([
    [
      'nothing expected',
      {},
      { source: 'association', effectiveRoleArn: ROLE },
      'pass',
      `The association names ${ROLE}; nothing else was expected.`,
    ],
    [
      'nothing known',
      { targetRoleArn: READER },
      {},
      'pass',
      `The association names ${READER}; nothing else was expected.`,
    ],
    [
      'what was set last',
      {},
      last({ disableSessionTags: false, targetRoleArn: null, policy: null }),
      'pass',
      `The association names ${ROLE}, as the last associate set.`,
    ],
    [
      'an owner',
      { ownerArn: 'arn:addon' },
      {},
      'note',
      'The association belongs to the EKS add-on arn:addon; change it through that add-on.',
    ],
    [
      'another role than the input expects',
      {},
      { source: 'input', effectiveRoleArn: READER },
      'fail',
      `The association has role ${ROLE} instead of ${READER}.`,
    ],
    [
      'another target role than the input expects',
      { targetRoleArn: READER },
      { source: 'input', effectiveRoleArn: ROLE },
      'fail',
      `The association has target role ${READER} instead of ${ROLE}.`,
    ],
    [
      'another first role behind the right target',
      { targetRoleArn: READER },
      {
        ...last({ roleArn: 'arn:other', targetRoleArn: READER }),
        effectiveRoleArn: READER,
      },
      'fail',
      `The association has role ${ROLE} instead of arn:other.`,
    ],
    [
      'a target that was cleared',
      { roleArn: 'arn:first', targetRoleArn: ROLE },
      last({ roleArn: 'arn:first', targetRoleArn: null }),
      'fail',
      `The association has target role ${ROLE} instead of none.`,
    ],
    [
      'other session settings',
      { disableSessionTags: true, policy: POLICY },
      last({ disableSessionTags: false, policy: null }),
      'warn',
      'The association has session tags off instead of on; session policy another one instead of none.',
    ],
    [
      'a session policy that is gone',
      { disableSessionTags: false },
      last({ disableSessionTags: true, policy: POLICY }),
      'warn',
      'The association has session tags on instead of off; session policy none instead of the one that was asked for.',
    ],
    [
      'another role and other session settings',
      { disableSessionTags: true },
      {
        source: 'input',
        effectiveRoleArn: READER,
        settings: { disableSessionTags: false },
      },
      'fail',
      `The association has role ${ROLE} instead of ${READER}; session tags off instead of on.`,
    ],
  ])('%s', (_what, association, expected, status, message) => {
    expect(of(association, expected)).toMatchObject({ status, message });
  });

  it('names another role once, also where the last associate asked for it', () => {
    expect(
      of(
        {},
        {
          source: 'last-associate',
          effectiveRoleArn: 'arn:other',
          settings: { roleArn: 'arn:other', targetRoleArn: null },
        },
      ),
    ).toMatchObject({
      status: 'fail',
      message: `The association has role ${ROLE} instead of arn:other.`,
      expected: 'role: arn:other',
      observed: `role: ${ROLE}`,
    });
  });

  it('cannot judge an association that is not there', () => {
    expect(() =>
      ask(associationMatches, {
        association: null,
        expected: { settings: {} },
      }),
    ).toThrow('There is no association');
  });

  it('names the owner who has to change it', () => {
    const fix = (association: object) =>
      of(association, { source: 'input', effectiveRoleArn: READER }).fix!;
    expect(fix({}).cause).toContain(
      'it is what the verification was asked for',
    );
    expect(fix({}).actions[0]).toMatch(/^The portal does not change it/);
    expect(fix({ tags: OUR_TAGS }).actions[0]).toBe(
      'Run "Give a component an AWS identity" again; if its role is to change, choose in the plan to replace it.',
    );
    expect(fix({ ownerArn: 'arn:addon' })).toMatchObject({
      cause: expect.stringMatching(/^The association belongs to arn:addon\. /),
      actions: [
        'Change it through the EKS add-on that owns it.',
        expect.any(String),
      ],
    });
  });

  it('is set as before by the portal, where it is its own and that is what is expected', () => {
    const fix = (association: object, source: string) =>
      of(association, { source, effectiveRoleArn: READER }).fix!;
    const ours = fix({ tags: OUR_TAGS }, 'last-associate');
    expect(ours.rerun).toBe('as-before');
    expect(ours.cause).toBe(
      'The association was changed since, or the expectation is out of date (it is what the last associate set).',
    );
    expect(fix({ tags: OUR_TAGS }, 'input').rerun).toBeUndefined();
    expect(fix({}, 'last-associate').rerun).toBeUndefined();
  });

  it('says which command changes one of others, and what undoes it', () => {
    const actions = (association: object) =>
      of(association, { source: 'input', effectiveRoleArn: READER }).fix!
        .actions;
    const restart =
      'Then restart the pods, which keep their credentials for up to six hours.';
    expect(actions({})).toEqual([
      expect.stringMatching(/^The portal does not change it/),
      'Or change it with this command, if the expectation is right.',
      restart,
    ]);
    expect(
      actions({ tags: { 'aws:cloudformation:stack-name': 'api' } }),
    ).toEqual([
      'Change it in the CloudFormation stack api.',
      'Or change it with this command, if the expectation is right.',
      expect.stringMatching(/^The CloudFormation stack api made the assoc/),
      restart,
    ]);
    expect(actions({ tags: OUR_TAGS })).toEqual([expect.any(String), restart]);
  });

  it.each<[string, object, object, string | undefined]>([
    [
      'a role, and not for the target role that it has',
      { targetRoleArn: READER },
      { settings: { roleArn: 'arn:first', targetRoleArn: READER } },
      '--role-arn arn:first',
    ],
    ['a role', {}, { effectiveRoleArn: READER }, `--role-arn ${READER}`],
    [
      'a target role',
      { targetRoleArn: READER },
      { effectiveRoleArn: 'arn:t' },
      '--target-role-arn arn:t',
    ],
    [
      'tags',
      {},
      { settings: { disableSessionTags: true } },
      '--disable-session-tags',
    ],
    [
      'tags, and not for the role that it has',
      {},
      { settings: { roleArn: ROLE, disableSessionTags: true } },
      '--disable-session-tags',
    ],
    [
      'no target role',
      { targetRoleArn: READER },
      { settings: { targetRoleArn: null } },
      undefined,
    ],
    ['a session policy', {}, { settings: { policy: POLICY } }, undefined],
    [
      'anything of an add-on',
      { ownerArn: 'arn:addon' },
      { effectiveRoleArn: READER },
      undefined,
    ],
    [
      'anything of the portal',
      { tags: OUR_TAGS },
      { effectiveRoleArn: READER },
      undefined,
    ],
  ])('has a command for %s', (_what, association, expected, rest) => {
    const { fix } = of(association, { source: 'input', ...expected });
    expect(fix?.snippet?.text).toBe(
      rest &&
        `aws eks update-pod-identity-association --cluster-name payments-prod --association-id a-1 --region eu-west-1 ${rest}`,
    );
  });
});

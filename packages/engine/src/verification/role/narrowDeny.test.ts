import type { Role } from '../../aws/role';
import type { PolicyDocument, PolicyStatement } from '../../iam/policyDocument';
import { context } from '../__testUtils__/judge';
import { printed } from '../framework/render';
import { againstDenies, commandsWithout } from './narrowDeny';

const ROLE = {
  name: 'api',
  arn: 'arn:aws:iam::111122223333:role/api',
  tags: {},
} as unknown as Role;
const HOP = ['sts:AssumeRole', 'sts:TagSession'];
const READ = {
  Sid: 'Read',
  Effect: 'Allow',
  Action: 's3:GetObject',
  Resource: '*',
};
const deny = (Action: unknown, more: object = {}) => ({
  Sid: 'Stay',
  Effect: 'Deny',
  Action,
  Resource: '*',
  ...more,
});
const policyOf = (...Statement: PolicyStatement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Id: 'mine',
  Statement,
});
const inline = (document: PolicyDocument, index: number, policy = 'hops') => ({
  policy,
  actions: HOP,
  inline: { index, document },
});
const textsOf = (...denies: Parameters<typeof commandsWithout>[1]) =>
  commandsWithout(ROLE, denies, context).map(({ text }) => text);
/** The policy in a command that stores it. */
const storedBy = (text: string) => {
  const [, name, document] =
    /^aws iam put-role-policy --role-name api --policy-name (\S+) --region eu-west-1 --policy-document '([^]*)'$/.exec(
      text,
    )!;
  return { name, document: JSON.parse(document) };
};

describe('the commands that take actions out of a Deny', () => {
  it.each<[string, unknown, unknown]>([
    [
      'those beside them',
      ['sts:AssumeRole', 's3:DeleteBucket', 'sts:TagSession'],
      ['s3:DeleteBucket'],
    ],
    ['whatever their letters are', ['STS:assumerole', 'iam:*'], ['iam:*']],
    [
      'actions that only begin like them',
      ['sts:AssumeRoleWithSAML', 'sts:AssumeRole'],
      ['sts:AssumeRoleWithSAML'],
    ],
  ])('keep %s', (_, actions, kept) => {
    const document = policyOf(READ, deny(actions));
    expect(textsOf(inline(document, 1)).map(storedBy)).toEqual([
      { name: 'hops', document: policyOf(READ, deny(kept)) },
    ]);
    // What was read is not changed by what is printed.
    expect(document).toEqual(policyOf(READ, deny(actions)));
  });

  it('leave out a statement that would deny nothing any more', () => {
    const without = policyOf(READ);
    for (const actions of [HOP, 'sts:AssumeRole']) {
      const [text] = textsOf(inline(policyOf(deny(actions), READ), 0));
      expect(storedBy(text).document).toEqual(without);
    }
    // An Allow of no action was so before.
    const empty = { Effect: 'Allow', Action: [], Resource: '*' };
    const [text] = textsOf(inline(policyOf(empty, deny(HOP)), 1));
    expect(storedBy(text).document).toEqual(policyOf(empty));
  });

  it('delete a policy that had nothing else, since IAM stores none without a statement', () => {
    expect(textsOf(inline(policyOf(deny(HOP)), 0))).toEqual([
      'aws iam delete-role-policy --role-name api --policy-name hops --region eu-west-1',
    ]);
  });

  it('change a policy once, whatever number of its statements denies', () => {
    const document = policyOf(
      deny(['sts:AssumeRole', 's3:*']),
      READ,
      deny(['sts:TagSession', 'kms:*']),
    );
    const other = policyOf(deny([...HOP, 'ec2:*']));
    expect(
      textsOf(
        inline(document, 0),
        inline(document, 2),
        inline(other, 0, 'more'),
      ).map(storedBy),
    ).toEqual([
      {
        name: 'hops',
        document: policyOf(deny(['s3:*']), READ, deny(['kms:*'])),
      },
      { name: 'more', document: policyOf(deny(['ec2:*'])) },
    ]);
  });

  const named = policyOf(deny(HOP));
  it.each<[string, Parameters<typeof commandsWithout>[1]]>([
    ['in a managed policy', [{ policy: 'managed', actions: HOP }]],
    [
      'in a managed policy beside an inline one',
      [inline(named, 0), { policy: 'managed', actions: HOP }],
    ],
    ['by a pattern', [inline(policyOf(deny(['sts:*', 's3:*'])), 0)]],
    [
      'by a pattern beside their names',
      [inline(policyOf(deny([...HOP, 'STS:Tag*'])), 0)],
    ],
    [
      'by a pattern in one of two statements',
      [
        inline(policyOf(deny(HOP), deny('*')), 0),
        inline(policyOf(deny(HOP), deny('*')), 1),
      ],
    ],
    [
      'by all actions but others',
      [inline(policyOf(deny(undefined, { NotAction: ['s3:*', 'iam:*'] })), 0)],
    ],
  ])('are none where a Deny stands %s: that takes a person', (_, denies) => {
    expect(textsOf(...denies)).toEqual([]);
  });
});

describe('what to do about a Deny that keeps a role from its target', () => {
  const denyOf = (
    document: PolicyDocument,
    name: string,
    more: object = {},
  ) => ({
    label: `statement "Stay" of policy "${name}"`,
    from: { name, document, inline: true as const, ...more },
    index: 0,
    actions: HOP,
  });
  const fixOf = (...denies: Parameters<typeof againstDenies>[1]) =>
    printed({ cause: '', ...againstDenies(ROLE, denies, context) });
  const FIRST =
    /^The portal did not write statement "Stay" of policy "a"( and statement "Stay" of policy "b")? of the role api, and never removes a Deny/;

  it('has the command, and says what it changes', () => {
    const { actions, snippet } = fixOf(denyOf(policyOf(deny(HOP)), 'a'));
    expect(actions).toEqual([
      expect.stringMatching(FIRST),
      'The command below takes sts:AssumeRole and sts:TagSession out and leaves the rest of the policy as it was when this report was made.',
    ]);
    expect(snippet?.text).toMatch(/^aws iam delete-role-policy /);
  });

  it('has one for each policy, and names each action once', () => {
    const { actions, snippet } = fixOf(denyOf(policyOf(deny(HOP)), 'a'), {
      ...denyOf(policyOf(READ, deny(HOP)), 'b'),
      index: 1,
    });
    expect(actions).toEqual([
      expect.stringMatching(FIRST),
      'The commands below take sts:AssumeRole and sts:TagSession out and leave the rest of the policies as it was when this report was made.',
    ]);
    expect(snippet?.text).toContain('--policy-name a ');
    expect(snippet?.text).toContain('--policy-name b ');
  });

  it('has none, and promises none, where the Deny is in a managed policy or a boundary', () => {
    const { actions, snippet } = fixOf(
      denyOf(policyOf(deny(HOP)), 'a', { inline: undefined }),
    );
    expect(actions).toEqual([expect.stringMatching(FIRST)]);
    expect(snippet).toBeUndefined();
  });
});

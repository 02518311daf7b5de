import { ask, context, denied, OUR_TAGS } from '../__testUtils__/judge';
import { known } from '../framework/fact';
import { trustStatement } from '../../identity/trust';
import { roleTrustPolicy } from './trustPolicy';
import { firstHop, keepsProbesOut } from './trustQuestions';

const ARN = 'arn:aws:iam::111122223333:role/api';
const OURS = trustStatement('serviceAccount', {
  clusterArn: context.cluster.arn,
  namespace: 'payments',
  serviceAccount: 'api',
});
const OTHER_NAMESPACE = {
  ...OURS,
  Sid: 'Others',
  Condition: {
    StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'other' },
  },
};
const NO_TAGS = {
  Sid: 'NoTags',
  Effect: 'Deny',
  Principal: '*',
  Action: 'sts:TagSession',
};
const LINKED = { id: 'a-1', roleArn: ARN, disableSessionTags: false, tags: {} };

const judge = (
  statements: object[],
  { tags = {}, association = known<unknown>(LINKED) as unknown } = {},
) =>
  ask(roleTrustPolicy, {
    role: {
      arn: ARN,
      name: 'api',
      tags,
      trustPolicy: { Version: '2012-10-17', Statement: statements },
    },
    association,
    pods: known([]),
  });

describe('a Deny beside an Allow that lacks something, too', () => {
  const policy = [OTHER_NAMESPACE, NO_TAGS];

  it('says both', () => {
    expect(judge(policy)).toMatchObject({
      status: 'fail',
      message:
        'The role api does not trust payments/api: Statement "NoTags" (Deny) forbids sts:TagSession; Statement "Others" allows namespace "other", not "payments".',
    });
  });

  it('asks the owner of the role to narrow the Deny, not the Allow', () => {
    expect(judge(policy).fix?.actions[0]).toBe(
      'Ask the owner of the role api (account 111122223333) to narrow statement "NoTags" in its trust policy; no Allow outranks a Deny.',
    );
  });

  it('says that the Deny is not all, and only then', () => {
    const NOT_ENOUGH =
      /^That alone is not enough: the trust policy has to allow/;
    for (const tags of [{}, OUR_TAGS]) {
      expect(judge(policy, { tags }).fix?.actions.at(-1)).toMatch(NOT_ENOUGH);
      expect(judge([OURS, NO_TAGS], { tags }).fix?.actions.at(-1)).toBe(
        'Running pods follow at their next renewal, new ones at once.',
      );
    }
  });

  it('takes only the Deny out of a role of the portal, which did write the Allow', () => {
    const { actions, snippet } = judge(policy, { tags: OUR_TAGS }).fix!;
    expect(actions[0]).toMatch(
      /^The portal did not write statement "NoTags" in the trust policy/,
    );
    expect(snippet?.text).toContain('"Others"');
    expect(snippet?.text).not.toContain('NoTags');
  });
});

it('takes every Deny that decides out of a role of the portal, and no other', () => {
  const deny = (Sid: string, Action: string) => ({ ...NO_TAGS, Sid, Action });
  const elsewhere = {
    ...deny('Else', 'sts:*'),
    Condition: OTHER_NAMESPACE.Condition,
  };
  const { actions, snippet } = judge(
    [OURS, NO_TAGS, deny('NoRole', 'sts:AssumeRole'), elsewhere],
    { tags: OUR_TAGS },
  ).fix!;
  expect(actions[0]).toMatch(
    /write statement "NoRole" and statement "NoTags" in/,
  );
  expect(snippet?.text).not.toMatch(/NoTags|NoRole/);
  expect(snippet?.text).toContain('"Else"');
  // IAM stores no policy without a statement, so no command is promised.
  expect(judge([NO_TAGS], { tags: OUR_TAGS }).fix?.actions).toEqual([
    expect.stringMatching(/^The portal did not write statement "NoTags" in/),
    // Nothing is left that lets Pod Identity in
    expect.stringMatching(/^That alone is not enough/),
  ]);
});

describe('probes of a role that admits pods by their name', () => {
  const keptOut = (name: string, more: object = {}) =>
    keepsProbesOut({
      role: {
        trustPolicy: {
          Statement: [
            {
              ...OURS,
              Condition: {
                StringLike: { 'aws:RequestTag/kubernetes-pod-name': name },
                ...more,
              },
            },
          ],
        },
      } as any,
      question: firstHop(context, undefined),
    });

  it('are kept out by names that are surely not theirs', () => {
    expect(keptOut('api-*')).toBe(true);
    expect(keptOut('eks-pod-identity-probe-*')).toBe(false);
    expect(keptOut('eks-*-1')).toBe(false);
  });

  it('are not what is kept out where all pods are', () => {
    const other = { 'aws:SourceAccount': '444455556666' };
    expect(keptOut('api-*', { StringEquals: other })).toBe(false);
    expect(keptOut('*')).toBe(false);
  });
});

describe('what a trust policy is said to do', () => {
  it('is that it does not trust Pod Identity, where no statement lets it in', () => {
    const message = 'The role api does not trust EKS Pod Identity.';
    expect(judge([])).toMatchObject({ status: 'fail', message });
    // It forbids one action, and lets the service in for none.
    const denies = judge([NO_TAGS]);
    expect(denies.message).toMatch(
      /^The role api does not trust payments\/api: No statement lets .*; Statement "NoTags" \(Deny\) forbids sts:TagSession\.$/,
    );
  });

  it('names each statement that allows, and no Deny that spares it', () => {
    const spares = {
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    const one = (Sid: string, Action: string) => ({ ...OURS, Sid, Action });
    const { status, message } = judge([
      one('Assume', 'sts:AssumeRole'),
      one('Tags', 'sts:TagSession'),
      spares,
    ]);
    expect(status).toBe('note');
    expect(message).toMatch(
      /^The trust policy of api lets payments\/api in: statement "Assume" and statement "Tags" allow it\. AWS does not document aws:securetransport/,
    );
  });

  it('depends on session tags where the association cannot be read', () => {
    const unread = { association: denied };
    expect(judge([OURS], unread)).toMatchObject({
      status: 'pass',
      message: `The trust policy of api lets payments/api in: statement "${OURS.Sid}" allows it where the association sends session tags, which was not looked at.`,
    });
    const { Condition: _, ...open } = OURS;
    expect(judge([open], unread).message).toBe(
      `The trust policy of api lets payments/api in: statement "${OURS.Sid}" allows it.`,
    );
    expect(judge([OURS]).message).not.toContain('session tags');
  });
});

describe('the fix of a role', () => {
  it('is to associate again where the portal made it, and else its command', () => {
    expect(judge([OTHER_NAMESPACE], { tags: OUR_TAGS }).fix?.rerun).toBe(
      'as-before',
    );
    expect(judge([OTHER_NAMESPACE]).fix?.rerun).toBeUndefined();
  });

  it.each([
    [
      'ACK',
      { 'services.k8s.aws/namespace': 'team-a' },
      /, which belongs to ACK \(custom resources in namespace team-a\): it adds/,
    ],
    [
      'CloudFormation',
      { 'aws:cloudformation:stack-name': 'api' },
      /^Run the command below as the owner of the role api \(account 111122223333\): it adds/,
    ],
    [
      'no tool that is known',
      {},
      /^Run the command below as the owner of the role api \(account 111122223333\): it adds/,
    ],
  ])(
    'names the maker where its command is a change of its source: %s',
    (_, tags, action) => {
      const { actions } = judge([OTHER_NAMESPACE], { tags }).fix!;
      expect(actions[0]).toMatch(action);
    },
  );

  it('says which AWS CLI turns session tags on, where it is the CLI', () => {
    const turnedOff = (tags: object) =>
      judge([OURS], {
        association: known({ ...LINKED, disableSessionTags: true, tags }),
      }).fix!.actions[0];
    expect(turnedOff({})).toMatch(/it needs an AWS CLI of July 2025 or later/);
    expect(turnedOff({ 'services.k8s.aws/namespace': 'team-a' })).toBe(
      'Turn the session tags of the association on again with the first command below.',
    );
  });

  it('warns of a policy only where it is longer than AWS allows', () => {
    const filled = (length: number) => ({
      ...OTHER_NAMESPACE,
      Filler: 'x'.repeat(length),
    });
    const { length } = JSON.stringify({
      Version: '2012-10-17',
      Statement: [filled(0), OURS],
    });
    const warned = (all: number) =>
      judge([filled(all - length)]).fix!.actions.some(one =>
        one.includes('the default quota is 2048'),
      );
    expect(warned(2048)).toBe(false);
    expect(warned(2049)).toBe(true);
  });
});

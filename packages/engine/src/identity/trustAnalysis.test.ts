import { trustPolicy, trustStatement } from './trust';
import { analyseTrustPolicy, TrustQuestion } from './trustAnalysis';
import {
  allow,
  ARN,
  CALLER,
  NS,
  policy,
  QUESTION,
  when,
} from './__testUtils__/trustRows';

describe('analyseTrustPolicy', () => {
  it.each(['serviceAccount', 'namespace', 'cluster', 'account'] as const)(
    'accepts our own statement of scope %s, and only within that scope',
    scope => {
      const document = trustPolicy(trustStatement(scope, QUESTION));
      const verdict = (change: Partial<TrustQuestion>) =>
        analyseTrustPolicy(document, { ...QUESTION, ...change }).verdict;
      expect(verdict({})).toBe('allows');
      expect(verdict({ serviceAccount: 'other' })).toBe(
        scope === 'serviceAccount' ? 'denies' : 'allows',
      );
      expect(verdict({ namespace: 'other' })).toBe(
        ['serviceAccount', 'namespace'].includes(scope) ? 'denies' : 'allows',
      );
      expect(verdict({ clusterArn: `${QUESTION.clusterArn}-2` })).toBe(
        scope === 'account' ? 'allows' : 'denies',
      );
      expect(verdict({ sessionTags: false })).toBe(
        scope === 'account' ? 'allows' : 'denies',
      );
    },
  );

  const PODS = 'the service pods.eks.amazonaws.com';
  const OPEN = { StringEquals: { 'aws:SourceVpc': '1' } };
  const NOT_EVALUATED = 'StringEquals aws:SourceVpc = "1" is not evaluated';

  it.each<[string, unknown, Partial<TrustQuestion>, string[]]>([
    [
      'the missing principal alone',
      policy(allow({ Principal: { AWS: CALLER } })),
      {},
      [`No statement lets ${PODS} in`],
    ],
    [
      'the missing source role',
      policy(allow()),
      { sourceRoleArn: CALLER },
      [`No statement lets ${CALLER} in`],
    ],
    [
      'both missing actions',
      policy(allow({ Action: 'sts:SetSourceIdentity' })),
      {},
      [
        `No statement allows sts:AssumeRole to ${PODS}`,
        `No statement allows sts:TagSession to ${PODS}`,
      ],
    ],
    [
      'the missing action, not the condition that cannot be evaluated',
      policy(allow({ Action: 'sts:AssumeRole', Condition: OPEN })),
      {},
      [`No statement allows sts:TagSession to ${PODS}`],
    ],
    [
      'the failing condition with the Sid of its statement',
      policy(
        allow({ Sid: 'Pods', Condition: { StringEquals: { [NS]: 'x' } } }),
      ),
      {},
      [`Statement "Pods" allows namespace "x", not "shop"`],
    ],
    [
      'the failing condition with the number of its statement',
      policy(
        { Effect: 'Deny', Principal: '*', Action: 's3:*' },
        when('StringEquals', NS, 'x'),
      ),
      {},
      [`Statement 2 allows namespace "x", not "shop"`],
    ],
    [
      'the statements that fail least, of many for other refs',
      policy(
        ...['a', 'b', 'c'].map(name =>
          allow({
            Condition: {
              StringEquals: {
                [NS]: 'x',
                'aws:RequestTag/kubernetes-service-account': name,
              },
            },
          }),
        ),
        ...['d', 'e', 'f'].map(name => when('StringEquals', NS, name)),
      ),
      {},
      [
        `Statement 4 allows namespace "d", not "shop"`,
        `Statement 5 allows namespace "e", not "shop"`,
        '4 more statements fit no better',
      ],
    ],
    [
      'one more that fails',
      policy(
        when('StringEquals', NS, 'x'),
        allow({ Condition: { StringEquals: { [NS]: 'x', [ARN]: 'x' } } }),
      ),
      {},
      [
        `Statement 1 allows namespace "x", not "shop"`,
        '1 more statement fits no better',
      ],
    ],
    [
      'the statement that cannot be evaluated, not the one that fails',
      policy(when('StringEquals', NS, 'x'), allow({ Condition: OPEN })),
      {},
      [`Statement 2: ${NOT_EVALUATED}`],
    ],
    [
      'the Deny that cannot be evaluated, not an Allow that is not needed',
      policy(allow(), allow({ Condition: OPEN }), {
        Effect: 'Deny',
        Principal: '*',
        Action: 'sts:*',
        Condition: OPEN,
      }),
      {},
      [`Statement 3: ${NOT_EVALUATED}`],
    ],
    [
      'an AssumeRole that cannot be evaluated',
      policy(
        allow({ Action: 'sts:AssumeRole', Condition: OPEN }),
        allow({ Action: 'sts:TagSession' }),
      ),
      {},
      [`Statement 1: ${NOT_EVALUATED}`],
    ],
    [
      'a missing TagSession that might not be needed',
      policy(allow({ Action: 'sts:AssumeRole' })),
      { sessionTags: false },
      [
        'sts:TagSession is not allowed; with session tags off AWS might not ask for it',
      ],
    ],
    [
      'a missing TagSession beside an AssumeRole that cannot be evaluated',
      policy(allow({ Action: 'sts:AssumeRole', Condition: OPEN })),
      { sessionTags: false },
      [
        `Statement 1: ${NOT_EVALUATED}`,
        'sts:TagSession is not allowed; with session tags off AWS might not ask for it',
      ],
    ],
    [
      'a TagSession that cannot fit, and that might not be needed',
      policy(
        allow({ Action: 'sts:AssumeRole' }),
        when('StringEquals', 'aws:SourceAccount', '444455556666'),
      ),
      { sessionTags: false },
      [
        'Statement 2: StringEquals aws:SourceAccount = "444455556666" fails: it is "111122223333"',
        'sts:TagSession is not allowed; with session tags off AWS might not ask for it',
      ],
    ],
    [
      'that the request has no tags, where one of the nearest conditions is on one',
      policy(
        when('StringEquals', 'aws:SourceAccount', '444455556666'),
        when('StringEquals', NS, 'shop'),
      ),
      { sessionTags: false },
      [
        'Session tags are off for this association, so the request carries none',
        'Statement 1: StringEquals aws:SourceAccount = "444455556666" fails: it is "111122223333"',
        `Statement 2: StringEquals ${NS} = "shop" fails: the request has no ${NS}`,
      ],
    ],
    [
      'that the request has no tags, where a condition beside fails as well',
      policy(
        allow({
          Condition: {
            StringEquals: { [NS]: 'shop', 'aws:SourceAccount': '444455556666' },
          },
        }),
      ),
      { sessionTags: false },
      [
        'Session tags are off for this association, so the request carries none',
        `Statement 1: StringEquals ${NS} = "shop" fails: the request has no ${NS}`,
        'Statement 1: StringEquals aws:SourceAccount = "444455556666" fails: it is "111122223333"',
      ],
    ],
    [
      'the Deny, and what an Allow lacks for the other action',
      policy(
        allow({ Condition: { StringEquals: { 'aws:SourceAccount': '4' } } }),
        { Effect: 'Deny', Principal: '*', Action: 'sts:TagSession' },
      ),
      {},
      [
        'Statement 2 (Deny) forbids sts:TagSession',
        'Statement 1: StringEquals aws:SourceAccount = "4" fails: it is "111122223333"',
      ],
    ],
    [
      'a TagSession that cannot be evaluated',
      policy(
        allow({ Action: 'sts:AssumeRole' }),
        allow({ Action: 'sts:TagSession', Condition: OPEN }),
      ),
      { sessionTags: false },
      [`Statement 2: ${NOT_EVALUATED}`],
    ],
  ])('gives as reason %s', (_what, document, question, reasons) => {
    expect(
      analyseTrustPolicy(document, { ...QUESTION, ...question }).reasons,
    ).toEqual(reasons);
  });

  it('names the statements that decide', () => {
    const deciding = (document: unknown, question: object = {}) =>
      analyseTrustPolicy(document, {
        ...QUESTION,
        ...question,
      }).deciding.map(({ name, effect }) => ({ name, effect }));
    const wrong = { Condition: { StringEquals: { [NS]: 'x' } } };
    const deny = { Effect: 'Deny', Principal: '*', Action: 'sts:*' };
    expect(deciding(policy(allow(wrong), allow({ Sid: 'Pods' })))).toEqual([
      { name: 'statement "Pods"', effect: 'Allow' },
    ]);
    expect(
      deciding(
        policy(
          allow({ Action: 'sts:TagSession' }),
          allow({ Action: 'sts:AssumeRole' }),
        ),
      ),
    ).toEqual([
      { name: 'statement 2', effect: 'Allow' },
      { name: 'statement 1', effect: 'Allow' },
    ]);
    expect(deciding(policy(allow(), { ...deny, Sid: 'No' }))).toEqual([
      { name: 'statement "No"', effect: 'Deny' },
    ]);
    expect(deciding(policy(allow(wrong)))).toEqual([
      { name: 'statement 1', effect: 'Allow' },
    ]);
    expect(deciding(policy())).toEqual([]);
    // A Deny for others is not what lets it in; one that only a likely value spares is.
    const forOthers = { Condition: { StringEquals: { [NS]: 'x' } } };
    const source = { 'aws:SourceArn': QUESTION.clusterArn };
    const spares = { Condition: { ArnNotEquals: source } };
    expect(
      deciding(
        policy(allow(), { ...deny, ...forOthers }, { ...deny, ...spares }),
      ),
    ).toEqual([
      { name: 'statement 1', effect: 'Allow' },
      { name: 'statement 3', effect: 'Deny' },
    ]);
    // A statement whose effect is neither counts for nothing.
    expect(deciding(policy({ ...allow(), Effect: 'Perhaps' }))).toEqual([]);
  });

  it('says what it takes for granted, and only that', () => {
    const notes = (...statements: object[]) =>
      analyseTrustPolicy(policy(...statements), QUESTION).notes;
    const likely = (key: string, value: string) =>
      allow({ Condition: { StringEquals: { [key]: value } } });
    const spared = {
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:*',
      Condition: { Bool: { 'aws:PrincipalIsAWSService': 'false' } },
    };
    expect(notes(allow())).toEqual([]);
    expect(notes(likely('aws:SourceArn', QUESTION.clusterArn))).toEqual([
      'AWS does not document which aws:SourceArn Pod Identity sends; it is likely the ARN of the cluster',
    ]);
    expect(notes(likely('aws:SecureTransport', 'true'), allow())).toEqual([]);
    expect(notes(likely('aws:SourceOrgId', '${aws:ResourceOrgId}'))).toEqual([
      'EKS sends aws:SourceOrgId for accounts that belong to an organization',
    ]);
    expect(notes(allow(), spared)).toEqual([
      'AWS does not document aws:principalisawsservice for Pod Identity in particular',
    ]);
    const other = { StringNotEquals: { [NS]: 'shop' } };
    expect(notes(allow(), { ...spared, Condition: other })).toEqual([]);
  });

  it('knows when nothing but the pod is open', () => {
    const depends = (...statements: object[]) =>
      analyseTrustPolicy(policy(...statements), QUESTION).dependsOnPod;
    const pod = { 'aws:RequestTag/kubernetes-pod-name': 'api-*' };
    const vpc = { 'aws:SourceVpc': 'vpc-1' };
    const on = (keys: object) => allow({ Condition: { StringLike: keys } });
    expect(depends(on(pod))).toBe(true);
    expect(depends(on({ ...pod, ...vpc }))).toBe(false);
    expect(depends(on(vpc))).toBe(false);
    expect(depends(allow())).toBe(false);
    expect(depends({ ...on(pod), Principal: '*' })).toBe(false);
    expect(depends(allow({ Condition: ['api-*'] }))).toBe(false);
    expect(analyseTrustPolicy('{', QUESTION).dependsOnPod).toBe(false);
    const untagged = analyseTrustPolicy(
      policy(allow({ Action: 'sts:AssumeRole' })),
      { ...QUESTION, sessionTags: false },
    );
    expect(untagged.dependsOnPod).toBe(false);
  });

  it('knows whether a target role trusts the source role by name', () => {
    const byName = (...principals: unknown[]) =>
      analyseTrustPolicy(
        policy(...principals.map(Principal => allow({ Principal }))),
        { ...QUESTION, sourceRoleArn: CALLER },
      ).byName;
    expect(byName({ AWS: CALLER })).toBe(true);
    // It does not trust it at all, or nothing can be read.
    expect(byName({ AWS: `${CALLER}-2` })).toBe(false);
    expect(
      analyseTrustPolicy('{', { ...QUESTION, sourceRoleArn: CALLER }).byName,
    ).toBe(false);
    expect(byName('*')).toBe(true);
    expect(byName({ AWS: '111122223333' })).toBe(false);
    expect(byName({ AWS: '111122223333' }, { AWS: CALLER })).toBe(true);
    expect(
      analyseTrustPolicy(
        policy(
          allow({ Principal: { AWS: CALLER }, Action: 'sts:AssumeRole' }),
          allow({ Principal: { AWS: '111122223333' } }),
        ),
        { ...QUESTION, sourceRoleArn: CALLER },
      ).byName,
    ).toBe(false);
  });
});

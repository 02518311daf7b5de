import fc from 'fast-check';
import type { TrustQuestion } from '../trustAnalysis';

/** The ref that random policies are judged for. */
export const QUESTION = {
  clusterArn: 'arn:aws:eks:eu-west-1:111122223333:cluster/payments',
  clusterName: 'payments',
  namespace: 'shop',
  serviceAccount: 'api',
};
/** The role whose policy it is. */
export const ROLE = 'arn:aws:iam::111122223333:role/api';
/** The first role of a chain. */
export const SOURCE = 'arn:aws:iam::111122223333:role/path/first';
const EXTERNAL_ID = 'eu-west-1/111122223333/payments/shop/api';

export const PODS = [
  { podName: 'api-5c9f', podUid: '0b9c4a7e-0000-4000-8000-000000000001' },
  { podName: 'batch-1', podUid: '0b9c4a7e-0000-4000-8000-000000000002' },
];

/** Refs that no edit for {@link QUESTION} may let in. */
export const OTHERS = [
  { serviceAccount: 'other' },
  { namespace: 'billing' },
  {
    clusterArn: 'arn:aws:eks:eu-west-1:111122223333:cluster/other',
    clusterName: 'other',
  },
  { clusterArn: 'arn:aws:eks:us-east-1:111122223333:cluster/payments' },
  { clusterArn: 'arn:aws:eks:eu-west-1:444455556666:cluster/payments' },
].map(change => ({ ...QUESTION, ...change }));

const one = <T>(...values: T[]) => fc.constantFrom(...values);

/** A list of one may be written without brackets. */
const scalarOrList = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 3, arbitrary: value as fc.Arbitrary<T | T[]> },
    fc.array(value, { minLength: 1, maxLength: 3 }),
  );

const tag = (name: string) => `aws:RequestTag/${name}`;

type Keys = Record<string, string[]>;

/** Keys with values that fit, that do not, and that only AWS can judge. */
const TEXTS: Keys = {
  [tag('kubernetes-namespace')]: [
    'shop',
    'Shop',
    'billing',
    'sh*',
    '*',
    's?op',
    '${aws:PrincipalTag/kubernetes-namespace}',
    '${aws:RequestTag/kubernetes-namespace}',
    "${aws:RequestTag/none, 'shop'}",
    '${aws:none}',
    'sh${*}',
  ],
  [tag('kubernetes-service-account')]: ['api', 'other', 'a*', 'worker-*'],
  [tag('eks-cluster-name')]: ['payments', 'other', 'pay*'],
  [tag('eks-cluster-arn')]: [
    QUESTION.clusterArn,
    'arn:aws:eks:*:111122223333:cluster/*',
    'arn:aws:eks:eu-west-1:111122223333:cluster/other',
    'arn:aws:eks:*',
  ],
  [tag('kubernetes-pod-name')]: ['api-*', 'batch-1', '*'],
  [tag('kubernetes-pod-uid')]: [PODS[0].podUid, '*'],
  [tag('team')]: ['a'],
  'aws:TagKeys': ['kubernetes-namespace', 'kubernetes-*', 'eks-*', 'team', '*'],
  'sts:TransitiveTagKeys': ['kubernetes-*', 'team'],
};
const FIRST_TEXTS: Keys = {
  ...TEXTS,
  'aws:SourceAccount': ['111122223333', '444455556666'],
  'aws:SourceOrgId': ['${aws:ResourceOrgId}', 'o-sandbox0001', 'o-other', 'x'],
  'aws:PrincipalServiceName': ['pods.eks.amazonaws.com', 'ec2.amazonaws.com'],
  'sts:RoleSessionName': ['eks-*', 'x*', '*-session'],
};
const SECOND_TEXTS: Keys = {
  ...TEXTS,
  'aws:PrincipalTag/kubernetes-namespace': ['shop', 'billing'],
  'aws:PrincipalAccount': ['111122223333', '444455556666'],
  'aws:SourceAccount': ['111122223333'],
  'sts:ExternalId': [EXTERNAL_ID, 'x'],
};
const CLUSTERS: Keys = {
  [tag('eks-cluster-arn')]: TEXTS[tag('eks-cluster-arn')],
};
const FIRST_ARNS: Keys = {
  ...CLUSTERS,
  'aws:SourceArn': [
    QUESTION.clusterArn,
    'arn:aws:eks:eu-west-1:111122223333:podidentityassociation/payments/*',
  ],
};
const SECOND_ARNS: Keys = {
  ...CLUSTERS,
  'aws:PrincipalArn': [SOURCE, 'arn:aws:iam::*:role/path/*', ROLE],
};

const conditionOn = (operator: fc.Arbitrary<string>, keys: Keys) =>
  fc
    .tuple(operator, one(...Object.keys(keys)))
    .chain(([name, key]) =>
      scalarOrList<unknown>(one(...keys[key])).map(
        values => [name, key, values] as const,
      ),
    );

const withSet = (operator: fc.Arbitrary<string>) =>
  fc
    .tuple(
      one('', '', '', 'ForAnyValue:', 'ForAllValues:'),
      operator,
      one('', '', 'IfExists'),
    )
    .map(parts => parts.join(''));

const TEXT_OPERATORS = [
  'StringEquals',
  'StringEquals',
  'StringLike',
  'StringLike',
  'StringEqualsIgnoreCase',
  'StringNotEquals',
  'StringNotLike',
  'StringNotEqualsIgnoreCase',
];

const conditions = (texts: Keys, arns: Keys) =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: conditionOn(withSet(one(...TEXT_OPERATORS)), texts),
    },
    {
      weight: 3,
      arbitrary: conditionOn(
        withSet(one('ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike')),
        arns,
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(
        fc.constant('Null'),
        one(...Object.keys(texts), 'aws:SourceIp'),
        one<unknown>('true', 'false', true),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        one('Bool', 'BoolIfExists'),
        one(
          'aws:PrincipalIsAWSService',
          'aws:SecureTransport',
          'aws:ViaAWSService',
          tag('team'),
        ),
        one<unknown>('true', 'false', false),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        one('DateLessThan', 'DateGreaterThan', 'DateNotEquals'),
        one('aws:CurrentTime'),
        one<unknown>('2020-01-01T00:00:00Z', '2999-01-01T00:00:00Z'),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        one('IpAddress', 'NotIpAddress', 'NumericLessThan', 'NumericNotEquals'),
        one('aws:SourceIp', tag('team'), tag('kubernetes-namespace')),
        one<unknown>('10.0.0.0/8', '7'),
      ),
    },
  );

const block = (condition: ReturnType<typeof conditions>) =>
  fc.array(condition, { maxLength: 3 }).map(chosen => {
    const built: Record<string, Record<string, unknown>> = {};
    for (const [operator, key, values] of chosen) {
      built[operator] = { ...built[operator], [key]: values };
    }
    return chosen.length ? { Condition: built } : {};
  });

const SERVICE = 'pods.eks.amazonaws.com';
const firstPrincipal = fc.oneof(
  {
    weight: 12,
    arbitrary: one<unknown>({ Service: SERVICE }, { Service: [SERVICE] }),
  },
  one<unknown>(
    { Service: ['ec2.amazonaws.com', SERVICE] },
    { Service: 'ec2.amazonaws.com' },
    { Service: SERVICE, AWS: '444455556666' },
    { AWS: '111122223333' },
    { AWS: 'AROAEXAMPLEEXAMPLE123' },
    '*',
    { AWS: '*' },
  ),
);
const secondPrincipal = fc.oneof(
  {
    weight: 8,
    arbitrary: one<unknown>(
      { AWS: 'arn:aws:iam::111122223333:root' },
      { AWS: '111122223333' },
      { AWS: SOURCE },
    ),
  },
  one<unknown>(
    { AWS: ['444455556666', SOURCE] },
    { AWS: ['AROAEXAMPLEEXAMPLE123', ROLE] },
    { AWS: 'AROAEXAMPLEEXAMPLE123' },
    { AWS: 'arn:aws:sts::111122223333:assumed-role/first/eks-session' },
    { AWS: '444455556666' },
    { Service: SERVICE },
    '*',
    { AWS: '*' },
  ),
);

const actions = fc.oneof(
  {
    weight: 8,
    arbitrary: one<object>(
      { Action: ['sts:AssumeRole', 'sts:TagSession'] },
      { Action: 'sts:*' },
    ),
  },
  {
    weight: 2,
    arbitrary: one<object>(
      { Action: 'sts:AssumeRole' },
      { Action: ['sts:TagSession'] },
    ),
  },
  one<object>(
    { Action: '*' },
    { Action: 'STS:assumerole' },
    { Action: 'sts:Tag*' },
    { Action: 'sts:SetSourceIdentity' },
    { NotAction: 'sts:TagSession' },
    { NotAction: ['sts:SetSourceIdentity'] },
  ),
);

const statement = (
  principal: fc.Arbitrary<unknown>,
  condition: ReturnType<typeof conditions>,
) =>
  fc
    .tuple(
      one('Allow', 'Allow', 'Allow', 'Deny'),
      fc.oneof(
        { weight: 30, arbitrary: principal.map(Principal => ({ Principal })) },
        principal.map(NotPrincipal => ({ NotPrincipal })),
      ),
      actions,
      block(condition),
    )
    .map(([Effect, who, what, when]) => ({ Effect, ...who, ...what, ...when }));

const FIRST = statement(firstPrincipal, conditions(FIRST_TEXTS, FIRST_ARNS));
const SECOND = statement(
  secondPrincipal,
  conditions(SECOND_TEXTS, SECOND_ARNS),
);

/** A random trust policy, and the request that it is judged for. */
export interface Trial {
  policy: { Version?: string; Statement: Record<string, unknown>[] };
  question: TrustQuestion;
}

/** The Sid that an edit for {@link QUESTION} gives its statement may be taken already. */
export const trials = (takenSid: string, now: number): fc.Arbitrary<Trial> =>
  fc
    .record({
      sessionTags: one(true, true, true, false),
      second: one(false, false, false, true),
      externalId: one(EXTERNAL_ID, EXTERNAL_ID, undefined),
      version: one<string | undefined>(
        '2012-10-17',
        '2012-10-17',
        '2012-10-17',
        '2012-10-17',
        '2008-10-17',
        undefined,
      ),
      sids: fc.shuffledSubarray(
        ['A', 'B', takenSid, takenSid === '' ? 'C' : `${takenSid}Tags`],
        { minLength: 4, maxLength: 4 },
      ),
    })
    .chain(({ sessionTags, second, externalId, version, sids }) =>
      fc
        .array(second ? SECOND : FIRST, {
          minLength: 1,
          maxLength: 4,
        })
        .map(statements => ({
          policy: {
            ...(version ? { Version: version } : {}),
            Statement: statements.map((each, index) => ({
              ...(index % 2 ? {} : { Sid: sids[index] }),
              ...each,
            })),
          },
          question: {
            ...QUESTION,
            sessionTags,
            now,
            ...(second ? { sourceRoleArn: SOURCE, externalId } : {}),
          },
        })),
    );

const UPPER = (text: string) => text.toUpperCase();
const LOWER = (text: string) => text.toLowerCase();

/** The same policy in another spelling: order, letter case of operators, keys and actions, lists of one. */
export const respelled = (
  policy: Trial['policy'],
): fc.Arbitrary<Trial['policy']> =>
  fc
    .tuple(
      fc.shuffledSubarray(policy.Statement, {
        minLength: policy.Statement.length,
        maxLength: policy.Statement.length,
      }),
      one(UPPER, LOWER),
      fc.boolean(),
    )
    .map(([statements, fold, lists]) => {
      const list = (value: unknown) =>
        lists && !Array.isArray(value) ? [value] : value;
      const refolded = (given: unknown) =>
        Object.fromEntries(
          Object.entries(given as Record<string, Record<string, unknown>>).map(
            ([operator, keys]) => [
              fold(operator),
              Object.fromEntries(
                Object.entries(keys)
                  .reverse()
                  .map(([key, values]) => [fold(key), list(values)]),
              ),
            ],
          ),
        );
      const folded = (given: unknown) =>
        [given].flat().map(text => fold(String(text)));
      return {
        ...policy,
        Statement: statements.map(
          ({ Action, NotAction, Condition, ...rest }) => ({
            ...rest,
            ...(Action ? { Action: folded(Action) } : {}),
            ...(NotAction ? { NotAction: folded(NotAction) } : {}),
            ...(Condition ? { Condition: refolded(Condition) } : {}),
          }),
        ),
      };
    });

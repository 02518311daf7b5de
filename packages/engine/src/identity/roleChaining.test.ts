import type { ClusterConfig } from '../clusters/types';
import { allowsRoleChaining } from './roleChaining';
import { consoleLinks, targetAssumePolicy } from './snippets';
import { parsePolicyDocument } from '../iam/policyDocument';

const TARGET = 'arn:aws:iam::444455556666:role/reader';

const allow = (Action: unknown, Resource: unknown, extra: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...extra,
});

describe('allowsRoleChaining', () => {
  it.each<[string, unknown[], 'yes' | 'no' | 'unknown']>([
    ['our own policy', targetAssumePolicy(TARGET).Statement, 'yes'],
    ['a wildcard', [allow('*', '*')], 'yes'],
    [
      'two statements',
      [allow('sts:AssumeRole', TARGET), allow(['sts:TagSession'], '*')],
      'yes',
    ],
    ['no TagSession', [allow('sts:AssumeRole', TARGET)], 'no'],
    ['another role', [allow('sts:*', `${TARGET}-2`)], 'no'],
    [
      'NotResource elsewhere',
      [{ Effect: 'Allow', Action: 'sts:*', NotResource: 'arn:x' }],
      'yes',
    ],
    [
      'NotAction',
      [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
      'yes',
    ],
    ['nothing', [], 'no'],
    [
      'a Deny',
      [
        allow('*', '*'),
        { Effect: 'Deny', Action: 'sts:TagSession', Resource: '*' },
      ],
      'no',
    ],
    [
      'a condition',
      [
        allow('sts:*', '*', {
          Condition: { Bool: { 'aws:SecureTransport': 'true' } },
        }),
      ],
      'unknown',
    ],
    [
      'a Deny with a condition',
      [
        allow('*', '*'),
        {
          Effect: 'Deny',
          Action: '*',
          Resource: '*',
          Condition: { Bool: { 'aws:ViaAWSService': 'false' } },
        },
      ],
      'unknown',
    ],
  ])('judges %s', (_, Statement, answer) => {
    expect(
      allowsRoleChaining([parsePolicyDocument({ Statement })], TARGET).answer,
    ).toBe(answer);
  });
});

describe('consoleLinks', () => {
  const cluster = (partition: string, region: string) =>
    ({ name: 'prod', partition, region } as ClusterConfig);

  it.each([
    [
      'aws',
      'eu-west-1',
      'https://eu-west-1.console.aws.amazon.com/eks/clusters/prod?region=eu-west-1',
    ],
    [
      'aws-cn',
      'cn-north-1',
      'https://cn-north-1.console.amazonaws.cn/eks/clusters/prod?region=cn-north-1',
    ],
    [
      'aws-us-gov',
      'us-gov-west-1',
      'https://us-gov-west-1.console.amazonaws-us-gov.com/eks/clusters/prod?region=us-gov-west-1',
    ],
    ['aws-iso', 'us-iso-east-1', undefined],
  ])('of %s', (partition, region, expected) => {
    const links = consoleLinks(cluster(partition, region));
    expect(links.cluster).toBe(expected);
  });

  it('name role and association too, where there is a console', () => {
    const links = consoleLinks(cluster('aws', 'eu-west-1'));
    expect(links.role('arn:aws:iam::1:role/x/y')).toMatch(/\/details\/y$/);
    expect(links.association('a-1')).toMatch(/pod-identity-associations\/a-1/);
    const none = consoleLinks(cluster('aws-iso', 'us-iso-east-1'));
    expect(none.role('arn:aws-iso:iam::1:role/y')).toBeUndefined();
    expect(none.association('a-1')).toBeUndefined();
  });
});

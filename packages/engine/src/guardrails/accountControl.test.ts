import { parsePolicyDocument } from '../iam/policyDocument';
import { powerOf } from './accountControl';

const allow = (Action: unknown) =>
  parsePolicyDocument({
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  });

describe('powerOf', () => {
  it.each([
    ['reading', allow(['s3:Get*', 'iam:List*'])],
    ['everything in one service', allow('s3:*')],
    ['a service-linked role', allow('iam:CreateServiceLinkedRole')],
    [
      'a deny of everything',
      parsePolicyDocument({
        Statement: { Effect: 'Deny', Action: '*', Resource: '*' },
      }),
    ],
  ])('is nothing for %s', (_, document) => {
    expect(powerOf(document)).toBeUndefined();
  });

  it.each([
    ['everything', allow('*'), /allows everything/],
    ['IAM', allow(['s3:Get*', 'iam:*']), /writing to IAM/],
    ['passing roles', allow('iam:PassRole'), /hand any role/],
    ['what a node may', allow('eks-auth:AssumeRoleForPodIdentity'), /eks-auth/],
    [
      'an exception',
      parsePolicyDocument({
        Statement: { Effect: 'Allow', NotAction: ['iam:*'], Resource: '*' },
      }),
      /^allows everything but iam:\*$/,
    ],
  ])('names %s', (_, document, reason) => {
    expect(powerOf(document)).toMatch(reason);
  });
});

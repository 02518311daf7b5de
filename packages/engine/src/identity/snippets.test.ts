import { parsePolicyDocument } from '../iam/policyDocument';
import { allowsRoleChaining } from './roleChaining';
import {
  installAgentCommand,
  targetAssumePolicy,
  targetTrustPolicy,
} from './snippets';
import { analyseTrustPolicy, type TrustQuestion } from './trustAnalysis';

const REF = {
  clusterArn: 'arn:aws-cn:eks:cn-north-1:111122223333:cluster/payments',
  namespace: 'shop',
  serviceAccount: 'api',
};
const SOURCE = 'arn:aws-cn:iam::111122223333:role/backstage/api';
const TARGET = 'arn:aws-cn:iam::444455556666:role/reader';

describe('the trust policy that the owner of a target role pastes', () => {
  const lets = (
    options: { sessionTags: boolean; externalId?: string },
    question: Partial<TrustQuestion> = {},
  ) =>
    analyseTrustPolicy(
      targetTrustPolicy(REF, { roleArn: SOURCE, ...options }),
      {
        ...REF,
        clusterName: 'payments',
        sourceRoleArn: SOURCE,
        ...options,
        ...question,
      },
    ).verdict;

  it('lets the role of the association in, for its service account only', () => {
    const tagged = { sessionTags: true };
    expect(lets(tagged)).toBe('allows');
    expect(lets(tagged, { sourceRoleArn: `${SOURCE}-2` })).toBe('denies');
    expect(lets(tagged, { serviceAccount: 'api-2' })).toBe('denies');
    expect(lets(tagged, { namespace: 'shop-2' })).toBe('denies');
    expect(lets(tagged, { clusterArn: `${REF.clusterArn}-2` })).toBe('denies');
    // The tags are what narrows it.
    expect(lets(tagged, { sessionTags: false })).toBe('denies');
  });

  it('asks for the external id where the session has no tags', () => {
    const untagged = { sessionTags: false, externalId: 'r/1/c/shop/api' };
    expect(lets(untagged)).toBe('allows');
    expect(lets(untagged, { externalId: 'r/1/c/shop/other' })).toBe('denies');
    expect(lets(untagged, { sourceRoleArn: `${SOURCE}-2` })).toBe('denies');
  });

  it('asks for the role alone where there is no external id yet', () => {
    const untagged = { sessionTags: false };
    expect(lets(untagged)).toBe('allows');
    expect(lets(untagged, { sourceRoleArn: `${SOURCE}-2` })).toBe('denies');
  });
});

it('our policy lets a role assume its target role and no other', () => {
  const document = parsePolicyDocument(targetAssumePolicy(TARGET));
  const documents = [{ document }];
  expect(allowsRoleChaining(documents, TARGET).answer).toBe('yes');
  expect(allowsRoleChaining(documents, `${TARGET}-2`).answer).toBe('no');
});

it('the command that installs the agent names cluster and region', () => {
  expect(
    installAgentCommand({ name: 'payments', region: 'eu-west-1' }).text,
  ).toBe(
    'aws eks create-addon --cluster-name payments --addon-name eks-pod-identity-agent --region eu-west-1',
  );
});

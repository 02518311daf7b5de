import type { AssociateInput } from 'backstage-plugin-eks-pod-identity-common';
import type { RolesOfAccount } from '../../aws/account';
import type { AssociationSettings } from '../../identity/associationSettings';
import { driftOf } from './drift';

const ROLE = 'arn:aws:iam::111122223333:role/api';
const OTHER = 'arn:aws:iam::111122223333:role/other';
const TARGET = 'arn:aws:iam::444455556666:role/data';
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const SQS = 'arn:aws:iam::aws:policy/AmazonSQSFullAccess';
const POLICY = { Version: '2012-10-17', Statement: [] };

const target = {
  clusterName: 'prod',
  namespace: 'payments',
  serviceAccount: 'api',
};

/** An account with the role, and what it holds. */
const rolesWith = (
  policies: { attached?: string[]; inline?: string[] } = {},
  arn = ROLE,
): RolesOfAccount =>
  new Map([
    [
      arn,
      {
        role: { arn } as any,
        policies: { attached: [], inline: [], ...policies },
      },
    ],
  ]);

const drift = (
  live: Partial<AssociationSettings>,
  input: Partial<AssociateInput> = {},
  roles?: RolesOfAccount,
) => driftOf(live, { input: { ...target, ...input }, roleArn: ROLE }, roles);

describe('where an association differs from the last associate', () => {
  it.each<
    [
      string,
      Partial<AssociationSettings>,
      Partial<AssociateInput>,
      string | undefined,
    ]
  >([
    [
      'is nothing where all is as it was asked',
      { roleArn: ROLE },
      {},
      undefined,
    ],
    [
      'is another role',
      { roleArn: OTHER },
      {},
      `The role is ${OTHER}; the last associate set ${ROLE}`,
    ],
    [
      'is not what was not seen',
      { roleArn: ROLE },
      { targetRoleArn: TARGET, sessionPolicy: POLICY },
      undefined,
    ],
    [
      'is not what the request left out',
      {
        roleArn: ROLE,
        targetRoleArn: TARGET,
        disableSessionTags: true,
        policy: '{}',
      },
      {},
      undefined,
    ],
    [
      'is a target role that has gone',
      { targetRoleArn: undefined },
      { targetRoleArn: TARGET },
      `The target role is none; the last associate set ${TARGET}`,
    ],
    [
      'is a target role that was cleared',
      { targetRoleArn: TARGET },
      { targetRoleArn: '' },
      `The target role is ${TARGET}; the last associate set none`,
    ],
    [
      'is session tags that were turned on',
      { disableSessionTags: false },
      { disableSessionTags: true },
      'Session tags are on; the last associate turned them off',
    ],
    [
      'is session tags that were turned off',
      { disableSessionTags: true },
      { disableSessionTags: false },
      'Session tags are off; the last associate turned them on',
    ],
    [
      'is a session policy that was to be none',
      { policy: '{}' },
      { sessionPolicy: '' },
      'There is a session policy; the last associate set none',
    ],
    [
      'is a session policy that has gone',
      { policy: undefined },
      { sessionPolicy: POLICY },
      'The session policy is gone since the last associate',
    ],
    [
      'is another session policy',
      { policy: '{"Version":"2012-10-17","Statement":[{}]}' },
      { sessionPolicy: POLICY },
      'The session policy is another one since the last associate',
    ],
    [
      'becomes one text',
      { roleArn: OTHER, disableSessionTags: true },
      { disableSessionTags: false },
      `The role is ${OTHER}; the last associate set ${ROLE}. Session tags are off; the last associate turned them on`,
    ],
  ])('%s', (_, live, input, expected) => {
    expect(drift(live, input)).toBe(expected);
  });

  const asked = {
    managedPolicyArns: [S3, SQS],
    inlinePolicies: { read: POLICY },
  };
  const INLINE = 'BackstageEksPodIdentity-read';

  it.each<[string, RolesOfAccount, string | undefined]>([
    [
      'are not there where the role has them all and more',
      rolesWith({ attached: [S3, SQS, 'more'], inline: [INLINE, 'more'] }),
      undefined,
    ],
    [
      'are named one by one',
      rolesWith({ attached: [S3], inline: ['read'] }),
      'The role no longer has AmazonSQSFullAccess, read, which the last associate gave it',
    ],
    ['are not known where no role was read', undefined, undefined],
    ['are not those of another role', rolesWith({}, OTHER), undefined],
  ])('policies that have gone %s', (_, roles, expected) => {
    expect(drift({ roleArn: ROLE }, asked, roles)).toBe(expected);
  });

  it('leaves the policies out where the role is another', () => {
    expect(drift({ roleArn: OTHER }, asked, rolesWith({}, OTHER))).toBe(
      `The role is ${OTHER}; the last associate set ${ROLE}`,
    );
  });

  it('needs no policies where the request gave none', () => {
    expect(drift({ roleArn: ROLE }, {}, rolesWith())).toBeUndefined();
  });
});

import { TestDatabases } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { verificationCreatePermission } from 'backstage-plugin-eks-pod-identity-common';
import { carryOut } from '../__testUtils__/byHand';
import {
  SandboxPortal,
  startSandboxPortal,
} from '../__testUtils__/sandboxBackend';
import {
  ADA,
  associate,
  BOB,
  Replica,
  teardown,
} from '../__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const STRANGER = 'user:default/stranger';
const READ_ONLY = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';

describe('what the role of an identity may do', () => {
  let portal: SandboxPortal;
  let replica: Replica;

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: ['payments-prod'] },
      clusters: [{ name: 'payments-prod', id: 'prod' }],
    });
    replica = await portal.start({
      knex: await databases.init('SQLITE_3'),
      deny: (user, permission) =>
        user === BOB && permission === verificationCreatePermission.name,
      // They allow everything, and so have decided nothing
      decide: user =>
        user === STRANGER || user === ADA
          ? { result: AuthorizeResult.ALLOW }
          : undefined,
      section: {
        guardrails: {
          inlinePolicies: true,
          managedPolicies: { allow: [READ_ONLY] },
        },
      },
    });
    await carryOut(
      replica.as(ADA),
      associate('till', {
        createServiceAccount: 'always',
        managedPolicyArns: [READ_ONLY],
        inlinePolicies: {
          receipts: {
            Version: '2012-10-17',
            Statement: {
              Effect: 'Allow',
              Action: ['s3:GetObject', 's3:ListBucket'],
              Resource: [
                'arn:aws:s3:::acme-payments-receipts',
                'arn:aws:s3:::acme-payments-receipts/*',
              ],
              Condition: { Bool: { 'aws:SecureTransport': 'true' } },
            },
          },
        },
      }),
    );
  });

  afterAll(async () => {
    if (replica) await carryOut(replica.as(ADA), teardown('till'));
    await portal?.stop();
  });

  const at = { cluster: 'prod', namespace: 'payments', serviceAccount: 'till' };

  it('is read from AWS and said in words, once for all who ask within a minute', async () => {
    const found = await replica.as(ADA).getPermissions(at);
    expect(found.policies).toEqual([
      expect.objectContaining({
        name: 'AmazonS3ReadOnlyAccess',
        arn: READ_ONLY,
        lines: expect.arrayContaining([
          {
            effect: 'allow',
            text: expect.stringMatching(/^reads everything in S3 \(Get\*/),
            conditions: [],
          },
        ]),
      }),
      expect.objectContaining({
        name: 'BackstageEksPodIdentity-receipts',
        lines: [
          {
            effect: 'allow',
            text: 'reads objects of acme-payments-receipts',
            conditions: ['aws:SecureTransport is true'],
          },
          {
            effect: 'allow',
            text: 'lists the objects of acme-payments-receipts',
            conditions: ['aws:SecureTransport is true'],
          },
        ],
      }),
    ]);
    expect(found.roleArn).toMatch(/role\/.*till/);
    const again = await replica.as(ADA).getPermissions(at);
    expect(again.readAt).toBe(found.readAt);
  });

  it('is not for those who are not allowed to verify it, and says what is not there', async () => {
    for (const user of [BOB, STRANGER]) {
      await expect(replica.as(user).getPermissions(at)).rejects.toMatchObject({
        statusCode: 403,
      });
    }
    await expect(
      replica
        .as('user:default/carol')
        .getPermissions({ ...at, serviceAccount: 'nobody' }),
    ).rejects.toMatchObject({ statusCode: 404 });
  });
});

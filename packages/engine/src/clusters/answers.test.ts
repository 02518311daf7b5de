import {
  CreatePodIdentityAssociationCommand,
  DescribePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
} from '@aws-sdk/client-iam';
import { startSandbox, type Sandbox, useEndpoint } from 'eks-sandbox';
import { classifyAwsError } from '../aws/errors';
import { portal } from './__testUtils__/portal';

describe('Answers of the services', () => {
  let sandbox: Sandbox;
  let restore: () => void;

  beforeAll(async () => {
    sandbox = await startSandbox({ scenario: 'empty' });
    await sandbox.createCluster({ name: 'payments-prod' });
    restore = useEndpoint(sandbox.awsEndpoint);
  });
  afterAll(async () => {
    restore();
    await sandbox.stop();
  });
  const admin = () => ({
    accessKeyId: sandbox.credentials.admin.accessKeyId,
    secretAccessKey: sandbox.credentials.admin.secretAccessKey,
  });

  it('are classified as the facts say', async () => {
    const { clusters } = portal({
      sandbox,
      keys: admin(),
      section: { pacing: { eksPerSecond: 50, iamPerSecond: 50 } },
    });
    const { eks, iam } = clusters.session('payments-prod', 'write').aws;
    const trust = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
        },
      ],
    });
    const role = { RoleName: 'rows', AssumeRolePolicyDocument: trust };
    const association = {
      clusterName: 'payments-prod',
      namespace: 'rows',
      serviceAccount: 'rows',
      roleArn: `arn:aws:iam::${sandbox.accountId}:role/rows`,
    };
    const seen: Record<string, unknown> = {};
    const row = async (name: string, work: Promise<unknown>) => {
      const info = await work.then(
        () => undefined,
        error => classifyAwsError(error),
      );
      seen[name] = info && [info.kind, info.code, info.status];
    };

    await row(
      'delete of a missing role',
      iam.send(new DeleteRoleCommand({ RoleName: 'rows' })),
    );
    await row(
      'association with a missing role',
      eks.send(new CreatePodIdentityAssociationCommand(association)),
    );
    await iam.send(new CreateRoleCommand(role));
    await row('role twice', iam.send(new CreateRoleCommand(role)));
    await row(
      'trust that is no policy',
      iam.send(
        new CreateRoleCommand({
          RoleName: 'rows-2',
          AssumeRolePolicyDocument: '{}',
        }),
      ),
    );
    await iam.send(
      new AttachRolePolicyCommand({
        RoleName: 'rows',
        PolicyArn: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
      }),
    );
    await row(
      'delete of a role that holds a policy',
      iam.send(new DeleteRoleCommand({ RoleName: 'rows' })),
    );
    await eks.send(new CreatePodIdentityAssociationCommand(association));
    await row(
      'association twice',
      eks.send(new CreatePodIdentityAssociationCommand(association)),
    );
    await row(
      'missing association',
      eks.send(
        new DescribePodIdentityAssociationCommand({
          clusterName: 'payments-prod',
          associationId: 'a-missing0123456789',
        }),
      ),
    );
    expect(seen).toEqual({
      'delete of a missing role': ['not-found', 'NoSuchEntity', 404],
      'association with a missing role': [
        'invalid',
        'InvalidParameterException',
        400,
      ],
      'role twice': ['conflict', 'EntityAlreadyExists', 409],
      'trust that is no policy': ['invalid', 'MalformedPolicyDocument', 400],
      'delete of a role that holds a policy': ['in-use', 'DeleteConflict', 409],
      'association twice': ['conflict', 'ResourceInUseException', 409],
      'missing association': ['not-found', 'ResourceNotFoundException', 404],
    });
    await clusters.close();
  });
});

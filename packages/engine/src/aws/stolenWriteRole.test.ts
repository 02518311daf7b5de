import {
  CreateRoleCommand,
  DeleteRoleCommand,
  IAMClient,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  EKSClient,
  TagResourceCommand,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { startSandbox, type Sandbox } from 'eks-sandbox';
import {
  changingPolicy,
  EDIT_TRUST_TAG,
  movingPolicy,
  proposedBoundary,
} from './portalRights';

const ACCOUNT = { partition: 'aws', accountId: '111122223333' };
const PORTAL = 'backstage.io/portal';
const OURS = { [PORTAL]: 'portal.example.com' };
const PLACE = {
  ...ACCOUNT,
  region: 'eu-west-1',
  clusterName: 'payments-prod',
  rolePath: '/backstage/',
  boundaryArn: proposedBoundary(ACCOUNT),
  portalId: 'portal.example.com',
};
const trusting = (AWS: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole' },
    ],
  });
const ANYTHING = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});

/**
 * Who has stolen the write role sends requests of their own, with the documented rights of that role and no more. The sandbox
 * answers them by what AWS documents of conditions: this shows what follows from that, and was not tried on AWS.
 */
describe('a stolen write role', () => {
  let sandbox: Sandbox;
  let iam: IAMClient;
  let eks: EKSClient;
  let arns: Record<'unbounded' | 'theirs' | 'ours', string>;

  beforeEach(async () => {
    sandbox = await startSandbox();
    const { aws, credentials, awsEndpoint, region } = sandbox;
    const to = { endpoint: awsEndpoint, region };
    aws.iam.updateRole(credentials.roles.write, {
      inline: {
        changing: changingPolicy(PLACE) as any,
        moving: movingPolicy(PLACE) as any,
      },
    });
    const put = (name: string, boundaryArn?: string, tags = {}) =>
      aws.iam.putRole({ name, path: '/backstage/', boundaryArn, tags }).arn;
    arns = {
      unbounded: put('unbounded'),
      theirs: put('theirs', PLACE.boundaryArn, { [PORTAL]: 'other.example' }),
      ours: put('ours', PLACE.boundaryArn, OURS),
    };
    const sts = new STSClient({ ...to, credentials: credentials.backstage });
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({
        RoleArn: credentials.roles.write,
        RoleSessionName: 'thief',
      }),
    );
    sts.destroy();
    const stolen = {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    };
    iam = new IAMClient({ ...to, credentials: stolen, maxAttempts: 1 });
    eks = new EKSClient({ ...to, credentials: stolen, maxAttempts: 1 });
  });
  afterEach(async () => {
    iam.destroy();
    eks.destroy();
    await sandbox.stop();
  });

  const expectDenied = (call: Promise<unknown>) =>
    expect(call).rejects.toThrow(/not authorized to perform/);
  const create = (name: string, tags: Record<string, string>) =>
    iam.send(
      new CreateRoleCommand({
        RoleName: name,
        Path: '/backstage/',
        AssumeRolePolicyDocument: trusting(ACCOUNT.accountId),
        PermissionsBoundary: PLACE.boundaryArn,
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    );
  const tag = (RoleName: string, Key: string, Value: string) =>
    iam.send(new TagRoleCommand({ RoleName, Tags: [{ Key, Value }] }));
  const associate = (serviceAccount: string, roleArn: string, more = {}) =>
    eks.send(
      new CreatePodIdentityAssociationCommand({
        clusterName: PLACE.clusterName,
        namespace: 'payments',
        serviceAccount,
        roleArn,
        ...more,
      }),
    );

  it.each(['unbounded', 'theirs'] as const)(
    'cannot take over a role below the path that its portal did not make: %s',
    async RoleName => {
      const { write } = sandbox.credentials.roles;
      const before = sandbox.aws.iam.role(arns[RoleName]);
      await expectDenied(
        iam.send(
          new UpdateAssumeRolePolicyCommand({
            RoleName,
            PolicyDocument: trusting(write),
          }),
        ),
      );
      await expectDenied(tag(RoleName, PORTAL, PLACE.portalId));
      await expectDenied(tag(RoleName, PORTAL.toUpperCase(), PLACE.portalId));
      await expectDenied(tag(RoleName, 'team', 'mine'));
      await expectDenied(
        iam.send(
          new PutRolePermissionsBoundaryCommand({
            RoleName,
            PermissionsBoundary: PLACE.boundaryArn,
          }),
        ),
      );
      await expectDenied(
        iam.send(
          new PutRolePolicyCommand({
            RoleName,
            PolicyName: 'anything',
            PolicyDocument: ANYTHING,
          }),
        ),
      );
      await expectDenied(iam.send(new DeleteRoleCommand({ RoleName })));
      expect(sandbox.aws.iam.role(arns[RoleName])).toEqual(before);
    },
  );

  it('edits the trust policies of roles alone that their owners tagged for its portal', async () => {
    const { aws, credentials } = sandbox;
    const PolicyDocument = trusting(credentials.roles.write);
    const put = (name: string, portalId?: string) => {
      aws.iam.putRole({
        name,
        path: '/shop/',
        tags: portalId ? { [EDIT_TRUST_TAG]: portalId } : {},
      });
      return iam.send(
        new UpdateAssumeRolePolicyCommand({ RoleName: name, PolicyDocument }),
      );
    };
    await put('opened', PLACE.portalId);
    const opened = aws.iam.roles().find(({ name }) => name === 'opened');
    expect(opened?.trust).toBe(PolicyDocument);
    await expectDenied(put('closed'));
    await expectDenied(put('of-another-portal', 'other.example'));
    for (const name of ['opened', 'closed']) {
      await expectDenied(tag(name, EDIT_TRUST_TAG, PLACE.portalId));
    }
    await expectDenied(
      iam.send(
        new PutRolePolicyCommand({
          RoleName: 'opened',
          PolicyName: 'anything',
          PolicyDocument: ANYTHING,
        }),
      ),
    );
    await expectDenied(iam.send(new DeleteRoleCommand({ RoleName: 'opened' })));
  });

  it('gives the tag to a role where it makes it, and neither takes nor changes it later', async () => {
    await expectDenied(create('untagged', {}));
    await expectDenied(create('another', { [PORTAL]: 'other.example' }));
    await create('made', { ...OURS, team: 'a' });
    await tag('made', 'team', 'b');
    await expectDenied(tag('made', PORTAL, 'other.example'));
    await expectDenied(tag('made', 'Backstage.io/Portal', 'other.example'));
    await iam.send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: 'made',
        PolicyDocument: trusting(ACCOUNT.accountId),
      }),
    );
    await iam.send(new DeleteRoleCommand({ RoleName: 'made' }));
    expect(sandbox.aws.iam.roles().map(({ name }) => name)).not.toContain(
      'made',
    );
  });

  it('leaves associations alone that its portal did not make', async () => {
    const { associationId, associationArn: resourceArn } =
      sandbox.aws.eks.putAssociation(PLACE.clusterName, {
        namespace: 'kube-system',
        serviceAccount: 'ebs-csi-controller-sa',
        roleArn: arns.theirs,
      });
    const it = { clusterName: PLACE.clusterName, associationId };
    await expectDenied(
      eks.send(new TagResourceCommand({ resourceArn, tags: OURS })),
    );
    await expectDenied(
      eks.send(
        new UpdatePodIdentityAssociationCommand({
          ...it,
          targetRoleArn: arns.ours,
        }),
      ),
    );
    await expectDenied(eks.send(new DeletePodIdentityAssociationCommand(it)));
    const left = sandbox.aws.eks.associations(PLACE.clusterName);
    expect(left).toContainEqual(
      expect.objectContaining({ associationId, tags: {} }),
    );
  });

  it('changes and deletes the associations that its portal made', async () => {
    const { association } = await associate('new', arns.ours, { tags: OURS });
    const { associationArn: resourceArn, associationId } = association!;
    const it = { clusterName: PLACE.clusterName, associationId };
    await eks.send(
      new TagResourceCommand({ resourceArn, tags: { team: 'a' } }),
    );
    await expectDenied(
      eks.send(
        new TagResourceCommand({
          resourceArn,
          tags: { [PORTAL]: 'other.example' },
        }),
      ),
    );
    await eks.send(
      new UpdatePodIdentityAssociationCommand({
        ...it,
        roleArn: arns.theirs,
      }),
    );
    await eks.send(new DeletePodIdentityAssociationCommand(it));
    const left = sandbox.aws.eks.associations(PLACE.clusterName);
    expect(left.map(one => one.associationId)).not.toContain(associationId);
  });

  it('passes no role to another cluster', async () => {
    const elsewhere = {
      ...PLACE,
      clusterName: sandbox
        .connections()
        .map(({ name }) => name)
        .find(name => name !== PLACE.clusterName)!,
    };
    sandbox.aws.iam.updateRole(sandbox.credentials.roles.write, {
      inline: {
        // As if it could make associations there
        associating: {
          Version: '2012-10-17',
          Statement: changingPolicy(elsewhere).Statement.filter(
            ({ Sid }) => Sid === 'CreateAssociations',
          ),
        } as any,
        changing: changingPolicy(PLACE) as any,
      },
    });
    await expect(
      associate('new', arns.ours, { clusterName: elsewhere.clusterName }),
    ).rejects.toThrow(/not authorized to perform: iam:PassRole/);
  });
});

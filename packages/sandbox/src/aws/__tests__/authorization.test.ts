import {
  CreateAddonCommand,
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  DescribeClusterCommand,
  DescribePodIdentityAssociationCommand,
  ListClustersCommand,
  ListPodIdentityAssociationsCommand,
} from '@aws-sdk/client-eks';
import {
  CreateRoleCommand,
  GetRoleCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
} from '@aws-sdk/client-iam';
import { PolicyDocument, Statement } from '../policy/document';
import { POD_IDENTITY_TRUST } from '../direct/iam';
import { Sandbox, startSandbox } from '../../sandbox';
import { Clients, errorOf, sdk } from '../../__testUtils__/clients';

const clusterName = 'payments-prod';
const CLUSTER = 'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod';
const ASSOCIATIONS =
  'arn:aws:eks:eu-west-1:111122223333:podidentityassociation/payments-prod';
let sandbox: Sandbox;
let opened: Clients[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ clusters: [clusterName], clockRate: 0 });
});
beforeEach(() => sandbox.reset());
afterEach(() => {
  opened.forEach(clients => clients.destroy());
  opened = [];
});
afterAll(() => sandbox.stop());

const policy = (...statements: Statement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
});
const allow = (
  Action: string | string[],
  Resource: string | string[] = '*',
  Condition?: Statement['Condition'],
): Statement => ({ Effect: 'Allow', Action, Resource, Condition });

/** A caller with exactly these statements. */
function caller(...statements: Statement[]) {
  const { user, key } = sandbox.aws.iam.putUser({
    name: 'portal-test',
    inline: statements.length ? { test: policy(...statements) } : {},
  });
  const clients = sdk(sandbox, key);
  opened.push(clients);
  return { ...clients, arn: user.arn };
}

const denial = (arn: string, action: string, resource: string) =>
  `User: ${arn} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;

describe('EKS asks for its actions on the right ARNs', () => {
  const newAssociation = () => {
    const role = sandbox.aws.iam.putRole({ name: 'app', path: '/backstage/' });
    return new CreatePodIdentityAssociationCommand({
      clusterName,
      namespace: 'default',
      serviceAccount: 'app',
      roleArn: role.arn,
    });
  };

  it('lists clusters on cluster/*, describes one on its ARN', async () => {
    const { eks, arn } = caller();
    const listing = await errorOf(eks.send(new ListClustersCommand({})));
    expect(listing.name).toBe('AccessDeniedException');
    expect(listing.$metadata.httpStatusCode).toBe(403);
    expect(listing.message).toBe(
      denial(
        arn,
        'eks:ListClusters',
        'arn:aws:eks:eu-west-1:111122223333:cluster/*',
      ),
    );
    const described = await errorOf(
      eks.send(new DescribeClusterCommand({ name: clusterName })),
    );
    expect(described.message).toBe(denial(arn, 'eks:DescribeCluster', CLUSTER));
  });

  it('creates and lists associations on the cluster, the rest on the association', async () => {
    const { eks, arn } = caller(allow('eks:*', CLUSTER), allow('iam:PassRole'));
    const { association } = await eks.send(newAssociation());
    await eks.send(new ListPodIdentityAssociationsCommand({ clusterName }));
    const associationId = association!.associationId!;
    for (const [action, command] of [
      [
        'eks:DescribePodIdentityAssociation',
        new DescribePodIdentityAssociationCommand({
          clusterName,
          associationId,
        }),
      ],
      [
        'eks:DeletePodIdentityAssociation',
        new DeletePodIdentityAssociationCommand({ clusterName, associationId }),
      ],
    ] as const) {
      const error = await errorOf(eks.send(command as any));
      expect(error.name).toBe('AccessDeniedException');
      expect(error.message).toBe(
        denial(arn, action, `${ASSOCIATIONS}/${associationId}`),
      );
    }
  });

  it('asks for iam:PassRole with the service that receives the role', async () => {
    const command = newAssociation();
    const without = caller(allow('eks:*'));
    const error = await errorOf(without.eks.send(command));
    expect(error.name).toBe('AccessDeniedException');
    expect(error.message).toBe(
      denial(without.arn, 'iam:PassRole', command.input.roleArn!),
    );
    const passing = (service: string) =>
      caller(
        allow('eks:*'),
        allow('iam:PassRole', 'arn:aws:iam::*:role/backstage/*', {
          StringEquals: { 'iam:PassedToService': service },
          ArnLike: { 'iam:AssociatedResourceArn': CLUSTER },
        }),
      );
    const other = passing('ec2.amazonaws.com');
    expect((await errorOf(other.eks.send(command))).message).toContain(
      'iam:PassRole',
    );
    const right = passing('pods.eks.amazonaws.com');
    expect((await right.eks.send(command)).association).toBeDefined();
  });

  it('asks for eks:TagResource only when tags are given', async () => {
    const command = newAssociation();
    const { eks } = caller(
      allow('eks:CreatePodIdentityAssociation'),
      allow('iam:PassRole'),
    );
    const tagged = new CreatePodIdentityAssociationCommand({
      ...command.input,
      tags: { team: 'x' },
    });
    expect((await errorOf(eks.send(tagged))).message).toContain(
      `eks:TagResource on resource: ${ASSOCIATIONS}/*`,
    );
    expect((await eks.send(command)).association).toBeDefined();
  });

  it('evaluates tag conditions', async () => {
    const byTag = allow(['eks:Describe*'], '*', {
      StringEquals: { 'aws:ResourceTag/team': 'payments' },
    });
    const { eks } = caller(byTag);
    const { cluster } = await eks.send(
      new DescribeClusterCommand({ name: clusterName }),
    );
    expect(cluster?.status).toBe('ACTIVE');
    sandbox.aws.eks.updateCluster(clusterName, { tags: { team: 'orders' } });
    const error = await errorOf(
      eks.send(new DescribeClusterCommand({ name: clusterName })),
    );
    expect(error.name).toBe('AccessDeniedException');
  });

  // As the IAM guide says of aws:ResourceTag; it was not tried on AWS, least of all for eks:TagResource
  it('counts the tags of a call that creates as those of the resource', async () => {
    const mine = { StringEquals: { 'aws:ResourceTag/team': 'payments' } };
    const { eks, iam } = caller(
      allow(['iam:CreateRole', 'eks:CreatePodIdentityAssociation']),
      allow(['iam:TagRole', 'eks:TagResource'], '*', mine),
      allow('iam:PassRole'),
    );
    const tagsOf = (team: string) => [{ Key: 'team', Value: team }];
    const create = (RoleName: string, team: string) =>
      iam.send(
        new CreateRoleCommand({
          RoleName,
          AssumeRolePolicyDocument: JSON.stringify(POD_IDENTITY_TRUST),
          Tags: tagsOf(team),
        }),
      );
    const associate = (serviceAccount: string, team: string) =>
      eks.send(
        new CreatePodIdentityAssociationCommand({
          clusterName,
          namespace: 'n',
          serviceAccount,
          roleArn: sandbox.aws.iam.putRole({
            name: 'plain',
            trust: POD_IDENTITY_TRUST,
          }).arn,
          tags: { team },
        }),
      );
    const tag = (RoleName: string) =>
      errorOf(
        iam.send(new TagRoleCommand({ RoleName, Tags: tagsOf('payments') })),
      );
    expect((await errorOf(create('theirs', 'orders'))).message).toContain(
      'iam:TagRole',
    );
    expect((await errorOf(associate('theirs', 'orders'))).message).toContain(
      'eks:TagResource',
    );
    expect((await create('ours', 'payments')).Role).toBeDefined();
    expect((await associate('ours', 'payments')).association).toBeDefined();
    expect((await tag('plain')).message).toContain('iam:TagRole');
  });

  it('names an explicit deny', async () => {
    const { eks, arn } = caller(allow('*'), {
      Effect: 'Deny',
      Action: 'eks:CreateAddon',
      Resource: '*',
    });
    const error = await errorOf(
      eks.send(
        new CreateAddonCommand({ clusterName, addonName: 'metrics-server' }),
      ),
    );
    expect(error.message).toBe(
      `User: ${arn} is not authorized to perform: eks:CreateAddon on resource: ${CLUSTER} with an explicit deny in an identity-based policy`,
    );
  });
});

describe('IAM asks for its actions on the right ARNs', () => {
  it('checks access on the full role ARN before it says whether the role exists', async () => {
    const { iam, arn } = caller();
    const created = await errorOf(
      iam.send(
        new CreateRoleCommand({
          RoleName: 'x',
          Path: '/backstage/',
          AssumeRolePolicyDocument: JSON.stringify(POD_IDENTITY_TRUST),
        }),
      ),
    );
    expect(created.name).toBe('AccessDenied');
    expect(created.$metadata.httpStatusCode).toBe(403);
    expect(created.message).toBe(
      denial(
        arn,
        'iam:CreateRole',
        'arn:aws:iam::111122223333:role/backstage/x',
      ),
    );
    const missing = await errorOf(
      iam.send(new GetRoleCommand({ RoleName: 'no-such-role' })),
    );
    expect(missing.message).toBe(
      denial(arn, 'iam:GetRole', 'arn:aws:iam::111122223333:role/no-such-role'),
    );
  });

  it('lets a policy require a boundary on every role that is created or changed', async () => {
    const boundary =
      'arn:aws:iam::111122223333:policy/backstage-workload-boundary';
    const { iam } = caller(
      allow(['iam:CreateRole', 'iam:PutRolePolicy'], '*', {
        StringEquals: { 'iam:PermissionsBoundary': boundary },
      }),
    );
    const wanted = {
      RoleName: 'bounded',
      AssumeRolePolicyDocument: JSON.stringify(POD_IDENTITY_TRUST),
    };
    expect((await errorOf(iam.send(new CreateRoleCommand(wanted)))).name).toBe(
      'AccessDenied',
    );
    await iam.send(
      new CreateRoleCommand({ ...wanted, PermissionsBoundary: boundary }),
    );
    const document = JSON.stringify(policy(allow('s3:*')));
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: 'bounded',
        PolicyName: 'p',
        PolicyDocument: document,
      }),
    );
    sandbox.aws.iam.putRole({ name: 'free' });
    const error = await errorOf(
      iam.send(
        new PutRolePolicyCommand({
          RoleName: 'free',
          PolicyName: 'p',
          PolicyDocument: document,
        }),
      ),
    );
    expect(error.name).toBe('AccessDenied');
  });
});

describe("a change of the caller's own policies", () => {
  it('takes effect once it has propagated', async () => {
    const { eks } = caller();
    const attempt = () => eks.send(new ListClustersCommand({}));
    sandbox.delays.iam = 6_000;
    sandbox.aws.iam.putPolicy({
      name: 'later',
      document: policy(allow('eks:ListClusters')),
    });
    expect((await errorOf(attempt())).name).toBe('AccessDeniedException');
    sandbox.aws.iam.putUser({
      name: 'portal-test',
      attached: ['arn:aws:iam::111122223333:policy/later'],
    });
    await sandbox.clock.advance(5_999);
    expect((await errorOf(attempt())).name).toBe('AccessDeniedException');
    await sandbox.clock.advance(1);
    expect((await attempt()).clusters).toEqual([clusterName]);
  });
});

describe("the portal's own roles", () => {
  it('allow reading and no more', async () => {
    const session = sandbox.aws.iam.sessionOf({
      roleArn: sandbox.credentials.roles.read,
    });
    const { eks, iam } = sdk(sandbox, session);
    await eks.send(new DescribeClusterCommand({ name: clusterName }));
    const { associations } = await eks.send(
      new ListPodIdentityAssociationsCommand({ clusterName }),
    );
    await eks.send(
      new DescribePodIdentityAssociationCommand({
        clusterName,
        associationId: associations![0].associationId,
      }),
    );
    await iam.send(new GetRoleCommand({ RoleName: 'payments-ledger' }));
    const error = await errorOf(
      eks.send(
        new DeletePodIdentityAssociationCommand({
          clusterName,
          associationId: associations![0].associationId,
        }),
      ),
    );
    expect(error.name).toBe('AccessDeniedException');
    expect(error.message).toMatch(
      /^User: arn:aws:sts::111122223333:assumed-role\/backstage-eks-read\/sandbox is not authorized to perform: eks:DeletePodIdentityAssociation/,
    );
    eks.destroy();
    iam.destroy();
  });
});

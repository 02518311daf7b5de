import {
  CreatePodIdentityAssociationCommand,
  CreatePodIdentityAssociationCommandInput,
  DeletePodIdentityAssociationCommand,
  DescribePodIdentityAssociationCommand,
  ListPodIdentityAssociationsCommand,
  TagResourceCommand,
  UpdatePodIdentityAssociationCommand,
  paginateListPodIdentityAssociations,
} from '@aws-sdk/client-eks';
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { POD_IDENTITY_TRUST, serviceTrust } from '../direct/iam';
import { Sandbox, startSandbox } from '../../sandbox';
import { Clients, errorOf, sdk } from '../../__testUtils__/clients';

const clusterName = 'payments-prod';
let sandbox: Sandbox;
let admin: Clients;
let roleArn: string;

beforeAll(async () => {
  sandbox = await startSandbox({ clusters: [clusterName], clockRate: 0 });
  admin = sdk(sandbox, sandbox.credentials.admin);
});
beforeEach(async () => {
  await sandbox.reset();
  sandbox.aws.set({ emptyStringClears: true, externalIdAlways: false });
  roleArn = sandbox.aws.iam.putRole({ name: 'app' }).arn;
});
afterAll(async () => {
  admin.destroy();
  await sandbox.stop();
});

const input = (
  more: Partial<CreatePodIdentityAssociationCommandInput> = {},
): CreatePodIdentityAssociationCommandInput => ({
  clusterName,
  namespace: 'default',
  serviceAccount: 'app',
  roleArn,
  ...more,
});
const create = async (
  more?: Partial<CreatePodIdentityAssociationCommandInput>,
) =>
  (await admin.eks.send(new CreatePodIdentityAssociationCommand(input(more))))
    .association!;
const describeOne = async (associationId: string) =>
  (
    await admin.eks.send(
      new DescribePodIdentityAssociationCommand({ clusterName, associationId }),
    )
  ).association!;
const list = async (filter: object = {}) =>
  (
    await admin.eks.send(
      new ListPodIdentityAssociationsCommand({ clusterName, ...filter }),
    )
  ).associations!;

describe('an association', () => {
  it('is shown in full by Create, Describe and Delete, and in brief by List', async () => {
    const tags = { 'backstage.io/managed-by': 'eks-pod-identity' };
    const made = await create({ tags });
    expect(made).toEqual({
      clusterName,
      namespace: 'default',
      serviceAccount: 'app',
      roleArn,
      associationArn: `arn:aws:eks:eu-west-1:111122223333:podidentityassociation/payments-prod/${made.associationId}`,
      associationId: expect.stringMatching(/^a-[a-z0-9]{17}$/),
      tags,
      createdAt: expect.any(Date),
      modifiedAt: made.createdAt,
      disableSessionTags: false,
    });
    expect(await describeOne(made.associationId!)).toEqual(made);
    const [thin] = await list({ namespace: 'default', serviceAccount: 'app' });
    expect(thin).toEqual({
      clusterName,
      namespace: 'default',
      serviceAccount: 'app',
      associationArn: made.associationArn,
      associationId: made.associationId,
    });
    const gone = await admin.eks.send(
      new DeletePodIdentityAssociationCommand({
        clusterName,
        associationId: made.associationId,
      }),
    );
    expect(gone.association).toEqual(made);
  });

  it('can be created before its namespace and service account exist', async () => {
    const made = await create({
      namespace: 'not-there',
      serviceAccount: 'neither.is-this',
    });
    expect(made.namespace).toBe('not-there');
  });

  it('is filtered by whole names only', async () => {
    await create({ namespace: 'a-b', serviceAccount: 'c' });
    await create({ namespace: 'a', serviceAccount: 'b-c' });
    await create({ namespace: 'a', serviceAccount: 'b' });
    expect(await list({ namespace: 'a' })).toHaveLength(2);
    expect(await list({ namespace: 'a', serviceAccount: 'b' })).toHaveLength(1);
    expect(await list({ namespace: 'a-b' })).toHaveLength(1);
  });

  it('exists at most once per service account', async () => {
    const made = await create();
    const error = await errorOf(create());
    expect(error.name).toBe('ResourceInUseException');
    expect(error.$metadata.httpStatusCode).toBe(409);
    expect(error.message).toBe(
      `Association already exists: ${made.associationId}`,
    );
  });

  it('is created once per request token, which cannot be reused for another request', async () => {
    const clientRequestToken = 'task-1-step-2';
    const made = await create({ clientRequestToken });
    expect(await create({ clientRequestToken })).toEqual(made);
    const error = await errorOf(
      create({ clientRequestToken, serviceAccount: 'other' }),
    );
    expect(error.name).toBe('InvalidParameterException');
    expect(await list({ namespace: 'default' })).toHaveLength(1);
  });

  it('names its owner when an add-on created it', async () => {
    const [owned] = await list({ serviceAccount: 'ebs-csi-controller-sa' });
    expect(owned.ownerArn).toMatch(
      /^arn:aws:eks:eu-west-1:111122223333:addon\/payments-prod\/aws-ebs-csi-driver\/[0-9a-f-]{36}$/,
    );
  });

  it('is listed in pages', async () => {
    sandbox.aws.eks.putAssociations(
      clusterName,
      Array.from({ length: 250 }, (_, index) => ({
        namespace: 'bulk',
        serviceAccount: `service-${index}`,
        roleArn,
      })),
    );
    const sizes: number[] = [];
    const seen = new Set<string>();
    for await (const page of paginateListPodIdentityAssociations(
      { client: admin.eks },
      { clusterName, namespace: 'bulk' },
    )) {
      sizes.push(page.associations!.length);
      page.associations!.forEach(a => seen.add(a.associationId!));
    }
    expect(sizes).toEqual([100, 100, 50]);
    expect(seen.size).toBe(250);
    expect(await list({ maxResults: 7, namespace: 'bulk' })).toHaveLength(7);
    for (const bad of [{ maxResults: 101 }, { nextToken: 'nonsense' }]) {
      expect((await errorOf(list(bad))).name).toBe('InvalidParameterException');
    }
  });

  it('counts towards the quota', async () => {
    sandbox.aws.set({ associationsPerCluster: 3 });
    await create({ serviceAccount: 'third' });
    const error = await errorOf(create({ serviceAccount: 'fourth' }));
    expect(error.name).toBe('ResourceLimitExceededException');
    sandbox.aws.set({ associationsPerCluster: 5_000 });
  });

  it('has tags that can be changed', async () => {
    const made = await create({ tags: { team: 'payments', old: 'yes' } });
    const resourceArn = made.associationArn;
    await admin.eks.send(
      new TagResourceCommand({ resourceArn, tags: { env: 'prod' } }),
    );
    expect((await describeOne(made.associationId!)).tags).toEqual({
      team: 'payments',
      old: 'yes',
      env: 'prod',
    });
  });
});

describe('the role of an association', () => {
  it('must exist', async () => {
    const error = await errorOf(
      create({ roleArn: 'arn:aws:iam::111122223333:role/none' }),
    );
    expect(error.name).toBe('InvalidParameterException');
    expect(error.message).toBe('Role provided in the request does not exist.');
  });

  it('must be given with its path', async () => {
    const { arn } = sandbox.aws.iam.putRole({ name: 'web', path: '/apps/' });
    const error = await errorOf(
      create({ roleArn: arn.replace('/apps/', '/') }),
    );
    expect(error.message).toBe('Role provided in the request does not exist.');
    expect((await create({ roleArn: arn })).roleArn).toBe(arn);
  });

  it('is found only after IAM has propagated it', async () => {
    sandbox.delays.iam = 8_000;
    const { Role } = await admin.iam.send(
      new CreateRoleCommand({
        RoleName: 'fresh',
        AssumeRolePolicyDocument: JSON.stringify(POD_IDENTITY_TRUST),
      }),
    );
    const attempt = () => create({ roleArn: Role!.Arn });
    expect((await errorOf(attempt())).message).toBe(
      'Role provided in the request does not exist.',
    );
    await sandbox.clock.advance(7_999);
    expect((await errorOf(attempt())).message).toBe(
      'Role provided in the request does not exist.',
    );
    await sandbox.clock.advance(1);
    expect((await attempt()).roleArn).toBe(Role!.Arn);
  });

  it('is still found for a while after its deletion', async () => {
    sandbox.delays.iam = 5_000;
    await admin.iam.send(new DeleteRoleCommand({ RoleName: 'app' }));
    expect((await create()).roleArn).toBe(roleArn);
    await sandbox.clock.advance(5_000);
    expect((await errorOf(create({ serviceAccount: 'two' }))).message).toBe(
      'Role provided in the request does not exist.',
    );
  });

  it.each([
    ['ec2 alone', serviceTrust('ec2.amazonaws.com')],
    [
      'Pod Identity for tags alone',
      serviceTrust('pods.eks.amazonaws.com', ['sts:TagSession']),
    ],
    [
      'an OIDC provider',
      {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow' as const,
          Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/x' },
          Action: 'sts:AssumeRoleWithWebIdentity',
        },
      },
    ],
  ])('is refused when its trust policy names %s', async (_name, trust) => {
    sandbox.aws.iam.putRole({ name: 'app', trust });
    const error = await errorOf(create());
    expect(error.name).toBe('InvalidParameterException');
    expect(error.message).toBe('Trust policy of the role provided is invalid');
  });

  it('is not refused for conditions or a missing sts:TagSession, which fail only in the pod', async () => {
    sandbox.aws.iam.putRole({
      name: 'app',
      trust: {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: {
            StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'other' },
          },
        },
      },
    });
    expect((await create()).roleArn).toBe(roleArn);
  });

  it('is checked against the propagated trust policy', async () => {
    sandbox.delays.iam = 3_000;
    await admin.iam.send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: 'app',
        PolicyDocument: JSON.stringify(serviceTrust('ec2.amazonaws.com')),
      }),
    );
    const made = await create();
    await sandbox.clock.advance(3_000);
    const error = await errorOf(
      admin.eks.send(
        new UpdatePodIdentityAssociationCommand({
          clusterName,
          associationId: made.associationId,
          roleArn,
        }),
      ),
    );
    expect(error.message).toBe('Trust policy of the role provided is invalid');
  });

  it('cannot belong to another account', async () => {
    const error = await errorOf(
      create({ roleArn: 'arn:aws:iam::444455556666:role/data' }),
    );
    expect(error.name).toBe('AccessDeniedException');
    expect(error.message).toBe('Cross-account pass role is not allowed.');
  });
});

describe('an update', () => {
  const update = async (associationId: string, change: object) =>
    (
      await admin.eks.send(
        new UpdatePodIdentityAssociationCommand({
          clusterName,
          associationId,
          ...change,
        }),
      )
    ).association!;
  const targetRoleArn = 'arn:aws:iam::444455556666:role/data/reader';
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:Get*', Resource: '*' }],
  });

  it('changes role and settings, keeps the rest, and moves modifiedAt', async () => {
    const made = await create({ tags: { a: 'b' } });
    await sandbox.clock.advance(10_000);
    const other = sandbox.aws.iam.putRole({ name: 'other' });
    const updated = await update(made.associationId!, {
      roleArn: other.arn,
      disableSessionTags: true,
    });
    expect(updated).toEqual({
      ...made,
      roleArn: other.arn,
      disableSessionTags: true,
      modifiedAt: new Date(made.modifiedAt!.getTime() + 10_000),
    });
  });

  it('must change something', async () => {
    const { associationId } = await create();
    expect((await errorOf(update(associationId!, {}))).name).toBe(
      'InvalidParameterException',
    );
  });

  it('gives a target role an external ID when session tags are off', async () => {
    const { associationId } = await create({ targetRoleArn });
    expect((await describeOne(associationId!)).externalId).toBeUndefined();
    const updated = await update(associationId!, { disableSessionTags: true });
    expect(updated.externalId).toBe(
      'eu-west-1/111122223333/payments-prod/default/app',
    );
    expect(updated.targetRoleArn).toBe(targetRoleArn);
  });

  it('clears target role and policy with an empty string, if EKS allows that', async () => {
    const { associationId } = await create({
      targetRoleArn,
      policy,
      disableSessionTags: true,
    });
    sandbox.aws.set({ emptyStringClears: false });
    expect(
      await update(associationId!, { targetRoleArn: '', policy: '' }),
    ).toMatchObject({ targetRoleArn, policy });
    sandbox.aws.set({ emptyStringClears: true });
    const cleared = await update(associationId!, {
      targetRoleArn: '',
      policy: '',
    });
    expect(cleared.targetRoleArn).toBeUndefined();
    expect(cleared.policy).toBeUndefined();
    expect(cleared.externalId).toBeUndefined();
  });

  it('cannot turn session tags on while a session policy remains', async () => {
    const { associationId } = await create({
      policy,
      disableSessionTags: true,
    });
    const error = await errorOf(
      update(associationId!, { disableSessionTags: false }),
    );
    expect(error.name).toBe('InvalidParameterException');
    expect((await errorOf(create({ policy }))).name).toBe(
      'InvalidParameterException',
    );
  });
});

describe('a delete', () => {
  const remove = (associationId: string) =>
    admin.eks.send(
      new DeletePodIdentityAssociationCommand({ clusterName, associationId }),
    );

  it('is eventually consistent: Describe finds nothing while Create still conflicts', async () => {
    sandbox.delays.associationDelete = 4_000;
    const made = await create();
    await remove(made.associationId!);
    const described = await errorOf(describeOne(made.associationId!));
    expect(described.name).toBe('ResourceNotFoundException');
    expect((await errorOf(remove(made.associationId!))).name).toBe(
      'ResourceNotFoundException',
    );
    expect(await list({ namespace: 'default' })).toHaveLength(1);
    expect((await errorOf(create())).message).toBe(
      `Association already exists: ${made.associationId}`,
    );
    await sandbox.clock.advance(4_000);
    expect(await list({ namespace: 'default' })).toEqual([]);
    expect((await create()).associationId).not.toBe(made.associationId);
  });

  it('refuses an invalid association ID', async () => {
    const error = await errorOf(describeOne('nonsense'));
    expect(error.name).toBe('InvalidParameterException');
    expect(error.message).toBe(
      'The parameter associationId should be 19 characters long.',
    );
    expect((await errorOf(describeOne('a-aaaaaaaaaaaaaaaaa'))).name).toBe(
      'ResourceNotFoundException',
    );
  });
});

describe('bad input', () => {
  it.each<[string, object]>([
    ['a namespace in capitals', { namespace: 'Payments' }],
    ['a service account with a slash', { serviceAccount: 'a/b' }],
    ['no namespace', { namespace: '' }],
    ['an invalid role ARN', { roleArn: 'app' }],
    ['an invalid target role ARN', { targetRoleArn: 'data' }],
    ['a reserved tag', { tags: { 'aws:x': 'y' } }],
    ['an invalid session policy', { policy: '{}', disableSessionTags: true }],
  ])('%s is an InvalidParameterException', async (_name, bad) => {
    const before = await list();
    const error = await errorOf(create(bad));
    expect(error.name).toBe('InvalidParameterException');
    expect(error.$metadata.httpStatusCode).toBe(400);
    expect(await list()).toEqual(before);
  });

  it('an unknown cluster is a ResourceNotFoundException', async () => {
    const error = await errorOf(create({ clusterName: 'nowhere' }));
    expect(error.name).toBe('ResourceNotFoundException');
    expect(error.message).toBe('No cluster found for name: nowhere.');
    expect(error.clusterName).toBe('nowhere');
  });

  it('a cluster that is not active is an InvalidRequestException', async () => {
    sandbox.aws.eks.updateCluster(clusterName, { status: 'CREATING' });
    expect((await errorOf(create())).name).toBe('InvalidRequestException');
  });
});

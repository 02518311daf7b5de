import {
  DeletePodIdentityAssociationCommand,
  EKSClient,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks';
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type {
  IdentityParts,
  PodIdentityEvidenceSource,
} from 'backstage-plugin-eks-pod-identity-common';
import { portalRoles } from '../clusters/portalRoles';
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { type ChangesRequest, changesRead } from './changes';
import { cloudTrailSource } from './cloudTrail';

const REF = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};
const MINUTE = 60_000;
const READ_ONLY = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const policyOf = (action: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
  });

describe('who changed an identity of a cluster in Frankfurt, over the wire', () => {
  let world: VerifyWorld;
  let eks: EKSClient;
  let iam: IAMClient;
  let proven: IdentityParts;
  let from: Date;
  let roleName: string;
  let trust: string;

  beforeAll(async () => {
    world = await VerifyWorld.start({ region: 'eu-central-1', clockRate: 0 });
    const { admin } = world.sandbox.credentials;
    const common = {
      endpoint: world.sandbox.awsEndpoint,
      region: world.sandbox.region,
      credentials: admin,
    };
    eks = new EKSClient(common);
    iam = new IAMClient(common);
  });
  beforeEach(async () => {
    await world.sandbox.reset();
    world.sandbox.aws.set({ lookupsPerSecond: 1_000 });
    await world.sandbox.clock.advance(20 * MINUTE);
    const report = await world.verify({ ref: REF });
    proven = report.parts!;
    roleName = proven.role!.arn.split('/').pop()!;
    trust = JSON.stringify(
      JSON.parse(world.sandbox.aws.iam.role(proven.role!.arn).trust as string),
    );
    from = new Date(report.startedAt);
    await world.sandbox.clock.advance(MINUTE);
  });
  afterAll(async () => {
    eks.destroy();
    iam.destroy();
    await world.stop();
  });

  const request = (now: IdentityParts): ChangesRequest => ({
    ref: REF,
    cluster: world.clusters.get(REF.cluster),
    before: proven,
    now,
    portalRoles: portalRoles(world.clusters),
    from,
    until: new Date(world.clock.now()),
    signal: new AbortController().signal,
  });
  const look = async (more: Partial<ChangesRequest> = {}) => {
    await world.sandbox.clock.advance(20 * MINUTE);
    const { parts } = await world.verify({ ref: REF });
    return changesRead(
      cloudTrailSource(world.clusters),
      { ...request(parts!), ...more },
      world.clock,
    );
  };
  const told = async (more?: Partial<ChangesRequest>) => {
    const { events, ...rest } = await look(more);
    return { ...rest, events: events.map(({ what, by }) => `${what} ${by}`) };
  };
  const named = () => ({
    clusterName: 'payments-prod',
    associationId: proven.association!.id,
  });

  it('is found for the association in its region, and for the role in us-east-1', async () => {
    const made = await iam.send(
      new CreateRoleCommand({
        RoleName: 'other',
        AssumeRolePolicyDocument: trust,
      }),
    );
    await world.sandbox.clock.advance(MINUTE);
    await eks.send(
      new UpdatePodIdentityAssociationCommand({
        ...named(),
        roleArn: made.Role!.Arn,
      }),
    );
    const at = new Date(
      Math.floor(world.clock.now() / 1000) * 1000,
    ).toISOString();
    await world.sandbox.clock.advance(MINUTE);
    await iam.send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: 'other',
        PolicyDocument: trust.replace('pods.eks', 'ec2'),
      }),
    );
    // Of the role that is not its own any more, and what failed
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: roleName,
        PolicyName: 'x',
        PolicyDocument: policyOf('s3:GetObject'),
      }),
    );
    await expect(
      iam.send(new DeleteRoleCommand({ RoleName: 'gone' })),
    ).rejects.toThrow();
    const { events, lack } = await look();
    expect(lack).toBeUndefined();
    expect(events.map(({ what }) => what)).toEqual([
      'Trust policy of other replaced.',
      `Association given another role: other, not ${roleName}.`,
      'Role other created.',
    ]);
    expect(events[1]).toEqual({
      at,
      what: expect.any(String),
      by: 'platform-admin',
    });
  });

  it('is found for policies, those that failed left out', async () => {
    const { Policy } = await iam.send(
      new CreatePolicyCommand({
        PolicyName: 'receipts',
        PolicyDocument: policyOf('s3:GetObject'),
      }),
    );
    const PolicyArn = Policy!.Arn!;
    await iam.send(
      new AttachRolePolicyCommand({ RoleName: roleName, PolicyArn }),
    );
    await world.sandbox.clock.advance(MINUTE);
    await iam.send(
      new CreatePolicyVersionCommand({
        PolicyArn,
        PolicyDocument: policyOf('s3:PutObject'),
        SetAsDefault: true,
      }),
    );
    await world.sandbox.clock.advance(MINUTE);
    await expect(
      iam.send(
        new DetachRolePolicyCommand({
          RoleName: roleName,
          PolicyArn: READ_ONLY.replace('ReadOnly', 'Full'),
        }),
      ),
    ).rejects.toThrow();
    expect(await told()).toEqual({
      events: [
        'Policy receipts changed. platform-admin',
        `Policy receipts attached to ${roleName}. platform-admin`,
      ],
    });
  });

  it('is found where the association is gone', async () => {
    await eks.send(new DeletePodIdentityAssociationCommand(named()));
    expect(await told()).toEqual({
      events: ['Association deleted. platform-admin'],
    });
  });

  it('is found behind more reads of the role than are looked through', async () => {
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: roleName,
        PolicyName: 'x',
        PolicyDocument: policyOf('s3:GetObject'),
      }),
    );
    await world.sandbox.clock.advance(MINUTE);
    for (let read = 0; read < 160; read++) {
      await iam.send(new GetRoleCommand({ RoleName: roleName }));
    }
    expect(await told()).toEqual({
      events: [`Inline policy x of ${roleName} written. platform-admin`],
    });
  });

  it('is not searched for outside of the time', async () => {
    await eks.send(new DeletePodIdentityAssociationCommand(named()));
    await world.sandbox.clock.advance(MINUTE);
    from = new Date(world.clock.now());
    expect(await told()).toEqual({ events: [] });
  });

  it('says which region it was not allowed to search, and tells the rest', async () => {
    const { aws, credentials } = world.sandbox;
    await eks.send(new DeletePodIdentityAssociationCommand(named()));
    const inline = Object.entries(aws.iam.role(credentials.roles.read).inline);
    aws.iam.updateRole(credentials.roles.read, {
      inline: {
        ...Object.fromEntries(
          inline.map(([name, text]) => [name, JSON.parse(text)]),
        ),
        elsewhere: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Deny',
              Action: 'cloudtrail:*',
              Resource: '*',
              Condition: {
                StringEquals: { 'aws:RequestedRegion': 'us-east-1' },
              },
            },
          ],
        },
      },
    });
    expect(await told()).toEqual({
      events: ['Association deleted. platform-admin'],
      lack: 'CloudTrail was not searched in us-east-1: The read role is not allowed to call cloudtrail:LookupEvents in us-east-1.',
    });
  });

  it('ends when its time is over, and says so', async () => {
    const silent: PodIdentityEvidenceSource = {
      id: 'silent',
      // eslint-disable-next-line require-yield
      async *read({ signal }) {
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      },
    };
    const late = changesRead(silent, request(proven), {
      now: () => world.clock.now(),
      sleep: async () => undefined,
    });
    expect(await late).toEqual({
      events: [],
      lack: 'CloudTrail was not searched in us-east-1: it took longer than 20 s.',
    });
  });

  it('throws where its run is stopped', async () => {
    const stopped = new AbortController();
    stopped.abort(new Error('stopped'));
    await expect(look({ signal: stopped.signal })).rejects.toThrow('stopped');
  });
});

import {
  LookupAttribute,
  LookupEventsCommand,
  LookupEventsCommandInput,
} from '@aws-sdk/client-cloudtrail';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { ListBucketsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
} from '@aws-sdk/client-sts';
import { AwsSide, createAwsSide } from '..';
import { ClusterKey } from '../../core/contract';
import { Core, createCore } from '../../core/core';
import {
  MAIN_ACCOUNT,
  MAIN_REGION,
  SECOND_ACCOUNT,
  SandboxCredentials,
  seedAccounts,
  seedNodeRole,
} from '../../seed/accounts';
import { createTokenIssuer } from '../../__testUtils__/tokenIssuer';
import { Clients, Keys, errorOf, sdk } from '../../__testUtils__/clients';
import { AwsDirect } from '../direct';
import { kubernetesBridge } from '../kubernetesBridge';
import { Trail } from '../state/trail';
import { AssociationRecord } from '../state/types';

const CLUSTER = 'orders-production';
const who = { namespace: 'shop', serviceAccount: 'cart' };
const INSTANCE = 'i-0b64a233926c6200c';
const DAY = 86_400_000;

let core: Core;
let side: AwsSide;
let aws: AwsDirect;
let credentials: SandboxCredentials;
let issuer: Awaited<ReturnType<typeof createTokenIssuer>>;
let key: ClusterKey;
let nodeRoleArn: string;
let admin: Clients;
const opened: Clients[] = [];

const clients = (keys: Keys, region = MAIN_REGION) => {
  const made = sdk({ awsEndpoint: side.world.endpointUrl, region }, keys);
  opened.push(made);
  return made;
};

beforeAll(async () => {
  issuer = await createTokenIssuer();
  core = createCore({ clockRate: 0 });
  side = createAwsSide(core, async () => undefined);
  side.world.kubernetes = issuer.kubernetes;
  aws = new AwsDirect(side.world, MAIN_ACCOUNT, MAIN_REGION);
  credentials = seedAccounts(aws);
  nodeRoleArn = seedNodeRole(aws, 'nodes');
  aws.eks.putCluster({ name: CLUSTER });
  key = aws.eks.key(CLUSTER);
  const port = await side.server.listen(0);
  side.world.endpointUrl = `http://127.0.0.1:${port}`;
  admin = clients(credentials.admin);
});
beforeEach(() => {
  side.world.trail.restore([]);
  aws.set({ lookupsPerSecond: 1_000 });
  core.delays.cloudTrail = 0;
  core.delays.roleLastUsed = 0;
});
afterAll(async () => {
  opened.forEach(one => one.destroy());
  await side.server.close();
});

const lookup = (input: LookupEventsCommandInput = {}, by = admin) =>
  by.cloudTrail.send(new LookupEventsCommand(input));

/** The events of one attribute, each with its whole content. */
async function eventsOf(
  AttributeKey: LookupAttribute['AttributeKey'],
  AttributeValue: string,
  by = admin,
) {
  const { Events } = await lookup(
    { LookupAttributes: [{ AttributeKey, AttributeValue }] },
    by,
  );
  return Events!.map(event => ({
    ...event,
    content: JSON.parse(event.CloudTrailEvent!),
  }));
}

function associate(
  name: string,
  more: Partial<AssociationRecord> = {},
  trust?: object,
) {
  for (const one of aws.eks.associations(CLUSTER)) {
    aws.eks.deleteAssociation(CLUSTER, one.associationId);
  }
  const role = aws.iam.putRole({
    name,
    ...(trust && { trust: trust as any }),
    attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
  });
  aws.eks.putAssociation(CLUSTER, { ...who, roleArn: role.arn, ...more });
  return role;
}

async function ask() {
  return kubernetesBridge(side.world).assumeRoleForPodIdentity(key, {
    nodeRoleArn,
    instanceId: INSTANCE,
    token: await issuer.token(key, who),
  });
}

async function podKeys() {
  const answer = await ask();
  if (!answer.ok) throw new Error(answer.message);
  return answer.credentials;
}

describe('a pod that obtains its role', () => {
  it('leaves the event of EKS Auth, which names the cluster and the node', async () => {
    associate('cart-a');
    await podKeys();
    const [event, ...others] = await eventsOf('Username', INSTANCE);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      EventName: 'AssumeRoleForPodIdentity',
      EventSource: 'eks-auth.amazonaws.com',
      ReadOnly: 'true',
      Resources: [{ ResourceType: 'AWS::EKS::Cluster', ResourceName: CLUSTER }],
      AccessKeyId: expect.stringMatching(/^ASIA/),
    });
    expect(event.content).toMatchObject({
      eventVersion: '1.09',
      userIdentity: {
        type: 'AssumedRole',
        arn: `arn:aws:sts::${MAIN_ACCOUNT}:assumed-role/nodes/${INSTANCE}`,
        accessKeyId: event.AccessKeyId,
        sessionContext: {
          sessionIssuer: { type: 'Role', arn: nodeRoleArn, userName: 'nodes' },
          ec2RoleDelivery: '2.0',
        },
      },
      userAgent: expect.stringMatching(/^aws-sdk-go-v2\/.* api\/eksauth#/),
      requestParameters: {
        clusterName: CLUSTER,
        token: 'HIDDEN_DUE_TO_SECURITY_REASONS',
      },
      responseElements: null,
      readOnly: true,
      managementEvent: true,
      eventCategory: 'Management',
      tlsDetails: {
        clientProvidedHostHeader: `eks-auth.${MAIN_REGION}.api.aws`,
      },
    });
    expect(event.content).not.toHaveProperty('errorCode');
  });

  it('leaves the event of STS, whose tags name the pod', async () => {
    const role = associate('cart-b');
    const { accessKeyId, sessionToken } = await podKeys();
    const [event] = await eventsOf('ResourceName', role.arn);
    const { content } = event;
    const session = content.requestParameters.roleSessionName;
    const arn = `arn:aws:sts::${MAIN_ACCOUNT}:assumed-role/cart-b/${session}`;
    expect(session).toMatch(/^eks-orders-pro-app-6c9f-x-[0-9a-f-]{36}$/);
    expect(event).toMatchObject({
      EventName: 'AssumeRole',
      EventSource: 'sts.amazonaws.com',
    });
    expect(event.Username).toBeUndefined();
    expect(event.AccessKeyId).toBeUndefined();
    expect(event.Resources).toEqual(
      expect.arrayContaining([
        { ResourceType: 'AWS::IAM::Role', ResourceName: role.arn },
        { ResourceType: 'AWS::IAM::AccessKey', ResourceName: accessKeyId },
        { ResourceType: 'AWS::STS::AssumedRole', ResourceName: session },
        { ResourceType: 'AWS::STS::AssumedRole', ResourceName: arn },
        {
          ResourceType: 'AWS::STS::AssumedRole',
          ResourceName: `${role.roleId}:${session}`,
        },
      ]),
    );
    const tags = Object.fromEntries(
      content.requestParameters.tags.map((tag: any) => [tag.key, tag.value]),
    );
    expect(tags).toEqual({
      'eks-cluster-arn': `arn:aws:eks:${MAIN_REGION}:${MAIN_ACCOUNT}:cluster/${CLUSTER}`,
      'eks-cluster-name': CLUSTER,
      'kubernetes-namespace': 'shop',
      'kubernetes-service-account': 'cart',
      'kubernetes-pod-name': 'app-6c9f-x2x2x',
      'kubernetes-pod-uid': 'pod-uid',
    });
    expect(content).toMatchObject({
      eventVersion: '1.08',
      userIdentity: {
        type: 'AWSService',
        invokedBy: 'pods.eks.amazonaws.com',
      },
      sourceIPAddress: 'pods.eks.amazonaws.com',
      userAgent: 'pods.eks.amazonaws.com',
      requestParameters: {
        roleArn: role.arn,
        durationSeconds: 21_600,
        transitiveTagKeys: Object.keys(tags),
      },
      responseElements: {
        credentials: {
          accessKeyId,
          sessionToken,
          expiration: expect.stringMatching(
            /^[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M$/,
          ),
        },
        assumedRoleUser: { arn, assumedRoleId: `${role.roleId}:${session}` },
        packedPolicySize: expect.any(Number),
      },
    });
    const [same] = await eventsOf('ResourceName', accessKeyId);
    expect(same.EventId).toBe(event.EventId);
  });

  it('is refused in one event that says what the pod saw, without a word of it', async () => {
    const role = associate(
      'cart-c',
      {},
      {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { Service: 'ec2.amazonaws.com' },
          Action: 'sts:AssumeRole',
        },
      },
    );
    expect((await ask()).ok).toBe(false);
    const [event] = await eventsOf('EventSource', 'eks-auth.amazonaws.com');
    expect(event.content).toMatchObject({
      errorCode: 'AccessDenied',
      errorMessage:
        'Unauthorized Exception! EKS does not have permissions to assume the associated role.',
    });
    expect(event.CloudTrailEvent).not.toContain('shop');
    expect(await eventsOf('ResourceName', role.arn)).toEqual([]);
  });

  it('has no tags in its event where they are off', async () => {
    const role = associate('cart-d', { disableSessionTags: true });
    await podKeys();
    const [{ content }] = await eventsOf('ResourceName', role.arn);
    expect(content.requestParameters).toEqual({
      roleArn: role.arn,
      roleSessionName: expect.stringMatching(/^eks-/),
      durationSeconds: 21_600,
    });
  });

  it('goes on to a target role in a second event, in both accounts', async () => {
    const source = `arn:aws:iam::${MAIN_ACCOUNT}:role/cart-e`;
    aws.iam.putRole({
      name: 'cart-e',
      inline: {
        hop: {
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Action: ['sts:AssumeRole', 'sts:TagSession'],
            Resource: '*',
          },
        },
      },
    });
    const target = aws.iam.putRole({
      accountId: SECOND_ACCOUNT,
      name: 'cart-target',
      trust: {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { AWS: source },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
        },
      },
    });
    for (const one of aws.eks.associations(CLUSTER)) {
      aws.eks.deleteAssociation(CLUSTER, one.associationId);
    }
    aws.eks.putAssociation(CLUSTER, {
      ...who,
      roleArn: source,
      targetRoleArn: target.arn,
    });
    const { accessKeyId } = await podKeys();
    const [first] = await eventsOf('ResourceName', source);
    expect(first.content.requestParameters.durationSeconds).toBe(3600);
    const [second] = await eventsOf('ResourceName', target.arn);
    expect(second.content).toMatchObject({
      userIdentity: {
        type: 'AssumedRole',
        invokedBy: 'pods.eks.amazonaws.com',
        accessKeyId: first.content.responseElements.credentials.accessKeyId,
      },
      requestParameters: {
        roleArn: target.arn,
        incomingTransitiveTags: { 'kubernetes-pod-uid': 'pod-uid' },
      },
      responseElements: { credentials: { accessKeyId } },
    });
    const [theirs] = aws.cloudTrail.events({ accountId: SECOND_ACCOUNT });
    expect(theirs).toMatchObject({
      userIdentity: { type: 'AWSAccount', accountId: MAIN_ACCOUNT },
      recipientAccountId: SECOND_ACCOUNT,
      sharedEventID: second.content.sharedEventID,
    });
  });
});

describe('other roads to a role', () => {
  it('show IRSA by its subject', async () => {
    const url = issuer.kubernetes.issuer(key);
    const providerArn = aws.iam.putOidcProvider({
      url,
      clientIds: ['sts.amazonaws.com'],
    });
    const role = aws.iam.putRole({
      name: 'irsa',
      trust: {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { Federated: providerArn },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: {
              [`${url.replace('https://', '')}:sub`]:
                'system:serviceaccount:shop:cart',
            },
          },
        },
      },
    });
    const exchange = async (serviceAccount: string) =>
      admin.sts.send(
        new AssumeRoleWithWebIdentityCommand({
          RoleArn: role.arn,
          RoleSessionName: 'botocore-session-1',
          WebIdentityToken: await issuer.token(key, {
            namespace: 'shop',
            serviceAccount,
            audience: 'sts.amazonaws.com',
          }),
        }),
      );
    const { Credentials } = await exchange('cart');
    const [event] = await eventsOf('ResourceName', role.arn);
    expect(event).toMatchObject({
      EventName: 'AssumeRoleWithWebIdentity',
      Username: 'system:serviceaccount:shop:cart',
    });
    expect(event.content).toMatchObject({
      userIdentity: {
        type: 'WebIdentityUser',
        principalId: `${providerArn}:sts.amazonaws.com:system:serviceaccount:shop:cart`,
        userName: 'system:serviceaccount:shop:cart',
        identityProvider: providerArn,
      },
      userAgent: expect.stringMatching(/^aws-sdk-js/),
      requestParameters: {
        roleArn: role.arn,
        roleSessionName: 'botocore-session-1',
      },
      responseElements: {
        subjectFromWebIdentityToken: 'system:serviceaccount:shop:cart',
        provider: providerArn,
      },
    });
    const theirs = clients({
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken,
    });
    await theirs.sts.send(new GetCallerIdentityCommand({}));
    const [use] = await eventsOf('AccessKeyId', Credentials!.AccessKeyId!);
    expect(use.content.userIdentity.sessionContext).toMatchObject({
      webIdFederationData: { federatedProvider: providerArn },
    });
    await errorOf(exchange('other'));
    const [refused] = await eventsOf(
      'Username',
      'system:serviceaccount:shop:other',
    );
    expect(refused.content).toMatchObject({
      errorCode: 'AccessDenied',
      errorMessage: 'An unknown error occurred',
      requestParameters: { roleArn: role.arn },
      responseElements: null,
    });
  });

  it('show a person who assumes it', async () => {
    const admins = aws.iam.role(credentials.roles.read);
    const backstage = clients(credentials.backstage);
    await backstage.sts.send(
      new AssumeRoleCommand({
        RoleArn: admins.arn,
        RoleSessionName: 'maria',
      }),
    );
    const [event] = await eventsOf('ResourceName', admins.arn);
    expect(event.content.userIdentity).toMatchObject({
      type: 'IAMUser',
      userName: event.Username,
      accessKeyId: credentials.backstage.accessKeyId,
    });
    expect(event.content.requestParameters).toMatchObject({
      roleArn: admins.arn,
      roleSessionName: 'maria',
    });
  });
});

describe('calls with the keys', () => {
  it('are found by the key, with user agent, denials and no data events', async () => {
    associate('cart-f');
    aws.putBucket({ name: 'orders', objects: { a: 'b' } });
    const keys = await podKeys();
    const pod = clients(keys);
    await pod.sts.send(new GetCallerIdentityCommand({}));
    await pod.s3.send(new ListBucketsCommand({}));
    await pod.s3.send(new ListObjectsV2Command({ Bucket: 'orders' }));
    const denied = await errorOf(
      pod.iam.send(new GetRoleCommand({ RoleName: 'cart-f' })),
    );
    const events = await eventsOf('AccessKeyId', keys.accessKeyId);
    expect(events.map(({ EventName }) => EventName)).toEqual([
      'ListBuckets',
      'GetCallerIdentity',
    ]);
    expect(events[0].content.userAgent).toMatch(/^\[aws-sdk-js\/.*\]$/);
    expect(events[1].content).toMatchObject({
      userAgent: expect.stringMatching(/^aws-sdk-js\//),
      requestParameters: null,
      responseElements: null,
    });
    // The events of IAM, which has no regions, are in one of them.
    const home = clients(credentials.admin, 'us-east-1');
    const [iam] = await eventsOf('AccessKeyId', keys.accessKeyId, home);
    expect(iam.content).toMatchObject({
      eventName: 'GetRole',
      awsRegion: 'us-east-1',
      errorCode: 'AccessDenied',
      errorMessage: denied.message,
      requestParameters: null,
    });
  });

  it('show the last use of the role after its lag, and not for ever', async () => {
    core.delays.roleLastUsed = 60_000;
    const role = associate('cart-g');
    const lastUsed = async () =>
      (await admin.iam.send(new GetRoleCommand({ RoleName: 'cart-g' }))).Role!
        .RoleLastUsed;
    const before = core.clock.now();
    await podKeys();
    expect(await lastUsed()).toEqual({});
    await core.clock.advance(60_000);
    expect(await lastUsed()).toEqual({
      LastUsedDate: new Date(Math.floor(before / 1000) * 1000),
      Region: MAIN_REGION,
    });
    await core.clock.advance(400 * DAY);
    expect(await lastUsed()).toEqual({});
    expect(role.name).toBe('cart-g');
  });
});

describe('LookupEvents', () => {
  const put = (count: number, EventName = 'ListQueues') => {
    for (let index = 0; index < count; index++) {
      aws.cloudTrail.putEvent({
        EventName,
        EventSource: 'sqs.amazonaws.com',
        EventTime: new Date(core.clock.now() - index * 1000).toISOString(),
        Username: `user-${index}`,
      });
    }
  };
  const QUEUES = [{ AttributeKey: 'EventName', AttributeValue: 'ListQueues' }];

  it('answers the newest first, fifty a page, with a token for this query only', async () => {
    put(120);
    const input = { LookupAttributes: QUEUES } as LookupEventsCommandInput;
    const first = await lookup(input);
    const second = await lookup({ ...input, NextToken: first.NextToken });
    const third = await lookup({ ...input, NextToken: second.NextToken });
    const names = [first, second, third].flatMap(({ Events }) =>
      Events!.map(({ Username }) => Username),
    );
    expect(names).toEqual(
      Array.from({ length: 120 }, (_, index) => `user-${index}`),
    );
    expect([first, second, third].map(({ Events }) => Events!.length)).toEqual([
      50, 50, 20,
    ]);
    expect(third.NextToken).toBeUndefined();
    expect(await errorOf(lookup({ ...input, MaxResults: 51 }))).toMatchObject({
      name: 'InvalidMaxResultsException',
    });
    expect(await errorOf(lookup({ NextToken: first.NextToken }))).toMatchObject(
      {
        name: 'InvalidNextTokenException',
        $metadata: { httpStatusCode: 400 },
      },
    );
  });

  it('keeps to the time range, the region, the delay and ninety days', async () => {
    put(5);
    const now = Math.floor(core.clock.now() / 1000) * 1000;
    const count = async (input: LookupEventsCommandInput, by = admin) =>
      (
        await lookup(
          { LookupAttributes: QUEUES as LookupAttribute[], ...input },
          by,
        )
      ).Events!.length;
    expect(await count({ StartTime: new Date(now - 1_500) })).toBe(2);
    expect(await count({ EndTime: new Date(now - 1_500) })).toBe(3);
    expect(await count({}, clients(credentials.admin, 'eu-north-1'))).toBe(0);
    core.delays.cloudTrail = 20_000;
    aws.cloudTrail.putEvent({
      EventName: 'ListQueues',
      EventSource: 'sqs.amazonaws.com',
      late: true,
    });
    expect(await count({})).toBe(5);
    await core.clock.advance(20_000);
    expect(await count({})).toBe(6);
    await core.clock.advance(90 * DAY);
    expect(await count({})).toBe(0);
    expect(
      await errorOf(
        count({ StartTime: new Date(now), EndTime: new Date(now - 1000) }),
      ),
    ).toMatchObject({ name: 'InvalidTimeRangeException' });
  });

  it('takes one attribute of those that AWS has', async () => {
    const two = [...QUEUES, ...QUEUES] as LookupAttribute[];
    expect(await errorOf(lookup({ LookupAttributes: two }))).toMatchObject({
      name: 'InvalidLookupAttributesException',
    });
    const unknown = { AttributeKey: 'PodName', AttributeValue: 'x' } as any;
    expect(
      await errorOf(lookup({ LookupAttributes: [unknown] })),
    ).toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining("Value 'PodName'"),
    });
  });

  it('throttles beyond two a second for each account and region', async () => {
    aws.set({ lookupsPerSecond: 2 });
    await core.clock.advance(1_000);
    await lookup();
    await lookup();
    expect(await errorOf(lookup())).toMatchObject({
      name: 'ThrottlingException',
      message: 'Rate exceeded',
      $metadata: { httpStatusCode: 400 },
    });
    await lookup({}, clients(credentials.admin, 'us-east-1'));
    await core.clock.advance(500);
    await lookup();
  });

  it('needs a permission', async () => {
    const nobody = clients(credentials.nobody);
    expect(await errorOf(lookup({}, nobody))).toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringMatching(
        /^User: \S+ is not authorized to perform: cloudtrail:LookupEvents because no identity-based policy allows/,
      ),
    });
  });

  it('keeps a bounded number of events', () => {
    const trail = new Trail(20);
    for (let index = 0; index < 100; index++) {
      trail.add({
        eventId: String(index),
        accountId: 'a',
        region: 'r',
        at: index,
        visibleAt: index,
        name: 'E',
        source: 's',
        readOnly: true,
        resources: [],
        text: '{}',
      });
    }
    expect(trail.all().length).toBeLessThanOrEqual(20);
    expect(
      trail.find('a', 'r', { key: 'EventName', value: 'E' }).at(-1)?.eventId,
    ).toBe('99');
    expect(trail.find('a', 'r', { key: 'EventId', value: '0' })).toEqual([]);
  });
});

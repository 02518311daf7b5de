import {
  DeleteRolePermissionsBoundaryCommand,
  IAMClient,
  ListRolesCommand,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { EKSClient, ListClustersCommand } from '@aws-sdk/client-eks';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { startSandbox, type Sandbox, useEndpoint } from 'eks-sandbox';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const CLUSTER = 'payments-prod';
const ACCOUNT = '111122223333';
const arnOf = (role: string) => `arn:aws:iam::${ACCOUNT}:role/${role}`;
const ROLE = arnOf('backstage/bounded');
const EVERYTHING = {
  Version: '2012-10-17' as const,
  Statement: [{ Effect: 'Allow' as const, Action: '*', Resource: '*' }],
};

/** The JSON below a heading of a page. */
function jsonBelow(page: string, heading: string) {
  const path = resolve(__dirname, '../../../../docs', page);
  const [, section] = readFileSync(path, 'utf8').split(`## ${heading}\n`);
  return JSON.parse(/```json\n([\s\S]*?)```/.exec(section)![1]);
}

/** The boundary as docs/permissions.md has it, and with the statements that make it narrower. */
function documentedBoundary() {
  const wide = jsonBelow(
    'permissions.md',
    'AWS: a boundary for the roles of workloads',
  );
  const { Statement } = jsonBelow('giving-rights.md', 'A narrower boundary');
  const narrow = {
    ...wide,
    Statement: [...Statement, ...wide.Statement.slice(1)],
  };
  return { wide, narrow };
}

/** Anybody in the account may assume it, as far as its trust policy goes. */
const openTrust = {
  Version: '2012-10-17' as const,
  Statement: [
    {
      Effect: 'Allow' as const,
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    },
  ],
};

/** A role that may do everything, but for the boundary. */
describe('The boundary of docs/permissions.md', () => {
  let sandbox: Sandbox;
  let restore: () => void;
  const inPod = async (command: string[]) =>
    sandbox.cluster(CLUSTER).exec('payments', 'bounded', command);

  beforeAll(async () => {
    sandbox = await startSandbox();
    restore = useEndpoint(sandbox.awsEndpoint);
    const { eks, iam } = sandbox.aws;
    const boundary = iam.putPolicy({
      name: 'backstage-workload-boundary',
      document: documentedBoundary().wide,
    });
    iam.putRole({
      name: 'bounded',
      path: '/backstage/',
      inline: { everything: EVERYTHING },
      boundaryArn: boundary.arn,
    });
    for (const [path, name] of [
      ['/', 'backstage-eks-other'],
      ['/backstage/', 'neighbour'],
      ['/workloads/', 'target'],
    ]) {
      iam.putRole({ name, path, trust: openTrust });
    }
    eks.putAssociation(CLUSTER, {
      namespace: 'payments',
      serviceAccount: 'bounded',
      roleArn: ROLE,
    });
    const kube = sandbox.cluster(CLUSTER);
    const metadata = { name: 'bounded', namespace: 'payments' };
    await kube.apply([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata,
        spec: {
          serviceAccountName: 'bounded',
          containers: [
            {
              name: 'main',
              image: 'amazon/aws-cli:2.23.6',
              command: ['sleep', '3600'],
            },
          ],
        },
      },
    ]);
    await kube.waitFor(
      'pods',
      'payments',
      'bounded',
      pod => pod?.status?.phase === 'Running',
    );
  });
  afterAll(async () => {
    await sandbox?.stop();
    restore?.();
  });

  it('lets a pod list buckets', async () => {
    const listed = await inPod(['aws', 's3', 'ls']);
    expect(listed).toMatchObject({ exitCode: 0, stderr: '' });
    expect(listed.stdout).not.toBe('');
  });

  describe('with the credentials of the pod', () => {
    let clients: { iam: IAMClient; eks: EKSClient; sts: STSClient };
    beforeAll(async () => {
      const { stdout } = await inPod([
        'bash',
        '-c',
        'curl -s -H "Authorization: $(cat $AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE)" $AWS_CONTAINER_CREDENTIALS_FULL_URI',
      ]);
      const answer = JSON.parse(stdout);
      const config = {
        region: 'eu-west-1',
        credentials: {
          accessKeyId: answer.AccessKeyId,
          secretAccessKey: answer.SecretAccessKey,
          sessionToken: answer.Token,
        },
      };
      clients = {
        iam: new IAMClient(config),
        eks: new EKSClient(config),
        sts: new STSClient(config),
      };
    });
    afterAll(() => Object.values(clients ?? {}).forEach(one => one.destroy()));

    const assume = (role: string) =>
      clients.sts.send(
        new AssumeRoleCommand({
          RoleArn: arnOf(role),
          RoleSessionName: 'insider',
        }),
      );

    it('lets it assume a target role of workloads', async () => {
      const { AssumedRoleUser } = await assume('workloads/target');
      expect(AssumedRoleUser?.Arn).toMatch(/target\/insider$/);
    });

    it.each<[string, () => Promise<unknown>]>([
      ['list roles', () => clients.iam.send(new ListRolesCommand({}))],
      [
        'take its boundary off',
        () =>
          clients.iam.send(
            new DeleteRolePermissionsBoundaryCommand({ RoleName: 'bounded' }),
          ),
      ],
      [
        'give itself a policy',
        () =>
          clients.iam.send(
            new PutRolePolicyCommand({
              RoleName: 'bounded',
              PolicyName: 'more',
              PolicyDocument: JSON.stringify(EVERYTHING),
            }),
          ),
      ],
      ['list clusters', () => clients.eks.send(new ListClustersCommand({}))],
    ])('does not let it %s', async (_, call) => {
      await expect(call()).rejects.toMatchObject({
        name: expect.stringMatching(/AccessDenied/),
        message: expect.stringContaining(
          'with an explicit deny in a permissions boundary',
        ),
      });
    });

    // STS does not say which policy denied; their trust policies do not
    it.each([
      ['the portal', 'backstage-eks-other'],
      ['another workload', 'backstage/neighbour'],
    ])('does not let it become %s', async (_, role) => {
      await expect(assume(role)).rejects.toMatchObject({
        name: 'AccessDenied',
        message: expect.stringContaining(
          `sts:AssumeRole on resource: ${arnOf(role)}`,
        ),
      });
    });
  });

  it.each([
    ['s3:ListAllMyBuckets', '*', 'allowed'],
    ['dynamodb:PutItem', '*', 'allowed'],
    ['sts:AssumeRole', arnOf('workloads/x'), 'allowed'],
    ['sts:AssumeRole', arnOf('anything'), 'implicitDeny'],
    ['sts:AssumeRole', arnOf('backstage-eks-write'), 'explicitDeny'],
    ['iam:CreateRole', '*', 'explicitDeny'],
    ['iam:PassRole', '*', 'explicitDeny'],
    ['iam:DeleteRolePermissionsBoundary', ROLE, 'explicitDeny'],
    ['organizations:LeaveOrganization', '*', 'explicitDeny'],
    ['eks:CreatePodIdentityAssociation', '*', 'explicitDeny'],
    ['eks-auth:AssumeRoleForPodIdentity', '*', 'explicitDeny'],
    ['s3:PutBucketPolicy', '*', 'implicitDeny'],
    ['kms:CreateGrant', '*', 'implicitDeny'],
    ['lambda:InvokeFunction', '*', 'implicitDeny'],
    ['ssm:SendCommand', '*', 'implicitDeny'],
    ['ec2:RunInstances', '*', 'implicitDeny'],
  ])('judges %s on %s: %s', async (action, resource, verdict) =>
    expect(await judged(action, resource)).toBe(verdict),
  );

  describe('in its narrower form', () => {
    beforeAll(() => {
      sandbox.aws.iam.putPolicy({
        name: 'backstage-workload-boundary',
        document: documentedBoundary().narrow,
      });
    });

    const NONE = {};
    const tagged = { 'aws:ResourceTag/workload-data': 'yes' };
    it.each<[string, string, string, Record<string, string>]>([
      [
        's3:GetObject',
        'arn:aws:s3:::workloads-receipts/1.json',
        'allowed',
        NONE,
      ],
      ['s3:ListBucket', 'arn:aws:s3:::workloads-receipts', 'allowed', NONE],
      ['s3:ListAllMyBuckets', '*', 'allowed', NONE],
      [
        's3:GetObject',
        'arn:aws:s3:::acme-payments-receipts/1',
        'implicitDeny',
        NONE,
      ],
      [
        'ssm:GetParameter',
        `arn:aws:ssm:eu-west-1:${ACCOUNT}:parameter/workloads/a`,
        'allowed',
        NONE,
      ],
      [
        'ssm:GetParameter',
        `arn:aws:ssm:eu-west-1:${ACCOUNT}:parameter/root-password`,
        'implicitDeny',
        NONE,
      ],
      ['secretsmanager:GetSecretValue', '*', 'implicitDeny', NONE],
      ['secretsmanager:GetSecretValue', '*', 'allowed', tagged],
      ['kms:Decrypt', '*', 'implicitDeny', NONE],
      ['kms:Decrypt', '*', 'allowed', tagged],
      ['secretsmanager:TagResource', '*', 'implicitDeny', tagged],
      ['sts:AssumeRole', arnOf('workloads/x'), 'allowed', NONE],
      ['iam:CreateRole', '*', 'explicitDeny', NONE],
    ])('judges %s on %s: %s', async (action, resource, verdict, context) =>
      expect(await judged(action, resource, context)).toBe(verdict),
    );
  });

  async function judged(
    action: string,
    resource: string,
    context: Record<string, string> = {},
  ) {
    const { key } = sandbox.aws.iam.putUser({
      name: 'auditor',
      inline: { simulate: EVERYTHING },
    });
    const iam = new IAMClient({ region: 'eu-west-1', credentials: key });
    const { EvaluationResults } = await iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: ROLE,
        ActionNames: [action],
        ResourceArns: [resource],
        ContextEntries: Object.entries(context).map(([name, value]) => ({
          ContextKeyName: name,
          ContextKeyType: 'string',
          ContextKeyValues: [value],
        })),
      }),
    );
    iam.destroy();
    return EvaluationResults?.[0].EvalDecision;
  }
});

import { packages } from '../../async/packages';
import {
  type Answers,
  awsClient,
  awsError,
} from '../../aws/__testUtils__/awsClient';
import { context } from '../__testUtils__/judge';
import type { Collecting } from '../framework/collecting';
import { type Fact, known, lacking } from '../framework/fact';
import { clusterFact, collectAddon, collectCluster } from './awsCluster';
import { collectNodegroups, nodegroupsInUse } from './awsNodegroups';
import { collectNodeRoles } from './awsNodeRoles';
import { collectVpcEndpoints } from './awsVpcEndpoints';

const missing = awsError('ResourceNotFoundException');
const roleArn = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const lack = lacking({ kind: 'unreachable', sentence: 'No answer.' });

/** A client of the SDK that AWS answers so, any other call with a refusal. */
const client = (Client: { prototype: object }, answers: Answers) =>
  awsClient(Client, (name, input) => {
    if (!answers[name]) throw awsError('AccessDeniedException');
    const output = answers[name](input);
    if (output instanceof Error) throw output;
    return output;
  });

/** A run with these facts, where AWS answers so. */
const collecting = (
  answers: Answers,
  facts: Record<string, Fact<unknown>> = {},
  probe = 'pod',
) =>
  ({
    request: { probe },
    signal: new AbortController().signal,
    get: async (name: string) => facts[name],
    read: {
      cluster: context.cluster,
      describeCluster: async ({ fresh }: { fresh?: boolean }) => {
        const answer = answers.DescribeCluster({ fresh });
        if (answer instanceof Error) throw answer;
        return answer;
      },
      aws: {
        get ec2() {
          return client(packages.ec2.EC2Client, answers);
        },
        eks: client(packages.eks.EKSClient, answers),
        iam: client(packages.iam.IAMClient, answers),
      },
    },
  } as unknown as Collecting);

const right = (action: string, resource: string) => ({
  known: false,
  lack: { kind: 'denied', aws: { action, resource } },
});

describe('the cluster', () => {
  it('is read with all that checks judge', () => {
    const answer = {
      name: 'payments-prod',
      arn: context.cluster.arn,
      status: 'ACTIVE' as const,
      version: '1.33',
      platformVersion: 'eks.4',
      accessConfig: { authenticationMode: 'API' as const },
      computeConfig: { enabled: true, nodeRoleArn: roleArn('auto') },
      resourcesVpcConfig: {
        endpointPublicAccess: false,
        endpointPrivateAccess: true,
        publicAccessCidrs: ['203.0.113.0/24'],
        vpcId: 'vpc-1',
        subnetIds: ['subnet-1'],
        clusterSecurityGroupId: 'sg-1',
      },
      kubernetesNetworkConfig: { ipFamily: 'ipv6' as const },
      identity: { oidc: { issuer: 'https://oidc.example.com/id/1' } },
      health: {
        issues: [{ code: 'Ec2SubnetNotFound' as const, message: 'No subnet' }],
      },
    };
    expect(clusterFact(answer, context.cluster)).toEqual({
      name: 'payments-prod',
      arn: context.cluster.arn,
      status: 'ACTIVE',
      version: '1.33',
      platformVersion: 'eks.4',
      kind: 'eks',
      authenticationMode: 'API',
      autoMode: true,
      autoNodeRoleArn: roleArn('auto'),
      endpointPublicAccess: false,
      endpointPrivateAccess: true,
      publicAccessCidrs: ['203.0.113.0/24'],
      vpcId: 'vpc-1',
      subnetIds: ['subnet-1'],
      securityGroupId: 'sg-1',
      ipFamily: 'ipv6',
      issuer: 'oidc.example.com/id/1',
      healthIssues: ['Ec2SubnetNotFound: No subnet'],
    });
  });

  it('is of the name that was asked, and public, where EKS says nothing else', () => {
    expect(clusterFact({}, context.cluster)).toMatchObject({
      name: 'payments-prod',
      arn: context.cluster.arn,
      status: 'UNKNOWN',
      kind: 'eks',
      autoMode: false,
      endpointPublicAccess: true,
      endpointPrivateAccess: false,
      publicAccessCidrs: [],
      subnetIds: [],
      healthIssues: [],
    });
  });

  it.each([
    ['outposts', { outpostConfig: {} }],
    ['connector', { connectorConfig: {} }],
  ])('runs outside of EKS: %s', (kind, answer) => {
    expect(clusterFact(answer as object, context.cluster)).toMatchObject({
      kind,
    });
  });

  it('is asked for again by each run, since it may have changed', async () => {
    const DescribeCluster = jest.fn(() => ({}));
    await collectCluster(collecting({ DescribeCluster }));
    expect(DescribeCluster).toHaveBeenCalledWith({ fresh: true });
  });

  it('is absent only where AWS says so', async () => {
    const of = (answer: unknown) =>
      collectCluster(collecting({ DescribeCluster: () => answer }));
    expect(await of({ name: 'there' })).toMatchObject({
      value: { name: 'there' },
    });
    expect(await of(awsError('NotFoundError'))).toEqual(known(null));
    expect(await of(awsError('AccessDeniedException'))).toMatchObject(
      right('eks:DescribeCluster', context.cluster.arn),
    );
  });

  it('says whether the add-on of the agent is there, or that it cannot be read', async () => {
    const of = (answers: Answers) => collectAddon(collecting(answers));
    expect(
      await of({ DescribeAddon: () => ({ addon: { addonVersion: 'v1' } }) }),
    ).toMatchObject({ value: { version: 'v1' } });
    expect(await of({ DescribeAddon: () => missing })).toEqual(known(null));
    expect(await of({})).toMatchObject(
      right(
        'eks:DescribeAddon',
        'arn:aws:eks:eu-west-1:111122223333:addon/payments-prod/eks-pod-identity-agent/*',
      ),
    );
  });
});

describe('the node groups', () => {
  const names = Array.from({ length: 13 }, (_, at) => `g${10 + at}`);
  const account: Answers = {
    ListNodegroups: () => ({ nodegroups: names }),
    DescribeNodegroup: ({ nodegroupName: name }) =>
      name === 'g11' ? missing : { nodegroup: { nodeRole: roleArn(name) } },
  };
  const group = (name: string) => ({ name, roleArn: roleArn(name) });
  const nodes = known([
    { name: 'n-1', nodegroup: 'g22' },
    { name: 'n-2', nodegroup: 'g11' },
    { name: 'n-3', nodegroup: 'g22' },
    { name: 'n-4' },
    { name: 'n-5', nodegroup: 'g12' },
  ]);

  it('are those of the pods and ten more, without one that is deleted meanwhile', async () => {
    const on = ['n-1', 'n-4', 'n-5', undefined];
    const pods = known(on.map(nodeName => ({ nodeName })));
    const fact = await collectNodegroups(collecting(account, { pods, nodes }));
    const rest = ['g10', ...names.slice(3, 11)];
    expect(fact).toEqual(known(['g12', 'g22', ...rest].map(group)));
  });

  it('are read where neither pods nor nodes are known', async () => {
    const facts = { pods: lack, nodes: lack };
    expect(await collectNodegroups(collecting(account, facts))).toMatchObject({
      value: expect.arrayContaining([group('g10')]),
    });
  });

  it.each([
    ['eks:ListNodegroups', context.cluster.arn, {}],
    [
      'eks:DescribeNodegroup',
      'arn:aws:eks:eu-west-1:111122223333:nodegroup/payments-prod/*',
      { ListNodegroups: account.ListNodegroups },
    ],
  ])('are unknown without the right %s', async (action, resource, answers) => {
    const facts = { pods: known([]), nodes };
    expect(await collectNodegroups(collecting(answers, facts))).toMatchObject(
      right(action, resource),
    );
  });

  it('of a sweep are those with nodes, of which it needs no list', async () => {
    const inUse = (fact: Fact<unknown>) => {
      const { DescribeNodegroup } = account;
      const asked = collecting({ DescribeNodegroup }, { nodes: fact });
      const collect = async () => known([{ name: 'listed' }]);
      return nodegroupsInUse({ ...asked, collect } as any);
    };
    expect(await inUse(nodes)).toEqual(known(['g22', 'g12'].map(group)));
    expect(await inUse(lack)).toEqual(known([{ name: 'listed' }]));
  });
});

describe('the roles of the nodes', () => {
  const ACTION = 'eks-auth:AssumeRoleForPodIdentity';
  const allow = { Effect: 'Allow', Action: ACTION, Resource: '*' };
  const aws = (name: string) => `arn:aws:iam::aws:policy/${name}`;
  const own = 'arn:aws:iam::111122223333:policy/own';

  /** Roles by name, with what is attached to them and their inline policies. */
  const account = (
    roles: Record<string, { attached?: string[]; inline?: unknown[] }>,
  ): Answers => ({
    ListAttachedRolePolicies: ({ RoleName }) =>
      roles[RoleName]
        ? {
            AttachedPolicies: (roles[RoleName].attached ?? []).map(
              PolicyArn => ({ PolicyArn }),
            ),
          }
        : awsError('AccessDenied'),
    ListRolePolicies: ({ RoleName }) => ({
      PolicyNames: (roles[RoleName].inline ?? []).map((_, at) => String(at)),
    }),
    GetRolePolicy: ({ RoleName, PolicyName }) => {
      const policy = roles[RoleName].inline![PolicyName];
      const document = { Version: '2012-10-17', Statement: policy };
      return {
        PolicyDocument:
          typeof policy === 'string' ? policy : JSON.stringify(document),
      };
    },
  });
  const collect = (
    answers: Answers,
    groups: Array<{ name: string; roleArn?: string }>,
    over: Record<string, Fact<unknown>> = {},
  ) =>
    collectNodeRoles(
      collecting(answers, {
        nodegroups: known(groups),
        cluster: known({}),
        ...over,
      }),
    );

  it.each<[string, 'yes' | 'no' | 'unknown', string[], unknown[]]>([
    ['nothing', 'no', [], []],
    ['a policy of AWS', 'yes', [aws('Other'), aws('PowerUserAccess')], []],
    ['another one of AWS', 'no', [aws('AmazonEKS_CNI_Policy')], []],
    ['one of its own', 'unknown', [aws('AmazonEKS_CNI_Policy'), own], []],
    ['an inline one', 'yes', [own], [[], [allow]]],
    [
      'one statement of two',
      'yes',
      [],
      [[{ ...allow, Action: 's3:*' }, allow]],
    ],
    ['a pattern', 'yes', [], [[{ ...allow, Action: ['s3:*', 'EKS-Auth:*'] }]]],
    ['another action', 'no', [], [[{ ...allow, Action: 's3:*' }]]],
    ['a Deny', 'no', [], [[{ ...allow, Effect: 'Deny' }]]],
    ['a condition', 'no', [], [[{ ...allow, Condition: {} }]]],
    ['one resource', 'no', [], [[{ ...allow, Resource: 'arn:r' }]]],
    ['text that is no policy', 'no', [], ['%7B']],
  ])(
    'are judged by what they have, such as %s: %s',
    async (_, may, attached, inline) => {
      const answers = account({ nodes: { attached, inline } });
      expect(
        await collect(answers, [{ name: 'a', roleArn: roleArn('nodes') }]),
      ).toMatchObject({ value: [{ mayAskEksAuth: may }] });
    },
  );

  it('are those of node groups and of Auto Mode, each once', async () => {
    const cluster = known({ autoNodeRoleArn: roleArn('auto') });
    const groups = [
      { name: 'a', roleArn: roleArn('nodes') },
      { name: 'b', roleArn: roleArn('auto') },
      { name: 'c', roleArn: roleArn('nodes') },
      { name: 'd' },
    ];
    const answers = account({ nodes: {}, auto: {} });
    const auto = { arn: roleArn('auto'), of: 'Auto Mode, node group b' };
    const nodes = { arn: roleArn('nodes'), of: 'node group a, node group c' };
    expect(await collect(answers, groups, { cluster })).toEqual(
      known([
        { ...auto, nodegroups: ['b'], auto: true, mayAskEksAuth: 'no' },
        { ...nodes, nodegroups: ['a', 'c'], auto: false, mayAskEksAuth: 'no' },
      ]),
    );
  });

  it('are not known where one of them cannot be read', async () => {
    const groups = [
      { name: 'a', roleArn: roleArn('nodes') },
      { name: 'b', roleArn: roleArn('other') },
    ];
    expect(await collect(account({ nodes: {} }), groups)).toMatchObject(
      right('iam:ListAttachedRolePolicies', roleArn('other')),
    );
  });

  it.each(['cluster', 'nodegroups'])('are not known without %s', async name => {
    expect(await collect(account({}), [], { [name]: lack })).toBe(lack);
  });
});

describe('the endpoints in the VPC', () => {
  const isPrivate = { endpointPublicAccess: false, vpcId: 'vpc-1' };
  const sts = 'com.amazonaws.eu-west-1.sts';
  const eksAuth = 'com.amazonaws.eu-west-1.eks-auth';
  const collect = (cluster: Fact<unknown>, probe = 'pod') => {
    const DescribeVpcEndpoints = jest.fn(() => ({
      VpcEndpoints: [sts, 'com.amazonaws.eu-west-1.s3', eksAuth].map(
        ServiceName => ({ ServiceName, VpcEndpointId: `vpce-${ServiceName}` }),
      ),
    }));
    const run = collecting({ DescribeVpcEndpoints }, { cluster }, probe);
    return { fact: collectVpcEndpoints(run), DescribeVpcEndpoints };
  };

  it('are those of EKS Auth and STS', async () => {
    const { fact, DescribeVpcEndpoints } = collect(known(isPrivate));
    expect(await fact).toMatchObject({
      value: [
        { id: `vpce-${sts}`, service: 'sts' },
        { id: `vpce-${eksAuth}`, service: 'eks-auth' },
      ],
    });
    expect(DescribeVpcEndpoints).toHaveBeenCalledWith({
      Filters: [
        { Name: 'vpc-id', Values: ['vpc-1'] },
        { Name: 'service-name', Values: [eksAuth, sts] },
      ],
    });
  });

  it.each<[string, object | null, string, string]>([
    ['no cluster', null, 'pod', 'not private-only'],
    [
      'a public one',
      { ...isPrivate, endpointPublicAccess: true },
      'pod',
      'not private-only',
    ],
    ['a run without a pod', isPrivate, 'admission', 'runs that start a pod'],
    ['no VPC', { endpointPublicAccess: false }, 'pod', 'in which VPC'],
  ])(
    'are not asked for where there is %s',
    async (_, cluster, probe, sentence) => {
      const { fact, DescribeVpcEndpoints } = collect(known(cluster), probe);
      expect(await fact).toMatchObject({
        lack: { sentence: expect.stringContaining(sentence) },
      });
      expect(DescribeVpcEndpoints).not.toHaveBeenCalled();
    },
  );

  it('are not known without the cluster or the right', async () => {
    expect(await collect(lack).fact).toBe(lack);
    expect(
      await collectVpcEndpoints(collecting({}, { cluster: known(isPrivate) })),
    ).toMatchObject(right('ec2:DescribeVpcEndpoints', '*'));
  });
});

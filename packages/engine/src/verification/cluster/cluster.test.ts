import { PROGRAM } from '../../text/voice';
import { ask, context, denied, node, pod } from '../__testUtils__/judge';
import { known, lacking, type Fact } from '../framework/fact';
import { clusterActive } from './active';
import { clusterEksAuthPath } from './eksAuthPath';
import { letNodesAsk } from './nodeRoleFix';
import { clusterSupported } from './supported';

describe('cluster.active', () => {
  const of = (over: object) =>
    ask(clusterActive, {
      cluster: { name: 'payments-prod', healthIssues: [], ...over },
    });

  it('names the wrong entry in app-config where the cluster does not exist', () => {
    expect(ask(clusterActive, { cluster: null })).toMatchObject({
      status: 'fail',
      message:
        'There is no EKS cluster payments-prod in eu-west-1 of account 111122223333.',
      fix: { actions: [expect.stringContaining('the entry "prod" under')] },
    });
    const cluster = { ...context.cluster, voice: PROGRAM };
    expect(
      ask(clusterActive, { cluster: null }, { cluster }).fix?.actions,
    ).toEqual([expect.stringContaining('(--cluster, --region, --profile)')]);
  });

  it.each<[string, string, string]>([
    ['ACTIVE', 'pass', 'Cluster payments-prod is ACTIVE.'],
    [
      'UPDATING',
      'note',
      'Cluster payments-prod is being updated; answers may change until that is done.',
    ],
    [
      'CREATING',
      'fail',
      'Cluster payments-prod is CREATING: it is still being created.',
    ],
    [
      'DELETING',
      'fail',
      'Cluster payments-prod is DELETING: it is being deleted.',
    ],
    ['ODD', 'warn', 'Cluster payments-prod is ODD.'],
  ])('reports a cluster that is %s', (state, status, message) => {
    expect(of({ status: state })).toMatchObject({ status, message });
  });

  it('names the version, the fix and the report of EKS', () => {
    expect(of({ status: 'ACTIVE', version: '1.33' }).message).toBe(
      'Cluster payments-prod is ACTIVE (Kubernetes 1.33).',
    );
    const waiting = 'Wait until the cluster is ACTIVE, then verify again.';
    const action = (status: string) => of({ status }).fix?.actions;
    expect(action('CREATING')).toEqual([waiting]);
    expect(action('PENDING')).toEqual([waiting]);
    expect(action('FAILED')).toEqual([
      'Look at the cluster in the EKS console.',
    ]);
    expect(of({ status: 'FAILED' }).fix?.cause).toBe(
      'Pod Identity needs an ACTIVE cluster.',
    );
    expect(of({ status: 'FAILED', healthIssues: ['a', 'b'] })).toMatchObject({
      expected: 'ACTIVE',
      observed: 'FAILED',
      resource: { name: 'payments-prod' },
      fix: { cause: 'EKS reports: a; b' },
    });
  });
});

describe('cluster.supported', () => {
  it.each<[string, object, string, string]>([
    [
      'Outposts',
      { kind: 'outposts' },
      'fail',
      'It runs on AWS Outposts, where Pod Identity does not exist.',
    ],
    [
      'an old version',
      { kind: 'eks', version: '1.23' },
      'fail',
      'Kubernetes 1.23 is too old for Pod Identity.',
    ],
    [
      'the first version',
      { kind: 'eks', version: '1.24' },
      'pass',
      'Kubernetes 1.24 supports Pod Identity.',
    ],
    [
      'a platform',
      { kind: 'eks', version: '1.33', platformVersion: 'eks.9' },
      'pass',
      'Kubernetes 1.33, platform eks.9 supports Pod Identity.',
    ],
    [
      'an old platform',
      { kind: 'eks', version: '1.28', platformVersion: 'eks.3' },
      'fail',
      'Platform eks.3 of Kubernetes 1.28 is too old for Pod Identity.',
    ],
    [
      'the first platform',
      { kind: 'eks', version: '1.28', platformVersion: 'eks.4' },
      'pass',
      'Kubernetes 1.28, platform eks.4 supports Pod Identity.',
    ],
    [
      'a platform with two digits',
      { kind: 'eks', version: '1.24', platformVersion: 'eks.9' },
      'fail',
      'Platform eks.9 of Kubernetes 1.24 is too old for Pod Identity.',
    ],
    [
      'a platform without a number',
      { kind: 'eks', version: '1.28', platformVersion: 'local' },
      'pass',
      'Kubernetes 1.28, platform local supports Pod Identity.',
    ],
    [
      'no version',
      { kind: 'eks' },
      'pass',
      'Kubernetes of an unnamed version supports Pod Identity.',
    ],
    [
      'a version of another kind',
      { kind: 'eks', version: 'v1.2' },
      'pass',
      'Kubernetes v1.2 supports Pod Identity.',
    ],
  ])('%s', (_what, cluster, status, message) => {
    expect(ask(clusterSupported, { cluster })).toMatchObject({
      status,
      message,
    });
  });

  it('cannot judge a missing cluster', () => {
    expect(() => ask(clusterSupported, { cluster: null })).toThrow(
      'There is no cluster',
    );
  });
});

describe('cluster.eks-auth-path', () => {
  const role = (of: string, mayAskEksAuth: string) => ({
    arn: `arn:${of}`,
    of,
    nodegroups: [of],
    auto: false,
    mayAskEksAuth,
  });
  const endpoint = (service: string) => ({
    id: `vpce-${service}`,
    service,
    serviceName: `com.amazonaws.eu-west-1.${service}`,
    type: 'Interface',
    state: 'available',
    privateDns: true,
  });
  const judge = (
    nodeRoles: Fact<unknown>,
    over: object = {},
    vpcEndpoints: Fact<unknown> = denied,
    seen: object = {},
  ) =>
    ask(clusterEksAuthPath, {
      pods: known([]),
      nodes: known([]),
      cluster: {
        endpointPublicAccess: true,
        vpcId: 'vpc-1',
        subnetIds: ['subnet-1'],
        securityGroupId: 'sg-1',
        ...over,
      },
      nodeRoles,
      vpcEndpoints,
      ...seen,
    });
  const mine = known([role('a', 'yes'), role('b', 'yes')]);
  const isPrivate = { endpointPublicAccess: false };

  it('passes where the roles have the permission, and names them', () => {
    expect(judge(mine)).toMatchObject({
      status: 'pass',
      message:
        'The cluster is not private-only, and the roles of its nodes may ask EKS Auth.',
      observed: 'arn:a, arn:b',
    });
  });

  it('warns where running pods are on nodes of such a role', () => {
    const on = (pods: object[], rest: object = {}) =>
      ask(clusterEksAuthPath, {
        cluster: { endpointPublicAccess: true, vpcId: 'vpc-1' },
        nodeRoles: known([{ ...role('a', 'no'), ...rest }, role('b', 'yes')]),
        vpcEndpoints: denied,
        pods: known(pods),
        nodes: known([
          node('n-a', { nodegroup: 'a' }),
          node('n-b', { nodegroup: 'b' }),
          node('n-auto', { computeType: 'auto' }),
        ]),
      });
    expect(
      on([
        pod({ name: 'first', nodeName: 'n-a' }),
        pod({ name: 'second', nodeName: 'n-b' }),
      ]),
    ).toMatchObject({
      status: 'warn',
      message:
        'The role of a is not allowed to call eks-auth:AssumeRoleForPodIdentity, so 1 of 2 running pods get no credentials there.',
      observed: 'arn:a',
      lacking: [{ how: 'identity', pods: ['first'] }],
      fix: {
        cause: expect.stringContaining('role of its node'),
        actions: [expect.stringContaining('AmazonEKSWorkerNodePolicy')],
      },
    });
    const elsewhere = [
      pod({ nodeName: 'n-b' }),
      pod({ nodeName: 'n-auto' }),
      pod({ nodeName: 'unseen' }),
      pod({ nodeName: undefined }),
    ];
    expect(on(elsewhere).status).toBe('note');
    expect(on(elsewhere, { nodegroups: [], auto: true })).toMatchObject({
      status: 'warn',
      fix: {
        snippet: {
          text: expect.stringContaining('AmazonEKSWorkerNodeMinimalPolicy'),
        },
      },
      message: expect.stringContaining('1 of 4 running pods'),
    });
  });

  it('warns where running pods are on nodes of one such role of two', () => {
    const roles = known([role('a', 'no'), role('b', 'no')]);
    const nodes = known([node('n-b', { nodegroup: 'b' })]);
    const pods = known([pod({ nodeName: 'n-b' })]);
    expect(judge(roles, {}, denied, { pods, nodes })).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('1 of 1 running pods'),
    });
  });

  it('notes roles without the permission first', () => {
    const outcome = judge(
      known([role('a', 'yes'), role('b', 'no'), role('c', 'no')]),
      isPrivate,
    );
    expect(outcome).toMatchObject({
      status: 'note',
      message: expect.stringMatching(
        /^The role of b and c is not allowed .*, so pods there get no credentials\.$/,
      ),
      observed: 'arn:b, arn:c',
      resource: { name: 'arn:b' },
    });
    expect(outcome.fix!.snippet!.text.split('\n')).toEqual(
      ['arn:b', 'arn:c'].map(name =>
        expect.stringMatching(
          `^aws iam attach-role-policy --role-name ${name} .*/AmazonEKSWorkerNodePolicy --region`,
        ),
      ),
    );
  });

  it('is unknown for a customer-managed policy', () => {
    expect(
      judge(known([role('a', 'unknown'), role('b', 'yes')])),
    ).toMatchObject({
      status: 'unknown',
      message: expect.stringMatching(/^Whether the role of a may call/),
      observed: 'arn:a',
    });
  });

  it('looks for endpoints of a private cluster, and gives the command if it lacks the right', () => {
    const both = known([endpoint('eks-auth'), endpoint('sts')]);
    expect(judge(mine, isPrivate, both)).toMatchObject({
      status: 'pass',
      message: expect.stringContaining(
        'its VPC vpc-1 has endpoints for eks-auth (vpce-eks-auth) and sts (vpce-sts)',
      ),
      observed: 'vpce-eks-auth, vpce-sts, arn:a, arn:b',
    });
    expect(judge(mine, isPrivate, known([endpoint('sts')])).status).not.toBe(
      'pass',
    );
    const lack = lacking({
      kind: 'denied',
      sentence: 'no',
      aws: { action: 'ec2:DescribeVpcEndpoints', resource: '*' },
    });
    const outcome = judge(mine, isPrivate, lack);
    expect(outcome.status).toBe('unknown');
    expect(outcome.fix?.actions.at(-1)).toMatch(/^Or look yourself: aws ec2/);
    const unreachable = lacking({ kind: 'unreachable', sentence: 'no' });
    expect(judge(mine, isPrivate, unreachable).fix).toBeUndefined();
  });

  it('cannot judge a missing cluster', () => {
    expect(() =>
      ask(clusterEksAuthPath, {
        cluster: null,
        nodeRoles: mine,
        vpcEndpoints: denied,
      }),
    ).toThrow('There is no cluster');
  });

  it('cannot tell where the roles are not read', () => {
    expect(judge(denied).status).toBe('unknown');
  });
});

it('names the policy where the role of the node is not known', () => {
  expect(letNodesAsk([], context.cluster)).toEqual({
    actions: ['Attach AmazonEKSWorkerNodePolicy to the role of the node.'],
  });
});

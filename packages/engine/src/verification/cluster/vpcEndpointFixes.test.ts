import { shown } from '../__testUtils__/judge';
import type { VpcEndpointFact } from '../framework/facts/cluster';
import {
  type ClusterNetwork,
  describeEndpointsCommand,
  judgeVpcEndpoints,
} from './vpcEndpointFixes';

const endpoint = (
  service: VpcEndpointFact['service'],
  rest: Partial<VpcEndpointFact> = {},
): VpcEndpointFact => ({
  id: `vpce-${service}`,
  service,
  serviceName: `com.amazonaws.eu-west-1.${service}`,
  type: 'Interface',
  state: 'available',
  privateDns: true,
  ...rest,
});

const NETWORK = {
  vpcId: 'vpc-1',
  subnetIds: ['subnet-1'],
  securityGroupId: 'sg-1',
};

const judge = (
  endpoints: VpcEndpointFact[],
  region = 'eu-west-1',
  network: ClusterNetwork = NETWORK,
) => {
  const judged = judgeVpcEndpoints(endpoints, network, { region });
  return 'trouble' in judged
    ? shown(judged.trouble)
    : { serving: judged.serving.map(({ id }) => id) };
};

/** Rare cases; the rest is in eksAuthPath.sandbox.test.ts against the sandbox. */
describe('judgeVpcEndpoints', () => {
  it('chooses the endpoint that works among several', () => {
    expect(
      judge([
        endpoint('eks-auth', { id: 'old', state: 'failed' }),
        endpoint('eks-auth', { id: 'bare', privateDns: false }),
        endpoint('eks-auth', { id: 'new' }),
        endpoint('sts'),
      ]),
    ).toEqual({ serving: ['new', 'vpce-sts'] });
  });

  it('reports the one closest to working', () => {
    expect(
      judge([
        endpoint('eks-auth', { id: 'dead', state: 'deleting' }),
        endpoint('eks-auth', { id: 'waiting', state: 'pendingAcceptance' }),
        endpoint('sts'),
      ]),
    ).toMatchObject({
      status: 'note',
      message:
        'The cluster is private-only, and in its VPC vpc-1 the endpoint waiting for com.amazonaws.eu-west-1.eks-auth is pendingAcceptance.',
      fix: {
        actions: [
          'Let the owner of the service accept waiting.',
          expect.any(String),
        ],
        // The command only reads.
        snippet: {
          text: describeEndpointsCommand('eu-west-1', 'vpc-1').text,
        },
      },
    });
  });

  it.each(['cn.com.amazonaws.cn-north-1.', 'com.amazonaws.cn-north-1.'])(
    'is content with %s in China',
    prefix => {
      const there = (service: VpcEndpointFact['service']) =>
        endpoint(service, { serviceName: `${prefix}${service}` });
      expect(judge([there('eks-auth'), there('sts')], 'cn-north-1')).toEqual({
        serving: ['vpce-eks-auth', 'vpce-sts'],
      });
    },
  );

  it('gives both names where it cannot know the right one', () => {
    const trouble = judge([endpoint('sts')], 'cn-north-1') as any;
    expect(trouble.fix.snippet.text).toContain(
      '--service-name cn.com.amazonaws.cn-north-1.eks-auth',
    );
    expect(trouble.fix.actions[0]).toContain(
      'Where AWS does not know that name, it is com.amazonaws.cn-north-1.eks-auth.',
    );
  });

  it('requires an interface endpoint: other types have no private DNS', () => {
    expect(
      judge([endpoint('eks-auth', { type: 'Resource' }), endpoint('sts')]),
    ).toMatchObject({
      message: expect.stringContaining('is no interface endpoint'),
      fix: {
        snippet: { text: expect.stringContaining('create-vpc-endpoint') },
      },
    });
  });

  const LIST = describeEndpointsCommand('eu-west-1', 'vpc-1').text;

  it('switches private DNS on, which no wait and no new endpoint does', () => {
    const trouble = judge([
      endpoint('eks-auth', { id: 'waiting', state: 'pending' }),
      endpoint('eks-auth', { id: 'bare', privateDns: false }),
      endpoint('sts'),
    ]);
    expect(trouble).toMatchObject({
      message: expect.stringContaining(
        'the endpoint bare for com.amazonaws.eu-west-1.eks-auth has private DNS off.',
      ),
      observed:
        'waiting com.amazonaws.eu-west-1.eks-auth: pending, private DNS on; bare com.amazonaws.eu-west-1.eks-auth: available, private DNS off; vpce-sts com.amazonaws.eu-west-1.sts: available, private DNS on',
      fix: {
        snippet: {
          text: `${LIST}\n\naws ec2 modify-vpc-endpoint --region eu-west-1 --vpc-endpoint-id bare --private-dns-enabled`,
        },
      },
    });
  });

  it('has an endpoint of a final state recreated', () => {
    expect(
      judge([endpoint('eks-auth', { state: 'deleted' }), endpoint('sts')]),
    ).toMatchObject({
      message: expect.stringContaining('vpce-eks-auth for'),
      fix: {
        actions: [
          'Create an interface endpoint for com.amazonaws.eu-west-1.eks-auth in the subnets of the cluster, one in each zone, with private DNS and a security group that lets the nodes in on port 443, such as that of the cluster.',
          expect.any(String),
        ],
        snippet: { text: expect.stringContaining('create-vpc-endpoint') },
      },
    });
  });

  it('waits for an endpoint that AWS is making', () => {
    expect(
      judge([endpoint('eks-auth', { state: 'pending' }), endpoint('sts')]),
    ).toMatchObject({
      fix: {
        actions: [
          'Wait until vpce-eks-auth is available, then verify again.',
          expect.any(String),
        ],
        snippet: { text: LIST },
      },
    });
  });

  it.each([
    { ...NETWORK, subnetIds: [] },
    { ...NETWORK, securityGroupId: undefined },
  ])('gives no command that lacks a part: %j', network => {
    expect(judge([], 'eu-west-1', network)).toMatchObject({
      observed: 'none of the two',
      fix: { snippet: { text: LIST } },
    });
  });
});

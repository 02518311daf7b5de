import {
  agent,
  agentAnswersFacts,
  ask,
  context,
  denied,
  node,
  run,
} from '../__testUtils__/judge';
import type { Outcome } from '../framework/check';
import { known } from '../framework/fact';
import { credentialsAgentAnswers } from './agentAnswers';

const NO_AGENT = 'No agent pod is ready on that node.';

describe('an agent that cannot reach EKS Auth', () => {
  const got = (text: string) =>
    known(run({ identity: { exitCode: 255, text } }));
  const agentSaid = (status: number, body: string) =>
    got(
      `Error retrieving metadata: Received non 200 response ${status} from container metadata: ${body}`,
    );
  const unreachable = agentSaid(500, '[r]: StatusCode: 0, request send failed');
  const slow = got(
    'Error when retrieving credentials from container-role: Error retrieving metadata: Received error when attempting to retrieve container metadata: Read timeout on endpoint URL: "http://169.254.170.23/v1/credentials"',
  );
  const ready = { agentPods: known([agent('node-1')]) };
  const network = {
    vpcId: 'vpc-1',
    subnetIds: ['subnet-a', 'subnet-b'],
    securityGroupId: 'sg-1',
  };
  const isPrivate = known({ endpointPublicAccess: false, ...network });
  const judge = (podRun: unknown, over: object = {}) =>
    ask(
      credentialsAgentAnswers,
      agentAnswersFacts({ podRun, vpcEndpoints: denied, ...ready, ...over }),
    );
  const endpoint = (service: string) => ({
    service,
    serviceName: `com.amazonaws.eu-west-1.${service}`,
    id: `vpce-${service}`,
    state: 'available',
    type: 'Interface',
    privateDns: true,
  });

  it('is sent to the endpoint that the report misses', () => {
    const { message, fix } = judge(unreachable, {
      cluster: isPrivate,
      vpcEndpoints: known([endpoint('sts')]),
    });
    expect(message).toBe(
      'The agent on node node-1 does not reach EKS Auth (status 500).',
    );
    expect(fix?.cause).toContain(
      'there is no endpoint for com.amazonaws.eu-west-1.eks-auth',
    );
    expect(fix?.snippet?.text).toContain(
      [
        'aws ec2 create-vpc-endpoint --region eu-west-1 --vpc-id vpc-1 \\',
        '  --vpc-endpoint-type Interface --service-name com.amazonaws.eu-west-1.eks-auth --private-dns-enabled \\',
        "  --subnet-ids $(aws ec2 describe-subnets --region eu-west-1 --subnet-ids subnet-a subnet-b --query 'Subnets[].[AvailabilityZone,SubnetId]' --output text | sort -u -k1,1 | cut -f2) \\",
        '  --security-group-ids sg-1',
      ].join('\n'),
    );
  });

  it('is sent to the security group where both endpoints are there', () => {
    const { fix } = judge(unreachable, {
      cluster: isPrivate,
      vpcEndpoints: known([endpoint('eks-auth'), endpoint('sts')]),
    });
    expect(fix?.cause).toMatch(/^The VPC has the endpoints/);
    expect(fix?.actions.join()).not.toContain('create the interface');
    expect(fix?.snippet?.text).toContain(
      '--vpc-endpoint-ids vpce-eks-auth vpce-sts',
    );
  });

  it('is sent to the firewall where something refuses the connection', () => {
    const { fix } = judge(
      agentSaid(
        500,
        'error getting credentials to cache: unable to fetch credentials from EKS Auth: StatusCode: 0, request send failed, Post "https://eks-auth.eu-west-1.api.aws/": dial tcp 203.0.113.10:443: connect: connection refused',
      ),
      { cluster: isPrivate, vpcEndpoints: known([]) },
    );
    expect(fix?.cause).toMatch(/refuses the connection: a firewall/);
    expect(fix?.snippet?.text).not.toContain('create');
  });

  it('creates no endpoint for an agent that says nothing', () => {
    const cluster = known({ endpointPublicAccess: true, ...network });
    expect(judge(unreachable, { cluster }).fix?.snippet?.text).toContain(
      'create-vpc-endpoint',
    );
    expect(judge(slow, { cluster }).fix?.snippet?.text).not.toContain('create');
  });

  it('names the service as the partition does', () => {
    const podRun = unreachable;
    const asked = agentAnswersFacts({ podRun, vpcEndpoints: denied, ...ready });
    const inChina = { ...context.cluster, region: 'cn-north-1' };
    expect(
      (
        credentialsAgentAnswers.evaluate(asked as any, {
          ...context,
          cluster: inChina,
        }) as Outcome
      ).fix?.cause,
    ).toContain('cn.com.amazonaws.cn-north-1.eks-auth');
  });

  it('is the likely cause where a ready agent answers too late', () => {
    const { status, message, fix } = judge(slow);
    expect({ status, message }).toEqual({
      status: 'fail',
      message:
        'The agent on node node-1 takes the connection and does not answer in time.',
    });
    expect(fix?.cause).toMatch(
      /^The agent tries longer to reach EKS Auth than programs wait .* private subnet/,
    );
    expect(judge(slow, { agentPods: known([]) }).fix?.cause).toBe(NO_AGENT);
  });

  it('is another one than an agent without credentials', () => {
    const { status, message, fix } = judge(
      agentSaid(
        500,
        'unable to fetch credentials from EKS Auth: operation error EKS Auth: AssumeRoleForPodIdentity, failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata',
      ),
    );
    expect({ status, message }).toEqual({
      status: 'fail',
      message:
        'The agent on node node-1 has no AWS credentials of its own, so it cannot ask EKS Auth.',
    });
    expect(fix?.cause).toContain('instance profile');
    expect(fix?.snippet?.text).toContain('private-dns-name,Values=node-1');
  });

  describe('without credentials', () => {
    const without = (text: string, over: object = {}) =>
      judge(
        agentSaid(
          500,
          `unable to fetch credentials from EKS Auth: operation error EKS Auth: AssumeRoleForPodIdentity, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, ${text}`,
        ),
        {
          nodes: known([
            node('node-1', { instanceId: 'i-0a1b', nodegroup: 'general' }),
          ]),
          ...over,
        },
      ).fix!;
    const nodeRoles = known([
      { arn: 'arn:aws:iam::1:role/team/nodes', nodegroups: ['general'] },
    ]);
    const no404 =
      'http response error StatusCode: 404, request to EC2 IMDS failed';

    it('gets the profile of its role', () => {
      expect(without(no404, { nodeRoles })).toMatchObject({
        cause: expect.stringContaining('has no instance profile'),
        snippet: {
          text: `aws ec2 associate-iam-instance-profile --region eu-west-1 --instance-id i-0a1b --iam-instance-profile Name="$(aws iam list-instance-profiles-for-role --role-name nodes --region eu-west-1 --query 'InstanceProfiles[0].InstanceProfileName' --output text)"`,
        },
      });
    });

    it('is looked at where the role of the node is not known', () => {
      expect(without(no404).snippet?.text).toMatch(
        /^aws ec2 describe-instances --region eu-west-1 --instance-ids i-0a1b /,
      );
    });

    it('gets its metadata back', () => {
      expect(without('canceled, context deadline exceeded')).toMatchObject({
        cause: expect.stringContaining('does not answer'),
        snippet: {
          text: 'aws ec2 modify-instance-metadata-options --region eu-west-1 --instance-id i-0a1b --http-endpoint enabled',
        },
      });
    });
  });

  it('does not advise to switch off session tags that are off', () => {
    const big = agentSaid(
      400,
      '[a]: (InvalidRequestException): Packed size of session tags consumes 112% of allotted space.',
    );
    const fix = (over: object, more: object = {}) =>
      judge(big, {
        association: known({ id: 'a-1', tags: {}, ...over }),
        ...more,
      }).fix!;
    expect(fix({ disableSessionTags: false })).toMatchObject({
      actions: expect.arrayContaining([
        expect.stringMatching(/with session tags off\.$/),
      ]),
      snippet: {
        text: 'aws eks update-pod-identity-association --cluster-name payments-prod --association-id a-1 --region eu-west-1 --disable-session-tags',
      },
    });
    const off = fix({ disableSessionTags: true, policy: '{"a":1}' });
    expect(off.cause).toContain('session policy of the association has 7');
    expect(off.actions.join()).not.toContain('disableSessionTags');
    // The role lets the pod in by its tags.
    const closed = fix(
      { disableSessionTags: false },
      {
        role: known({
          name: 'closed',
          trustPolicy: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Service: 'pods.eks.amazonaws.com' },
                Action: ['sts:AssumeRole', 'sts:TagSession'],
                Condition: {
                  StringEquals: {
                    'aws:RequestTag/kubernetes-namespace': 'payments',
                  },
                },
              },
            ],
          },
        }),
      },
    );
    expect(closed.cause).toContain('the trust policy of closed lets');
    expect(closed.snippet).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['is public', known({ endpointPublicAccess: true, ...network })],
    ['does not exist', known(null)],
    ['cannot be read', denied],
  ])('suspects the subnet where the cluster %s', (_what, cluster) => {
    expect(judge(unreachable, { cluster }).fix?.cause).toMatch(
      /^The node cannot reach EKS Auth in time: a private subnet/,
    );
  });
});

import { ConfigReader } from '@backstage/config';
import { readEngineConfig } from './config';

const CLUSTER = {
  name: 'payments-prod',
  region: 'eu-west-1',
  accountId: '111122223333',
};

const RULE = {
  cluster: 'payments-prod',
  roleArn: 'arn:aws:iam::111122223333:role/tenants',
  namespace: 'tenant-*',
  serviceAccount: 'app',
};

function read(section: unknown, baseUrl = 'https://portal.example.com') {
  return readEngineConfig(
    new ConfigReader({ app: { baseUrl }, eksPodIdentity: section as any }),
  );
}

/** Every sentence names the key by its path and says what it must be. */
describe('readEngineConfig', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'a missing region',
      { clusters: [{ name: 'a', accountId: '111122223333' }] },
      /eksPodIdentity\.clusters\[0\]\.region is missing/,
    ],
    [
      'a rule for moves without the looks that it goes by',
      {
        clusters: [CLUSTER],
        inventory: { enabled: false },
        moves: { rules: [RULE] },
      },
      /moves\.rules needs eksPodIdentity\.inventory\.enabled/,
    ],
    [
      'a rule for moves whose role is a pattern',
      {
        clusters: [CLUSTER],
        moves: {
          rules: [{ ...RULE, roleArn: 'arn:aws:iam::111122223333:role/*' }],
        },
      },
      /moves\.rules\[0\]\.roleArn/,
    ],
    [
      'a missing account',
      { clusters: [{ name: 'a', region: 'eu-west-1' }] },
      /eksPodIdentity\.clusters\[0\]\.accountId/,
    ],
    [
      'an account id without quotes',
      { clusters: [{ ...CLUSTER, accountId: 111122223333 }] },
      /clusters\[0\]\.accountId must be in quotes/,
    ],
    [
      'a short account id',
      { clusters: [{ ...CLUSTER, accountId: '1234' }] },
      /accountId must be an AWS account id of twelve digits/,
    ],
    [
      'text that is not a region',
      { clusters: [{ ...CLUSTER, region: 'Ireland' }] },
      /clusters\[0\]\.region must be an AWS region/,
    ],
    [
      'dry runs on a cluster with Kubernetes access: none',
      {
        clusters: [
          {
            ...CLUSTER,
            kubernetes: { access: 'none' },
            sweep: { probe: 'admission' },
          },
        ],
      },
      /clusters\[0\]\.sweep\.probe is admission, which asks the Kubernetes API, but .* drop one of them/,
    ],
    [
      'a path of a cluster without its slashes',
      { clusters: [{ ...CLUSTER, role: { path: '/backstage' } }] },
      /clusters\[0\]\.role\.path must begin and end with "\/"/,
    ],
    [
      'a mistyped key',
      { clusters: [{ ...CLUSTER, regoin: 'eu-west-1' }] },
      /eksPodIdentity\.clusters\[0\]\.regoin is not a setting: did you mean "region"\?$/,
    ],
    [
      'a mistyped top-level key',
      { guardrail: {} },
      /eksPodIdentity\.guardrail is not a setting: did you mean "guardrails"\?$/,
    ],
    [
      'a key unlike any known one',
      { clusters: [{ ...CLUSTER, xyzzyplugh: 1 }] },
      /xyzzyplugh is not a setting; known are name, id, /,
    ],
    [
      'two clusters with one id',
      {
        clusters: [CLUSTER, { ...CLUSTER, accountId: '444455556666' }],
      },
      /eksPodIdentity\.clusters\[1\] has the id "payments-prod", which eksPodIdentity\.clusters\[0\] has too/,
    ],
    [
      'one cluster twice under two ids',
      { clusters: [CLUSTER, { ...CLUSTER, id: 'again' }] },
      /clusters\[1\] is the same EKS cluster as eksPodIdentity\.clusters\[0\]/,
    ],
    [
      'an id with illegal characters',
      { clusters: [{ ...CLUSTER, id: '-x' }] },
      /clusters\[0\]\.id must start with a letter or digit/,
    ],
    [
      'a role that is not an ARN',
      { clusters: [{ ...CLUSTER, roles: { read: 'backstage-read' } }] },
      /clusters\[0\]\.roles\.read must be the ARN of an IAM role/,
    ],
    [
      'a role of another account',
      {
        clusters: [
          {
            ...CLUSTER,
            roles: { write: 'arn:aws:iam::444455556666:role/w' },
          },
        ],
      },
      /clusters\[0\]\.roles\.write is a role of account 444455556666, but the cluster is in 111122223333/,
    ],
    [
      'a role of another partition',
      {
        clusters: [
          {
            ...CLUSTER,
            roles: { write: 'arn:aws-cn:iam::111122223333:role/w' },
          },
        ],
      },
      /roles\.write is in partition aws-cn, but eu-west-1 is in aws/,
    ],
    [
      'a boundary of another account',
      {
        clusters: [CLUSTER],
        role: {
          permissionsBoundaryArn: 'arn:aws:iam::444455556666:policy/b',
        },
      },
      /set eksPodIdentity\.clusters\[0\]\.guardrails\.permissionsBoundaryArn to a policy of that account/,
    ],
    [
      'a policy pattern that is not an ARN',
      { guardrails: { managedPolicies: { allow: ['*'] } } },
      /guardrails\.managedPolicies\.allow\[0\] must be an IAM policy ARN/,
    ],
    [
      'an abbreviated probe option',
      { guardrails: { probe: { commands: { 's3 ls': ['-r'] } } } },
      /guardrails\.probe\.commands\["s3 ls"\]\[0\] must be the full name of an option/,
    ],
    [
      'a wrong access',
      { clusters: [{ ...CLUSTER, kubernetes: { access: 'proxy' } }] },
      /kubernetes\.access must be one of eks, none/,
    ],
    [
      'a reserved tag',
      { tags: { 'aws:x': 'y' } },
      /tags\["aws:x"\] must not begin with "aws:"/,
    ],
    [
      'a session tag of Pod Identity',
      { tags: { 'Kubernetes-Namespace': 'y' } },
      /tags\["Kubernetes-Namespace"\] must not begin with "kubernetes-"/,
    ],
    [
      'a session tag of Pod Identity that requests may set',
      { guardrails: { tags: { allow: ['team', 'eks-cluster-name'] } } },
      /guardrails\.tags\.allow\[1\] must not begin with "eks-cluster-"/,
    ],
    [
      'an ownership tag',
      { tags: { 'backstage.io/portal': 'y' } },
      /must not begin with "backstage\.io\/"/,
    ],
    [
      'a path without slashes',
      { role: { path: 'backstage' } },
      /role\.path must begin and end with "\/"/,
    ],
    [
      'a malformed duration',
      { timings: { gateDeadline: 'soon' } },
      /timings\.gateDeadline must be a duration/,
    ],
    [
      'a heartbeat slower than the lease',
      { timings: { leaseTtl: 1000, leaseHeartbeat: 900 } }, // wall time: only read
      /leaseHeartbeat \(900 ms\) must be at most half of leaseTtl/,
    ],
    [
      'a limit of zero',
      { limits: { operationsPerUser: 0 } },
      /limits\.operationsPerUser must be greater than 0/,
    ],
    [
      'a rate of zero',
      { pacing: { eksPerSecond: 0 } },
      /pacing\.eksPerSecond must be greater than 0/,
    ],
    [
      'a list that is none',
      { clusters: CLUSTER },
      /eksPodIdentity\.clusters must be a list, not an object/,
    ],
    [
      'text in place of a list',
      { administrators: 'group:default/platform' },
      /eksPodIdentity\.administrators must be a list, not a text/,
    ],
    [
      'an administrator without a namespace',
      { administrators: ['group:default/platform', 'group:platform'] },
      /administrators\[1\] must be the entity ref of a user or a group, such as group:default\/platform/,
    ],
    [
      'a component as an administrator',
      { administrators: ['component:default/payments-api'] },
      /administrators\[0\] must be the entity ref of a user or a group/,
    ],
    [
      'a quota of zero',
      { limits: { identitiesPerEntity: 0 } },
      /limits\.identitiesPerEntity must be greater than 0/,
    ],
    [
      'a negative quota',
      { limits: { identitiesPerOwner: -1 } },
      /limits\.identitiesPerOwner must be greater than 0/,
    ],
    [
      'half a replica',
      { pacing: { replicas: 1.5 } },
      /pacing\.replicas must be a whole number/,
    ],
    [
      'a number in words',
      { retention: { days: 'ninety' } },
      /retention\.days must be a number/,
    ],
    [
      'reports that no portal keeps',
      { retention: { reportsPerRef: 0 } },
      /retention\.reportsPerRef must be greater than 0/,
    ],
    [
      'a switch that is neither on nor off',
      { guardrails: { inlinePolicies: 'maybe' } },
      /guardrails\.inlinePolicies must be true or false, not a text/,
    ],
    [
      'a role pattern of another service',
      { guardrails: { roles: { adopt: ['arn:aws:s3:::bucket/*'] } } },
      /guardrails\.roles\.adopt\[0\] must be an IAM role ARN/,
    ],
    [
      'a role pattern with an unknown placeholder',
      {
        guardrails: {
          roles: { adopt: ['arn:aws:iam::111122223333:role/{{team}}/*'] },
        },
      },
      /guardrails\.roles\.adopt\[0\] may hold {{namespace}} and {{owner}}/,
    ],
    [
      'a role to edit by the name of an owner, whom a look does not know',
      {
        guardrails: {
          roles: {
            adopt: [],
            editTrust: ['arn:aws:iam::111122223333:role/{{owner}}/*'],
          },
        },
      },
      /guardrails\.roles\.editTrust\[0\] may hold {{namespace}}, and no other/,
    ],
    [
      'a target role that is a policy',
      {
        guardrails: {
          targetRoles: { allow: ['arn:aws:iam::111122223333:policy/x'] },
        },
      },
      /guardrails\.targetRoles\.allow\[0\] must be an IAM role ARN/,
    ],
    [
      'a boundary that is a role',
      {
        guardrails: {
          permissionsBoundaryArn: 'arn:aws:iam::111122223333:role/boundary',
        },
      },
      /guardrails\.permissionsBoundaryArn must be the ARN of an IAM policy/,
    ],
    [
      'a probe option that no user may use',
      {
        guardrails: { probe: { commands: { 's3 ls': ['--endpoint-url'] } } },
      },
      /guardrails\.probe\.commands\["s3 ls"\]\[0\] is an option that no configuration can allow/,
    ],
    [
      'a probe command of three words',
      { guardrails: { probe: { commands: { 'aws s3 ls': [] } } } },
      /guardrails\.probe\.commands\["aws s3 ls"\] must be an AWS service and a command/,
    ],
    [
      'a test of a policy by a command that is not allowed',
      {
        clusters: [CLUSTER],
        guardrails: {
          probe: {
            policyTests: {
              'arn:aws:iam::111122223333:policy/read': ['s3', 'rm', 's3://b'],
            },
          },
        },
      },
      /guardrails\.probe\.policyTests\["arn:aws:iam::111122223333:policy\/read"\] "s3 rm" is not allowed .*: guardrails\.probe\.commands lists s3 ls/,
    ],
    [
      'a test of a policy that is not one',
      { guardrails: { probe: { policyTests: { read: ['s3', 'ls'] } } } },
      /guardrails\.probe\.policyTests/,
    ],
    [
      'a namespace in capitals',
      { clusters: [{ ...CLUSTER, namespaces: { allow: ['Payments'] } }] },
      /clusters\[0\]\.namespaces\.allow\[0\] must be a namespace name/,
    ],
    [
      'an image with a space',
      { clusters: [{ ...CLUSTER, probe: { image: 'aws cli' } }] },
      /clusters\[0\]\.probe\.image must be the address of a container image/,
    ],
    [
      'no probe at a time',
      { clusters: [{ ...CLUSTER, probe: { maxConcurrent: 0 } }] },
      /clusters\[0\]\.probe\.maxConcurrent must be greater than 0/,
    ],
    [
      'a toleration that Kubernetes does not know',
      {
        clusters: [{ ...CLUSTER, probe: { tolerations: [{ effect: 'No' }] } }],
      },
      /probe\.tolerations\[0\]\.effect must be one of NoSchedule, /,
    ],
    [
      'an address that is not of the web',
      { docsUrl: 'ftp://docs.example.com' },
      /eksPodIdentity\.docsUrl must begin with http/,
    ],
    [
      'a portal id with a space',
      { portalId: 'my portal' },
      /eksPodIdentity\.portalId must fit into an AWS tag value/,
    ],
    [
      'recipients that there are not',
      { notifications: { recipients: 'all' } },
      /notifications\.recipients must be one of tagged, annotated/,
    ],
    [
      'a negative duration',
      { timings: { requestTimeout: -1 } },
      /timings\.requestTimeout must be a duration/,
    ],
    [
      'a first pause longer than the longest',
      { timings: { gateMinPause: '3s', gateMaxPause: '2s' } },
      /timings\.gateMinPause \(3000 ms\) must not be longer than gateMaxPause/,
    ],
    [
      'a sweep without a pause',
      { sweep: { schedule: { frequency: 0 } } },
      /sweep\.schedule\.frequency must be longer than 0/,
    ],
    [
      'a proof that fades within hours',
      { proof: { maxAge: '23h' } },
      /proof\.maxAge must be at least a day/,
    ],
    [
      'a proof that hardly ever fades',
      { proof: { maxAge: { days: 366 } } },
      /proof\.maxAge must be at most 365 days/,
    ],
    [
      'a request that may take no time',
      { timings: { requestTimeout: 0 } },
      /timings\.requestTimeout must be longer than 0/,
    ],
    [
      'a setting that was in another section',
      { guardrails: { role: { path: '/x/' } } },
      /guardrails\.role is not a setting: did you mean "roles"\?$/,
    ],
    [
      'the whole section as text',
      'clusters: []',
      /eksPodIdentity must be an object, not a text/,
    ],
  ])('refuses %s', (_, section, sentence) => {
    expect(() => read(section)).toThrow(sentence);
    expect(() => read(section)).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });

  it('refuses an address of the portal that is none', () => {
    expect(() => read({}, 'portal.example.com')).toThrow(
      /app\.baseUrl "portal\.example\.com" is not a URL/,
    );
  });

  it('reports all problems at once', () => {
    expect(() =>
      read({ clusters: [{ name: 'a' }], pacing: { iamPerSecond: -1 } }),
    ).toThrow(
      /^Configuration is wrong:[\s\S]*region is missing[\s\S]*accountId[\s\S]*iamPerSecond must be greater than 0/,
    );
  });
});

import { ConfigReader } from '@backstage/config';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { readEngineConfig } from './config';

const CLUSTER = {
  name: 'payments-prod',
  region: 'eu-west-1',
  accountId: '111122223333',
};

function read(section: unknown, baseUrl = 'https://portal.example.com/') {
  return readEngineConfig(
    new ConfigReader({
      app: { baseUrl },
      ...(section === undefined ? {} : { eksPodIdentity: section as any }),
    }),
  );
}

describe('readEngineConfig', () => {
  it('applies every default', () => {
    const config = read({ clusters: [CLUSTER] });
    expect(config).toEqual(
      expect.objectContaining({
        portalId: 'portal.example.com',
        appBaseUrl: 'https://portal.example.com',
        tags: {},
        role: { path: '/backstage/' },
        pacing: { eksPerSecond: 5, iamPerSecond: 2, burst: 30, replicas: 1 },
        retention: { reportsPerRef: 50, days: 90 },
        limits: {
          operationsPerUser: 50,
          changesPerServiceAccount: 5,
          proofsPerServiceAccount: 5,
          plansPerCaller: 4,
          identitiesPerEntity: 30,
          identitiesPerOwner: 300,
          operationsPerUserPerDay: 1000,
          operationsPerOwnerPerDay: 5000,
          eventsPerUserPerDay: 100_000,
        },
        sweep: {
          frequencyMs: 1_800_000,
          timeoutMs: 300_000,
          maxAgeMs: 86_400_000,
        },
      }),
    );
    expect(config.clusters[0]).toEqual(
      expect.objectContaining({
        id: 'payments-prod',
        title: 'payments-prod',
        partition: 'aws',
        arn: 'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod',
        kubernetes: { access: 'eks' },
        namespaces: {
          allow: ['*'],
          deny: ['kube-system', 'kube-public', 'kube-node-lease'],
        },
        allow: { installAgent: false, createNamespace: false },
      }),
    );
    expect(config.clusters[0].guardrails.managedPolicies.allow).toContain(
      'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess',
    );
    expect(config.clusters[0].probe.image).toMatch(
      /^public\.ecr\.aws\/aws-cli\/aws-cli:\d+\.\d+\.\d+@sha256:[0-9a-f]{64}$/,
    );
  });

  it('works without a section', () => {
    expect(read(undefined).clusters).toEqual([]);
  });

  it.each([
    ['eu-west-1', 'aws'],
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
  ])('knows that %s is in partition %s', (region, partition) => {
    const [cluster] = read({ clusters: [{ ...CLUSTER, region }] }).clusters;
    expect(cluster.partition).toBe(partition);
    expect(cluster.arn).toMatch(new RegExp(`^arn:${partition}:eks:${region}:`));
    expect(cluster.guardrails.managedPolicies.allow[0]).toMatch(
      new RegExp(`^arn:${partition}:iam::aws:policy/`),
    );
  });

  it('lets a cluster replace single guardrails', () => {
    const config = read({
      clusters: [
        {
          ...CLUSTER,
          guardrails: {
            managedPolicies: { allow: [] },
            permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/own',
          },
        },
        { ...CLUSTER, name: 'other', accountId: '444455556666' },
      ],
      guardrails: {
        targetRoles: { allow: ['arn:aws:iam::*:role/shared/*'] },
        managedPolicies: { allow: ['arn:aws:iam::aws:policy/Amazon*'] },
        permissionsBoundaryArn: 'arn:aws:iam::444455556666:policy/all',
        probe: { commands: { 's3 ls': ['--recursive'] } },
      },
    });
    expect(config.clusters[0].guardrails).toEqual({
      managedPolicies: { allow: [] },
      roles: { adopt: [] },
      targetRoles: { allow: ['arn:aws:iam::*:role/shared/*'] },
      tags: { allow: [] },
      inlinePolicies: false,
      permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/own',
      probe: { commands: { 's3 ls': ['--recursive'] } },
    });
    expect(config.clusters[1].guardrails.permissionsBoundaryArn).toBe(
      'arn:aws:iam::444455556666:policy/all',
    );
  });

  it('reads durations in every form', () => {
    const { timings, sweep } = read({
      timings: {
        leaseTtl: 2000,
        leaseHeartbeat: '500ms',
        gateDeadline: { seconds: 3 },
        requestTimeout: 'PT1M',
      },
      sweep: { schedule: { frequency: { hours: 1 } }, maxAge: '2d' },
    });
    expect(timings).toEqual(
      expect.objectContaining({
        leaseTtl: 2000,
        leaseHeartbeat: 500,
        gateDeadline: 3000,
        requestTimeout: 60_000,
        rolePropagation: 120_000,
      }),
    );
    expect(sweep).toEqual({
      frequencyMs: 3_600_000,
      timeoutMs: 300_000,
      maxAgeMs: 172_800_000,
    });
  });

  it.each<[string, unknown, RegExp]>([
    [
      'a missing region',
      { clusters: [{ name: 'a', accountId: '111122223333' }] },
      /eksPodIdentity\.clusters\[0\]\.region is missing/,
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
      'a mistyped key',
      { clusters: [{ ...CLUSTER, regoin: 'eu-west-1' }] },
      /eksPodIdentity\.clusters\[0\]\.regoin is not a setting: did you mean "region"\?/,
    ],
    [
      'a mistyped top-level key',
      { guardrail: {} },
      /eksPodIdentity\.guardrail is not a setting: did you mean "guardrails"\?/,
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
      { timings: { leaseTtl: 1000, leaseHeartbeat: 900 } },
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
  ])('refuses %s', (_, section, sentence) => {
    expect(() => read(section)).toThrow(sentence);
    expect(() => read(section)).toThrow(
      expect.objectContaining({ name: 'InputError' }),
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

describe('The samples of docs/configuration.md', () => {
  const text = readFileSync(
    resolve(__dirname, '../../../../docs/configuration.md'),
    'utf8',
  );
  const samples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, yaml]) => parse(yaml),
  );

  it.each(samples.map((sample, index) => [index + 1, sample] as const))(
    'sample %s is accepted',
    (_, sample) => {
      expect(Object.keys(sample)).toContain('eksPodIdentity');
      expect(() => read(sample.eksPodIdentity)).not.toThrow();
    },
  );

  it('show the defaults where they say so', () => {
    const [smallest, full] = samples.map(
      ({ eksPodIdentity }) => read(eksPodIdentity).clusters[0],
    );
    expect(full.probe.image).toBe(smallest.probe.image);
    expect(full.namespaces).toEqual(smallest.namespaces);
    expect(full.allow).toEqual(smallest.allow);
    expect(full.kubernetes).toEqual(smallest.kubernetes);
    expect(full.sweep).toEqual(smallest.sweep);
  });

  it('name every setting', () => {
    const { timings, limits } = read({});
    for (const key of Object.keys(timings)) {
      expect(text).toContain(`\`${key}\``);
    }
    for (const key of Object.keys(limits)) {
      expect(text).toContain(`\`limits.${key}\``);
    }
  });
});

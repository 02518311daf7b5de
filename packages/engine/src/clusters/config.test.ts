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
  const OWN = 'https://portal.example.com/aws-identities/permissions';

  it.each([
    [undefined, OWN],
    ['https://docs.example.com/checks', OWN],
    ['https://portal.example.com.evil.example.com/checks', OWN],
    [
      'https://portal.example.com/identities/checks',
      'https://portal.example.com/identities/permissions',
    ],
  ])(
    'has the page about permissions beside that of docsUrl %s, where it is of the same app',
    (docsUrl, expected) => {
      expect(read({ docsUrl }).permissionsUrl).toBe(expected);
    },
  );

  it('applies every default', () => {
    const config = read({ clusters: [CLUSTER] });
    expect(config).toEqual(
      expect.objectContaining({
        portalId: 'portal.example.com',
        appBaseUrl: 'https://portal.example.com',
        tags: {},
        pacing: {
          eksPerSecond: 5,
          iamPerSecond: 2,
          iamMostPerSecond: 10,
          cloudTrailPerSecond: 2,
          burst: 30,
          replicas: 1,
        },
        actions: { allowPods: false },
        evidence: { cloudTrail: false },
        inventory: { enabled: true },
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
        proof: { maxAgeMs: 2_592_000_000 },
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
        allow: { changes: true, installAgent: false, createNamespace: false },
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

  it('has a path of roles for each cluster', () => {
    const paths = (section: object, own?: object) =>
      read({
        ...section,
        clusters: [
          { ...CLUSTER, ...own },
          { ...CLUSTER, name: 'other' },
        ],
      }).clusters.map(({ rolePath }) => rolePath);
    const own = { role: { path: '/backstage/payments/' } };
    expect(paths({})).toEqual(['/backstage/', '/backstage/']);
    expect(paths({}, own)).toEqual(['/backstage/payments/', '/backstage/']);
    expect(paths({ role: { path: '/apps/' } }, own)).toEqual([
      '/backstage/payments/',
      '/apps/',
    ]);
  });

  it('takes patterns of roles to edit without those of roles to use', () => {
    const editTrust = ['arn:aws:iam::111122223333:role/shop-*'];
    const guardrails = { roles: { editTrust } };
    const [cluster] = read({ clusters: [CLUSTER], guardrails }).clusters;
    expect(cluster.guardrails.roles).toEqual({ adopt: [], editTrust });
  });

  it('takes a rule for moves of a cluster that a supplier may bring', () => {
    const rule = {
      cluster: 'supplied',
      roleArn: 'arn:aws:iam::111122223333:role/tenants',
      namespace: 'tenant-*',
      serviceAccount: 'app',
    };
    expect(read({ moves: { rules: [rule] } }).moves.rules).toEqual([rule]);
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
      roles: { adopt: [], editTrust: [] },
      targetRoles: { allow: ['arn:aws:iam::*:role/shared/*'] },
      tags: { allow: [] },
      inlinePolicies: false,
      inlineActions: { add: [] },
      permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/own',
      probe: {
        commands: { 's3 ls': ['--recursive'] },
        policyTests: {
          'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess': ['s3', 'ls'],
          'arn:aws:iam::aws:policy/AmazonS3FullAccess': ['s3', 'ls'],
        },
        trustClaims: false,
      },
    });
    expect(config.clusters[1].guardrails.permissionsBoundaryArn).toBe(
      'arn:aws:iam::444455556666:policy/all',
    );
  });

  it('tests policies by no command that is not allowed', () => {
    const [{ guardrails }] = read({
      clusters: [CLUSTER],
      guardrails: { probe: { commands: { 'sqs get-queue-url': [] } } },
    }).clusters;
    expect(guardrails.probe.policyTests).toEqual({});
  });

  it('reads durations in every form', () => {
    const { timings, sweep, proof } = read({
      timings: {
        leaseTtl: 2000, // wall time: only read
        leaseHeartbeat: '500ms',
        gateDeadline: { seconds: 3 }, // wall time: only read
        requestTimeout: 'PT1M',
      },
      sweep: { schedule: { frequency: { hours: 1 } }, maxAge: '2d' },
      proof: { maxAge: 'P2W' },
    });
    expect(proof).toEqual({ maxAgeMs: 1_209_600_000 });
    expect(timings).toEqual(
      expect.objectContaining({
        leaseTtl: 2000, // wall time: only read
        leaseHeartbeat: 500,
        gateDeadline: 3000, // wall time: only read
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

import type {
  AccessRow,
  ClusterAccess,
} from 'backstage-plugin-eks-pod-identity-common';
import { lookPolicy, readingPolicy } from '../aws/portalRights';
import { forbidAction } from '../clusters/__testUtils__/forbidAction';
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { NEW, POD_IDENTITY } from './__testUtils__/accessCase';
import { AccessWorld } from './__testUtils__/AccessWorld';

const CLUSTER = 'payments-prod';
const NODES = 'arn:aws:iam::111122223333:role/payments-prod-nodes';
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' };
const RBAC = 'rbac.authorization.k8s.io';

/** A workload of each kind without a pod, whose account only its list shows; and a rule that makes it so. */
const IDLE: Record<string, [apiVersion: string, kind: string, rule: object]> = {
  deployments: ['apps/v1', 'Deployment', { replicas: 0 }],
  statefulsets: ['apps/v1', 'StatefulSet', { replicas: 0 }],
  daemonsets: ['apps/v1', 'DaemonSet', {}],
  jobs: ['batch/v1', 'Job', { suspend: true }],
};

function idle(name: string) {
  const [apiVersion, kind, rule] = IDLE[name];
  const labels = { app: name };
  const selector = kind === 'Job' ? {} : { selector: { matchLabels: labels } };
  const env = Object.entries(KEYS).map(([key, value]) => ({
    name: key,
    value,
  }));
  const spec = {
    serviceAccountName: name,
    nodeSelector: { pool: 'none' },
    ...(kind === 'Job' ? { restartPolicy: 'Never' } : {}),
    containers: [{ name: 'app', image: 'registry.example.com/app', env }],
  };
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: 'shop' },
    spec: { ...rule, ...selector, template: { metadata: { labels }, spec } },
  };
}

type Seen = Map<string, AccessRow>;

/** What a whole look has, whether one has it, and the words by which a gap says that it is missing. */
const PARTS: Record<
  string,
  [has: (rows: Seen, look: ClusterAccess) => unknown, words: RegExp]
> = {
  'annotated accounts': [
    rows => rows.has('aws-node'),
    /Service accounts with the annotation of IRSA are missing/,
  ],
  'associated accounts': [
    rows => rows.has('moved'),
    /Service accounts with Pod Identity are missing/,
  ],
  'accounts of bare pods': [
    rows => rows.has('bare'),
    /what only pods show of keys and kube2iam/,
  ],
  'accounts of idle workloads': [
    rows => ['cron', ...Object.keys(IDLE)].every(name => rows.has(name)),
    /Workloads without running pods are missing/,
  ],
  pods: [rows => rows.get('ready')?.pods, /^Pods, /m],
  compute: [
    rows => rows.get('ready')?.compute.length,
    /what (they|pods) run on/i,
  ],
  SDKs: [rows => rows.get('ready')?.programs?.length, /SDKs/],
  'use by IRSA': [rows => rows.get('ready')?.irsaAt, /last use by IRSA/],
  makers: [rows => rows.get('ready')?.role?.maker, /Makers/],
  trust: [rows => rows.get('ready')?.role?.shapes, /trust policies/],
  'programs on nodes': [
    (_, { nodeGroups }) =>
      nodeGroups?.some(({ programs }) => programs.length > 0),
    /act as their node is missing/,
  ],
  'candidates on nodes': [
    (_, { nodeGroups }) =>
      nodeGroups?.some(({ candidates }) => candidates?.length),
    /which pods may use the role of their node|Which programs act as their node/,
  ],
  ready: [
    rows => rows.get('ready')?.verdict === 'ready',
    /no verdict is "ready"|IRSA.* "cannot tell"/,
  ],
  broken: [
    rows => rows.get('gone')?.verdict === 'broken',
    /IRSA.* "cannot tell"/,
  ],
  'left over': [
    rows => rows.get('left')?.verdict === 'left-over',
    /may stand where a statement is left over, and where the role of an association|with Pod Identity are missing/,
  ],
  'add-on': [
    rows => !rows.has('aws-node') || rows.get('aws-node')?.verdict === 'add-on',
    /EKS annotated are "cannot tell"|all on IRSA are "cannot tell"/,
  ],
};

const NOT_ASSOCIATED = [
  'add-on',
  'associated accounts',
  'broken',
  'left over',
  'ready',
];

describe('a look that lacks one of its rights', () => {
  let world: VerifyWorld;
  let access: AccessWorld;
  let inline: Record<string, object>;

  beforeAll(async () => {
    world = await VerifyWorld.start();
    access = new AccessWorld(world);
    const { aws, credentials, ...sandbox } = world.sandbox;
    const kube = world.kube();
    await kube.addNode({
      kind: 'managed',
      roleArn: NODES,
      imdsHopLimit: 2,
      labels: { 'eks.amazonaws.com/nodegroup': 'old', pool: 'old' },
    });
    const spec = { nodeSelector: { pool: 'old' } };
    await access.runs('on-node', { sdk: 'boto3/1.34.0', spec });
    const tags = { 'aws:cloudformation:stack-name': 'ready' };
    const trust = [access.oidc('ready'), POD_IDENTITY];
    const role = access.role('r-ready', trust, { tags });
    await access.runs('ready', { role, sdk: NEW });
    await access.runs('gone', { role: access.arn('r-gone') });
    await access.runs('cron', { env: KEYS, kind: 'CronJob' });
    for (const name of Object.keys(IDLE)) {
      await access.runs(name, { kind: 'none' });
      await kube.apply(idle(name));
    }
    await access.runs('bare', { env: KEYS, kind: 'Pod' });
    access.associate('moved', access.role('r-moved', [POD_IDENTITY]));
    await access.runs('moved');
    const left = [access.oidc('left'), POD_IDENTITY];
    access.associate('left', access.role('r-left', left));
    await access.runs('left');
    const roleOfCni = access.role('r-cni', [access.oidc('aws-node')]);
    await aws.eks.putAddon(CLUSTER, {
      addonName: 'vpc-cni',
      serviceAccountRoleArn: roleOfCni,
    });
    await kube.apply(
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: {
          name: 'aws-node',
          namespace: 'kube-system',
          annotations: { 'eks.amazonaws.com/role-arn': roleOfCni },
        },
      },
      'eks',
    );
    await access.asked('ready');
    const place = {
      partition: 'aws',
      region: sandbox.region,
      accountId: sandbox.accountId,
      clusterName: CLUSTER,
      rolePath: '/backstage/',
      boundaryArn: '',
      portalId: '',
    };
    inline = { reading: readingPolicy(place), look: lookPolicy(place) };
    aws.iam.updateRole(credentials.roles.read, { inline } as any);
    // One role with all rules, which stays while one is taken away.
    await world.forbidKubernetes('readers', 'none');
  });
  afterAll(() => world.stop());

  /** What a look lacks of what a whole one has; what its gaps say that it lacks; and of what they are. */
  async function lacks() {
    const look = await access.look();
    const rows: Seen = new Map(
      look.rows.map(row => [row.ref.serviceAccount, row]),
    );
    const costs = look.gaps.map(gap => gap.costs).join('\n');
    const those = (is: (part: (typeof PARTS)[string]) => unknown) =>
      Object.keys(PARTS)
        .filter(part => is(PARTS[part]))
        .sort();
    return {
      lost: those(([has]) => !has(rows, look)),
      said: those(([, words]) => words.test(costs)),
      gaps: look.gaps.map(({ what }) => what),
      says: [...look.gaps, ...look.rows].map(({ sentence }) => sentence).join(),
    };
  }

  const what = (lost: string[], gaps: string[]) => ({
    lost,
    said: lost,
    gaps,
  });

  it('lacks nothing with the rights for reading and those of the look', async () => {
    expect(await lacks()).toMatchObject(what([], []));
  });

  it.each([
    ['eks:ListPodIdentityAssociations', NOT_ASSOCIATED, 'associations'],
    ['eks:DescribePodIdentityAssociation', NOT_ASSOCIATED, 'associations'],
    [
      'cloudtrail:LookupEvents',
      [
        'SDKs',
        'candidates on nodes',
        'programs on nodes',
        'ready',
        'use by IRSA',
      ],
      'use nodeUse',
    ],
    ['eks:ListAddons', ['add-on'], 'addons'],
    ['eks:DescribeAddon', ['add-on'], 'addons'],
    // The row of the add-on says it.
    ['eks:DescribeAddonConfiguration', [], ''],
    [
      'iam:GetAccountAuthorizationDetails',
      ['broken', 'left over', 'makers', 'ready', 'trust'],
      'roles',
    ],
    // What is broken by it may read "ready", which the gap says.
    ['iam:ListOpenIDConnectProviders', [], 'providers'],
  ])('loses by %s: %s', async (action, lost, gaps) => {
    forbidAction(world.sandbox, action);
    const found = await lacks();
    const { aws, credentials } = world.sandbox;
    aws.iam.updateRole(credentials.roles.read, { inline } as any);
    expect(found).toMatchObject(what(lost, gaps.split(' ').filter(Boolean)));
    expect(found.says).toContain(action);
  });

  it.each<[resource: string, lost: string[], gaps: string]>([
    [
      'serviceaccounts',
      ['annotated accounts', 'broken', 'ready', 'trust'],
      'serviceAccounts',
    ],
    [
      'pods',
      [
        'accounts of bare pods',
        'candidates on nodes',
        'compute',
        'pods',
        'ready',
      ],
      'pods',
    ],
    ...['cronjobs', ...Object.keys(IDLE)].map(
      (resource): [string, string[], string] => [
        resource,
        ['accounts of idle workloads', 'ready'],
        'workloads',
      ],
    ),
    ['networkpolicies', ['ready'], 'networkPolicies'],
    [
      'nodes',
      ['candidates on nodes', 'compute', 'programs on nodes', 'ready'],
      'nodes nodeUse',
    ],
  ])('loses by the list of %s: %s', async (resource, lost, gaps) => {
    const kube = world.kube();
    const kind = { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole' };
    const metadata = { name: 'backstage-readers' };
    const { rules } = kube.get('clusterroles', undefined, metadata.name)!;
    await world.forbidKubernetes('readers', resource);
    const found = await lacks();
    await kube.apply([{ ...kind, metadata, rules }]);
    expect(found).toMatchObject(what(lost, gaps.split(' ')));
    expect(found.says).toContain(`list ${resource}`);
  });
});

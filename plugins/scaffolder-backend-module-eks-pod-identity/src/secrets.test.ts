import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import {
  PodIdentityClient,
  type StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import { keptLogs } from './__testUtils__/keptLogs';
import {
  findLeaks,
  formsOf,
  Places,
  signaturesOf,
} from './__testUtils__/leaks';
import { ANA, SAM, startTestPortal, TestPortal } from './__testUtils__/portal';
import { templateOf } from './__testUtils__/scaffolder';
import { watchedAnswers, watchedDatabases } from './__testUtils__/watched';

const CLUSTER = 'payments-prod';
/** From the time of IRSA; a workload of it has an access key in its template. */
const WAREHOUSE = 'warehouse-prod';
const KEY_OF_WAREHOUSE = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const BY_SCAFFOLDER = { actor: { subject: 'plugin:scaffolder' } };

const identity = (serviceAccount: string) => ({
  clusterName: CLUSTER,
  namespace: 'payments',
  serviceAccount,
  entityRef: `component:default/${serviceAccount}`,
});
const usable = identity('fraud-scorer');
const giving = {
  ...usable,
  roleMode: 'create',
  policies: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
  testPermissions: true,
};
const checks = [
  { name: 'list-buckets', command: ['s3', 'ls'] },
  {
    name: 'no-bucket',
    command: ['s3api', 'head-bucket', '--bucket', 'no-such-bucket'],
  },
];

/** A full run through every door, with all that can go wrong on the way, and everything that anybody can read of it. */
describe('keys and tokens that the sandbox issues', () => {
  const databases = watchedDatabases();
  const logs = keptLogs();
  const tasks = new Map<string, () => Promise<void>>();
  const places: Places = new Map();
  let portal: TestPortal;
  let answers: ReturnType<typeof watchedAnswers>;

  const api = (user: string) =>
    new PodIdentityClient({
      discoveryApi: {
        getBaseUrl: async () => `${portal.scaffolder.url}/api/eks-pod-identity`,
      },
      fetchApi: {
        fetch: (input, init) => {
          const headers = new Headers(init?.headers);
          headers.set('authorization', mockCredentials.user.header(user));
          return fetch(input, { ...init, headers });
        },
      },
    });

  /** To its end, however it ends, and everything that can be read of it. */
  async function run(request: StartOperation) {
    const ana = api(ANA);
    const { id } = await ana.startOperation(request, { timeline: true });
    for await (const _ of ana.followOperation(id));
    for await (const _ of ana.followOperation(id, { mode: 'poll' }));
    await ana.getTimeline(id);
    const operation = await ana.getOperation(id);
    if (operation.result?.kind === 'verify') {
      await ana.getReport(operation.result.report.id);
      await api(SAM).getReportBundle(operation.result.report.id);
    }
    return operation;
  }

  /** CloudTrail's events hold the tokens that were given out. */
  async function readUse() {
    const { aws, client } = portal.sandbox;
    aws.set({ lookupsPerSecond: 1_000 });
    await client.scenario('application-uses-identity');
    // The sandbox's clock is ahead of the portal's, which asks for what was before now.
    for (const { eventID: _, eventTime: __, ...record } of aws.cloudTrail
      .events()
      .reverse()) {
      const { roleArn } = record.requestParameters ?? {};
      aws.cloudTrail.putEvent({
        EventName: record.eventName,
        EventSource: record.eventSource,
        EventTime: new Date(Date.now() - 60_000).toISOString(),
        AccessKeyId: record.userIdentity.accessKeyId,
        Resources: roleArn
          ? [{ ResourceType: 'AWS::IAM::Role', ResourceName: roleArn }]
          : [],
        CloudTrailEvent: record,
      });
    }
    await tasks.get(`sweep:${CLUSTER}`)!();
    await tasks.get('evidence:111122223333:eu-west-1')!();
    const { result } = await run({
      kind: 'verify',
      input: { ...identity('payments-ledger'), probe: 'none' },
    });
    const use = await api(ANA).getUse({
      cluster: CLUSTER,
      namespace: 'payments',
      serviceAccount: 'payments-ledger',
    });
    const { checks: all = [] } = result?.kind === 'verify' ? result.report : {};
    return {
      use,
      check: all.find(({ id }) => id === 'workloads.obtained'),
      events: JSON.stringify(aws.cloudTrail.events()),
    };
  }

  /** Pods that take a key from a Secret in each way, beside those of the demo, as the look at all AWS access reads them. */
  async function readAccess() {
    const { key } = portal.sandbox.aws.iam.putUser({ name: 'in-secret' });
    const keys = {
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    };
    const metadata = { name: 'in-secret', namespace: 'warehouse' };
    const ofSecret = { name: metadata.name };
    const workload = (way: string, container: object, more = {}) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...metadata, name: way },
      spec: {
        selector: { matchLabels: { way } },
        template: {
          metadata: { labels: { way } },
          spec: {
            serviceAccountName: metadata.name,
            containers: [{ name: 'app', image: 'busybox', ...container }],
            ...more,
          },
        },
      },
    });
    const mount = { name: 'keys', mountPath: '/home/app/.aws' };
    await portal.sandbox.cluster(WAREHOUSE).apply([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata,
        stringData: {
          ...keys,
          credentials: `[default]\naws_secret_access_key = ${key.secretAccessKey}\n`,
        },
      },
      workload('by-name', {
        env: Object.keys(keys).map(name => ({
          name,
          valueFrom: { secretKeyRef: { ...ofSecret, key: name } },
        })),
      }),
      workload('whole', { envFrom: [{ secretRef: ofSecret }] }),
      workload(
        'file',
        { volumeMounts: [mount] },
        { volumes: [{ name: 'keys', secret: { secretName: ofSecret.name } }] },
      ),
    ] as any);
    await tasks.get(`sweep:${WAREHOUSE}`)!();
    await api(ANA).listAccess({ cluster: WAREHOUSE });
    await api(SAM).getAccessProgress({ cluster: WAREHOUSE });
    const { items } = await api(SAM).listAccess({
      cluster: WAREHOUSE,
      road: 'static-keys',
    });
    return items.map(({ ref }) => ref.serviceAccount).sort();
  }

  async function readPages() {
    const ana = api(ANA);
    await ana.listClusters();
    await ana.listAssociations();
    await ana.listNamespaces(CLUSTER);
    await ana.listServiceAccounts({ cluster: CLUSTER, namespace: 'payments' });
    await ana.listPolicies();
    await ana.getEntityIdentities({
      kind: 'component',
      namespace: 'default',
      name: 'fraud-scorer',
    });
    await ana.listReports({
      cluster: CLUSTER,
      namespace: 'payments',
      serviceAccount: 'fraud-scorer',
    });
    await ana.plan({ kind: 'teardown', input: usable, fresh: true });
  }

  /** A proof for each thing that answers with what it should keep to itself. */
  async function proveWhereSecretsAreTold() {
    const cluster = portal.sandbox.cluster(CLUSTER);
    const { key } = portal.sandbox.aws.iam.putUser({ name: 'static' });
    const env = [
      { name: 'AWS_ACCESS_KEY_ID', value: key.accessKeyId },
      { name: 'AWS_SECRET_ACCESS_KEY', value: key.secretAccessKey },
    ];
    await cluster.apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'with-keys', namespace: 'payments' },
      spec: {
        selector: { matchLabels: { app: 'with-keys' } },
        template: {
          metadata: { labels: { app: 'with-keys' } },
          spec: {
            serviceAccountName: usable.serviceAccount,
            containers: [{ name: 'app', image: 'busybox', env }],
          },
        },
      },
    });
    const verify = (input = {}) =>
      run({ kind: 'verify', input: { ...usable, ...input } });
    const results = [await verify({ permissionChecks: checks })];
    const remove = cluster.addWebhook({
      name: 'keys.example.com',
      supportsDryRun: true,
      mutate: pod => {
        pod.spec.containers[0].env = [
          ...(pod.spec.containers[0].env ?? []),
          ...env,
        ];
      },
    });
    results.push(await verify({ permissionChecks: checks.slice(0, 1) }));
    remove();
    cluster.setAgent({
      status: 500,
      body: JSON.stringify({
        AccessKeyId: key.accessKeyId,
        SecretAccessKey: key.secretAccessKey,
        Token: portal.sandbox.secrets
          .all()
          .find(({ kind }) => kind === 'session token')?.value,
      }),
    });
    results.push(await verify({ permissionChecks: checks.slice(1) }));
    await cluster.clearTrouble();
    return results;
  }

  async function collect() {
    for (const [plugin, dump] of await databases.dump()) {
      places.set(`database of ${plugin}`, dump);
    }
    const isAudit = (text: string) => text.includes('isAuditEvent');
    const textOf = (wanted: boolean) =>
      logs.lines
        .filter(({ text }) => isAudit(text) === wanted)
        .map(({ text }) => text)
        .join('\n');
    places.set('audit events', textOf(true));
    places.set('logs', textOf(false));
    const all = await answers.answers();
    const under = (part: string) =>
      all.filter(text => text.split('\n')[0].includes(part)).join('\n');
    places.set('answers and event streams', under('/api/eks-pod-identity/'));
    places.set('task log and workspace', under('/api/scaffolder/'));
  }

  beforeAll(async () => {
    const scheduler = mockServices.scheduler.mock({
      scheduleTask: async task => {
        tasks.set(task.id, async () => task.fn(new AbortController().signal));
      },
    });
    portal = await startTestPortal({
      // The probe of a pod waits between its tries
      sandbox: { clockRate: 100, clusters: [CLUSTER, WAREHOUSE] },
      clusters: () => [{ name: WAREHOUSE }],
      section: { administrators: [SAM], evidence: { cloudTrail: true } },
      features: [logs.feature, scheduler.factory],
      databases,
      entities: [
        templateOf('verify-and-show', {
          steps: [
            {
              id: 'verify',
              name: 'Verify',
              action: 'eks:pod-identity:verify',
              input: { ...usable, permissionChecks: checks, failOn: 'never' },
            },
            {
              id: 'show',
              name: 'Show',
              action: 'debug:log',
              input: {
                message: '${{ steps | dump }} ${{ context | dump }}',
                listWorkspace: 'with-contents',
              },
            },
          ],
        }),
      ],
    });
    answers = watchedAnswers(() => portal.scaffolder.url);
  });
  afterAll(async () => {
    answers?.stop();
    await portal?.stop();
  });

  it('are in no log, report, table, answer, stream, timeline, task or audit event', async () => {
    const { scaffolder } = portal;
    const given = await scaffolder.run(
      'template:default/give-a-component-an-aws-identity',
      giving,
      ANA,
    );
    expect(given.status).toBe('completed');
    const results = await proveWhereSecretsAreTold();
    expect(
      results.map(({ result }) => result?.kind === 'verify' && result.status),
    ).toEqual(['broken', 'broken', 'broken']);
    const shown = await scaffolder.run(
      'template:default/verify-and-show',
      {},
      ANA,
    );
    expect(shown.status).toBe('completed');
    const { use, check, events } = await readUse();
    expect(use.uses).toContainEqual(expect.objectContaining({ sdk: 'boto3' }));
    // It was read; whether the pods are old enough to be judged by it, the clock decides
    expect(check?.status).toMatch(/^(pass|skip)$/);
    expect(check?.observed).toMatch(/^boto3 /);
    expect(await readAccess()).toEqual(['in-secret', 'yard-cameras']);
    await readPages();
    const refused = await run({
      kind: 'associate',
      input: {
        ...usable,
        roleArn: 'arn:aws:iam::111122223333:role/no-such-role',
        replaceRole: true,
      },
    });
    expect(refused.state).toBe('failed');
    const inUse = await run({ kind: 'teardown', input: usable });
    expect(inUse.state).toBe('failed');
    const gone = await run({
      kind: 'teardown',
      input: { ...usable, force: true },
    });
    expect(gone.state).toBe('succeeded');
    await collect();

    const issued = portal.sandbox.secrets.all();
    expect(
      issued.filter(
        ({ kind, value }) => kind === 'session token' && events.includes(value),
      ).length,
    ).toBeGreaterThan(1);
    const secrets = [
      ...issued,
      ...signaturesOf(issued),
      { kind: 'secret access key', value: KEY_OF_WAREHOUSE },
      ...[undefined, BY_SCAFFOLDER].map(actor => ({
        kind: 'Backstage token',
        value: mockCredentials.user.token(ANA, actor),
      })),
    ];
    const leaks = findLeaks(secrets, places);
    const kinds = [...new Set(secrets.map(({ kind }) => kind))].sort();
    const countOf = (some: { kind: string }[], wanted: string) =>
      some.filter(({ kind }) => kind === wanted).length;
    const rows = kinds.map(
      kind =>
        `| ${kind} | ${countOf(secrets, kind)} issued | ${countOf(
          leaks,
          kind,
        )} found |`,
    );
    // `npm test` shows the lines of tables
    process.stdout.write(`\n${rows.join('\n')}\n`);
    expect(kinds).toEqual([
      'Backstage token',
      'EKS token',
      'secret access key',
      'service account token',
      'session token',
      'signature of an EKS token',
    ]);
    expect(leaks).toEqual([]);
    // All of it was written down where the search looked
    for (const [place, text] of places) {
      expect([place, /fraud-scorer/.test(text)]).toEqual([place, true]);
    }
  });

  it.each(formsOf('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'))(
    'would be found as %s',
    form => {
      const kind = 'secret access key';
      const value = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
      for (const place of places.keys()) {
        const planted = new Map(places).set(
          place,
          `${places.get(place)}x${form}y`,
        );
        expect(findLeaks([{ kind, value }], planted)).toEqual([
          { place, kind, begins: 'wJalrXUtnFEM' },
        ]);
      }
    },
  );
});

import { countByOperation } from 'eks-sandbox';
import { inCluster, ref } from '../__testUtils__/checkWorlds';
import { FactSource } from '../framework/FactSource';
import { collectors } from '../run/collectors';

const ACCOUNT = ref.serviceAccount;

const template = (app: string, serviceAccountName?: string) => ({
  metadata: { labels: { app } },
  spec: {
    serviceAccountName,
    restartPolicy: 'Always',
    containers: [{ name: 'app', image: 'a', command: ['sleep', 'infinity'] }],
  },
});

const workload = (
  kind: string,
  name: string,
  { app = name, account, ...spec }: Record<string, any> = {},
) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: ref.namespace },
  spec: {
    selector: { matchLabels: { app } },
    template: template(app, account),
    ...spec,
  },
});

const batch = (
  kind: 'Job' | 'CronJob',
  name: string,
  account: string,
): Record<string, any> => {
  const job = { template: template(name, account) };
  job.template.spec.restartPolicy = 'Never';
  return {
    apiVersion: 'batch/v1',
    kind,
    metadata: { name, namespace: ref.namespace },
    spec:
      kind === 'Job'
        ? job
        : { schedule: '0 3 * * *', suspend: true, jobTemplate: { spec: job } },
  };
};

describe('the workloads of an identity', () => {
  const { world, kube } = inCluster();

  async function workloads() {
    const context = world().context();
    const session = (role: 'read' | 'verify') =>
      world().clusters.session(ref.cluster, role);
    const fact = await new FactSource(
      collectors,
      {},
      {
        request: {
          ref,
          trigger: 'user',
          probe: 'none',
          permissionChecks: [],
          timeoutSeconds: 60,
        },
        operation: context,
        read: session('read'),
        verify: session('verify'),
        signal: context.signal,
        remainingMs: () => 60_000,
        withProbeSlot: work => work(),
        tell: async () => {},
      },
    ).get('workloads');
    if (!fact.known) throw new Error(fact.lack.sentence);
    return fact.value;
  }

  const named = async (name: string) =>
    (await workloads()).found.find(one => one.name === name);

  it('are found by account, by pods, by label and by name, each kind in one list', async () => {
    await kube().apply([
      workload('Deployment', 'reader', { account: ACCOUNT, replicas: 0 }),
      workload('StatefulSet', 'by-label', { app: ACCOUNT, replicas: 0 }),
      workload('DaemonSet', ACCOUNT, { app: 'other' }),
      workload('Deployment', 'unrelated', { replicas: 0 }),
      batch('CronJob', 'nightly', ACCOUNT),
    ] as never);
    world().sandbox.calls.reset();
    const { found, unseen } = await workloads();
    expect(unseen).toEqual([]);
    expect(
      found.map(({ kind, name, by, evidence, serviceAccount }) =>
        [kind, name, by, evidence, serviceAccount].join(' '),
      ),
    ).toEqual([
      `Deployment ${ACCOUNT} account  ${ACCOUNT}`,
      `Deployment reader account  ${ACCOUNT}`,
      `StatefulSet by-label label label app=${ACCOUNT} default`,
      `DaemonSet ${ACCOUNT} name its name default`,
      `CronJob nightly account  ${ACCOUNT}`,
    ]);
    const counts = countByOperation(
      world()
        .sandbox.calls.calls()
        .filter(call => !call.internal),
    );
    for (const resource of [
      'deployments',
      'statefulsets',
      'daemonsets',
      'cronjobs',
      'jobs',
    ]) {
      expect(counts[`kubernetes:list ${resource}`]).toBe(1);
    }
  });

  it('are found by their running pods when their template has moved on', async () => {
    await kube().change('deployments', ref.namespace, ACCOUNT, one => {
      one.spec.paused = true;
      one.spec.template.spec.serviceAccountName = 'default';
    });
    expect(await named(ACCOUNT)).toMatchObject({
      by: 'pods',
      serviceAccount: 'default',
      paused: true,
      older: 2,
    });
  });

  it('say how their pods are replaced, and how far that is', async () => {
    await kube().apply([
      workload('StatefulSet', 'db', {
        account: ACCOUNT,
        replicas: 2,
        updateStrategy: {
          type: 'RollingUpdate',
          rollingUpdate: { partition: 1 },
        },
      }),
      workload('DaemonSet', 'ds', {
        account: ACCOUNT,
        updateStrategy: { type: 'OnDelete' },
      }),
      batch('CronJob', 'nightly', ACCOUNT),
    ] as never);
    expect(await named(ACCOUNT)).toMatchObject({
      kind: 'Deployment',
      paused: false,
      strategy: 'RollingUpdate',
      replicas: { wanted: 2, updated: 2, available: 2 },
      rolledOut: true,
    });
    expect(await named('db')).toMatchObject({
      strategy: 'RollingUpdate',
      partition: 1,
      replicas: { wanted: 2 },
    });
    expect(await named('ds')).toMatchObject({ strategy: 'OnDelete' });
    const cron = await named('nightly');
    expect(cron).toMatchObject({ paused: true, rolledOut: true });
    expect(cron).not.toHaveProperty('strategy');
    expect(cron).not.toHaveProperty('replicas');
  });

  it('have the template as a pod, of which no webhook knows', async () => {
    const { template: pod } = (await named(ACCOUNT))!;
    expect(pod).toMatchObject({
      name: ACCOUNT,
      owner: { kind: 'Deployment', name: ACCOUNT },
      labels: { 'app.kubernetes.io/name': ACCOUNT },
    });
    expect(pod.containers[0]).toMatchObject({ injected: false });
  });

  it('of a CronJob belong by the pod of a Job that it made, whose run names it', async () => {
    await kube().apply(batch('CronJob', 'nightly', 'default') as never);
    const { uid } = kube().get('cronjobs', ref.namespace, 'nightly')!.metadata;
    const job = batch('Job', 'nightly-1', ACCOUNT);
    await kube().apply({
      ...job,
      metadata: {
        ...job.metadata,
        ownerReferences: [
          {
            apiVersion: 'batch/v1',
            kind: 'CronJob',
            name: 'nightly',
            uid,
            controller: true,
          },
        ],
      },
    } as never);
    await kube().waitFor('jobs', ref.namespace, 'nightly-1', one =>
      Boolean(one?.status?.active),
    );
    expect(await named('nightly')).toMatchObject({
      kind: 'CronJob',
      by: 'pods',
    });
    expect(await named('nightly-1')).toMatchObject({
      kind: 'Job',
      by: 'account',
      controller: { kind: 'CronJob', name: 'nightly' },
      replicas: { wanted: 1, updated: 1 },
    });
    const over = batch('Job', 'over', ACCOUNT);
    over.spec.template.spec.containers[0].command = ['true'];
    await kube().apply(over as never);
    await kube().waitFor('jobs', ref.namespace, 'over', one =>
      Boolean(one?.status?.succeeded),
    );
    expect(await named('over')).toBeUndefined();
  });

  it('are unseen by kind where the portal is not allowed to list one', async () => {
    await world().forbidKubernetes('readers', 'cronjobs');
    const { found, unseen } = await workloads();
    expect(unseen).toEqual(['CronJob']);
    expect(found.map(({ name }) => name)).toEqual([ACCOUNT]);
  });
});

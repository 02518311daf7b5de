import {
  KUBERNETES_MARK_ANNOTATIONS,
  MANAGED_BY,
  MANAGED_BY_LABEL,
} from 'backstage-plugin-eks-pod-identity-common';
import type { KubernetesApi } from '../../kubernetes/types';
import { readServiceAccountUse, workloadsInWords } from './workloads';

const under = (serviceAccountName?: string) => ({ serviceAccountName });
const owned = (kind: string, name: string) => ({
  ownerReferences: [
    { kind: 'Node', name: 'n' },
    { kind, name, controller: true },
  ],
});
const pod = (name: string, metadata: object = {}, more: object = {}) => ({
  metadata: { name, ...metadata },
  spec: under('api'),
  status: { phase: 'Running' },
  ...more,
});
const templated = (
  name: string,
  selector: object | undefined,
  spec: object = under('api'),
) => ({
  metadata: { name },
  spec: { selector, template: { spec } },
});
const job = (name: string, metadata: object = {}, status?: object) => ({
  metadata: { name, ...metadata },
  spec: { template: { spec: under('api') } },
  status,
});
const cron = (name: string, spec: object = under('api')) => ({
  metadata: { name },
  spec: { jobTemplate: { spec: { template: { spec } } } },
});
const labels = (app: string) => ({ labels: { app } });
const select = (app: string) => ({ matchLabels: { app } });

interface Objects {
  pods?: object[];
  deployments?: object[];
  statefulSets?: object[];
  daemonSets?: object[];
  jobs?: object[];
  cronJobs?: object[];
}

async function use(
  { pods, deployments, statefulSets, daemonSets, jobs, cronJobs }: Objects,
  serviceAccount = 'api',
) {
  const list =
    (objects: object[] = []) =>
    async () =>
      objects;
  const { workloads, probePods } = await readServiceAccountUse(
    {
      listPods: list(pods),
      listDeployments: list(deployments),
      listStatefulSets: list(statefulSets),
      listDaemonSets: list(daemonSets),
      listJobs: list(jobs),
      listCronJobs: list(cronJobs),
    } as unknown as KubernetesApi,
    { namespace: 'payments', serviceAccount },
    'main',
    new AbortController().signal,
  );
  return {
    workloads: workloads.map(
      ({ kind, name, pods: count }) => `${kind} ${name} ${count}`,
    ),
    probes: probePods.map(({ metadata }) => metadata?.name),
  };
}

describe('what uses a service account', () => {
  it.each<[string, Objects, string[]]>([
    [
      'is every kind of workload, each with its own pods',
      {
        deployments: [templated('web', select('web'))],
        statefulSets: [templated('db', select('db'))],
        daemonSets: [
          templated('log', {
            matchExpressions: [{ key: 'app', operator: 'In', values: ['log'] }],
          }),
        ],
        pods: [
          pod('w1', labels('web')),
          pod('w2', labels('web')),
          pod('d1', labels('db')),
          pod('l1', labels('log')),
          pod('alone'),
        ],
      },
      [
        'Deployment web 2',
        'StatefulSet db 1',
        'DaemonSet log 1',
        'Pod alone 1',
      ],
    ],
    [
      'is a workload at zero replicas',
      { deployments: [templated('web', select('web'))] },
      ['Deployment web 0'],
    ],
    [
      'is none of another service account',
      {
        deployments: [templated('web', select('web'), under('other'))],
        cronJobs: [cron('nightly', under('other'))],
        jobs: [
          {
            metadata: { name: 'once' },
            spec: { template: { spec: under('other') } },
          },
        ],
        pods: [pod('p', {}, { spec: under('other') })],
      },
      [],
    ],
    [
      'is what names it by the old field',
      { pods: [pod('p', {}, { spec: { serviceAccount: 'api' } })] },
      ['Pod p 1'],
    ],
    [
      'is no pod that is over',
      {
        pods: ['Succeeded', 'Failed'].map(phase =>
          pod(phase, {}, { status: { phase } }),
        ),
      },
      [],
    ],
    [
      'is a pod without a status',
      { pods: [pod('p', {}, { status: undefined })] },
      ['Pod p 1'],
    ],
    [
      'counts a pod once, under the first that selects it',
      {
        deployments: [templated('a', select('x')), templated('b', select('x'))],
        pods: [pod('p', labels('x'))],
      },
      ['Deployment a 1', 'Deployment b 0'],
    ],
    [
      'gives no pod to a workload without a selector',
      {
        deployments: [templated('a', undefined), templated('b', {})],
        pods: [pod('p', labels('x')), pod('q')],
      },
      ['Deployment a 0', 'Deployment b 0', 'Pod p 1', 'Pod q 1'],
    ],
    [
      'is a Job that is not finished, with its pods',
      {
        jobs: [
          job('runs'),
          job(
            'waits',
            {},
            {
              conditions: [
                { type: 'Complete', status: 'False' },
                { type: 'Suspended', status: 'True' },
              ],
            },
          ),
          job(
            'complete',
            {},
            { conditions: [{ type: 'Complete', status: 'True' }] },
          ),
          job(
            'failed',
            {},
            { conditions: [{ type: 'Failed', status: 'True' }] },
          ),
        ],
        pods: [
          pod('r1', owned('Job', 'runs')),
          pod('x', owned('ReplicaSet', 'runs')),
        ],
      },
      ['Job runs 1', 'Job waits 0', 'Pod x 1'],
    ],
    [
      'is a CronJob with the pods of its own Jobs, which do not count beside it',
      {
        cronJobs: [cron('nightly'), cron('weekly')],
        jobs: [
          job('nightly-1', owned('CronJob', 'nightly')),
          job('other-1', owned('Workflow', 'nightly')),
        ],
        pods: [
          pod('n1', owned('Job', 'nightly-1')),
          pod('o1', owned('Job', 'other-1')),
          pod('alone'),
        ],
      },
      ['CronJob nightly 1', 'CronJob weekly 0', 'Job other-1 1', 'Pod alone 1'],
    ],
    [
      'is the pod of a CronJob whose Job is finished but which still runs',
      {
        cronJobs: [cron('nightly')],
        jobs: [
          job('nightly-1', owned('CronJob', 'nightly'), {
            conditions: [{ type: 'Failed', status: 'True' }],
          }),
        ],
        pods: [pod('n1', owned('Job', 'nightly-1'))],
      },
      ['CronJob nightly 1'],
    ],
  ])('%s', async (_, objects, workloads) => {
    expect((await use(objects)).workloads).toEqual(workloads);
  });

  it('is what names none, where it is the default one', async () => {
    const objects = {
      deployments: [templated('web', select('web'), {})],
      pods: [
        pod('p', {}, { spec: {} }),
        pod('q', {}, { spec: undefined }),
        pod('r'),
      ],
    };
    expect((await use(objects, 'default')).workloads).toEqual([
      'Deployment web 0',
      'Pod p 1',
      'Pod q 1',
    ]);
  });

  it('is no probe pod of this portal; one of another portal is a pod like any', async () => {
    const probe = (name: string, label: string, portal: string) =>
      pod(name, {
        labels: { [MANAGED_BY_LABEL]: label },
        annotations: { [KUBERNETES_MARK_ANNOTATIONS.portal]: portal },
      });
    expect(
      await use({
        pods: [
          probe('ours', MANAGED_BY, 'main'),
          probe('theirs', MANAGED_BY, 'spare'),
          probe('made-up', 'helm', 'main'),
        ],
      }),
    ).toEqual({
      workloads: ['Pod theirs 1', 'Pod made-up 1'],
      probes: ['ours'],
    });
  });
});

describe('workloads in words', () => {
  const deployment = (pods: number, name = 'a') => ({
    kind: 'Deployment',
    name,
    pods,
  });
  it.each([
    [[], ''],
    [
      [deployment(0), deployment(1, 'b'), deployment(2, 'c')],
      'Deployment a (no running pods), Deployment b (1 running pod), Deployment c (2 running pods)',
    ],
    [[{ kind: 'Pod', name: 'p', pods: 1 }], 'Pod p'],
  ])('%j: %s', (workloads, words) => {
    expect(workloadsInWords(workloads)).toBe(words);
  });

  it('names ten, and counts the others', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, n) => ({
        kind: 'Pod',
        name: `p${n}`,
        pods: 1,
      }));
    expect(workloadsInWords(many(10))).toMatch(/Pod p9$/);
    expect(workloadsInWords(many(12))).toMatch(/Pod p9 and 2 more$/);
  });
});

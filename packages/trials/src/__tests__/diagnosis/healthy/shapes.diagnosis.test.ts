import type { Stage } from 'eks-sandbox';
import { useWorld } from '../world';
import {
  APP,
  cronJob,
  job,
  pod,
  running,
  sidecar,
  skip,
  variables,
  withoutWorkload,
  workload,
} from '../workload';
import { alarmsOf, type Healthy } from './healthy';

/** Beside the usual Deployment. */
const beside =
  (make: (stage: Stage) => Parameters<Stage['kube']['apply']>[0], least = 2) =>
  async (stage: Stage) => {
    await stage.kube.apply(make(stage));
    await running(stage, least);
  };

/** In place of the usual Deployment. */
const alone =
  (...given: Parameters<typeof beside>) =>
  async (stage: Stage) => {
    await withoutWorkload(stage);
    await beside(...given)(stage);
  };

/** A second Deployment of the component. */
const second = (stage: Stage, spec: Record<string, unknown>) =>
  workload(
    stage,
    'Deployment',
    'ledger-web',
    {},
    { labels: { 'backstage.io/kubernetes-id': 'ledger' }, spec },
  );

const DONE = { ...APP, command: ['true'] };

describe('healthy', () => {
  const world = useWorld();

  it.each<Healthy>([
    {
      what: 'a sidecar left out on purpose',
      make: stage =>
        stage.changePods(template => {
          skip(template, 'log-shipper');
          template.spec.containers.push({ ...APP, name: 'log-shipper' });
        }),
    },
    {
      what: 'a native sidecar left out on purpose',
      make: stage =>
        stage.changePods(template => {
          skip(template, 'proxy');
          template.spec.initContainers = [sidecar({})];
        }),
    },
    {
      what: 'a native sidecar with the identity',
      make: stage =>
        stage.changePods(({ spec }) => {
          spec.initContainers = [
            sidecar({ env: variables({ AWS_REGION: 'eu-west-1' }) }),
          ];
        }),
    },
    {
      what: 'two containers with the identity',
      make: stage =>
        stage.changePods(({ spec }) => {
          spec.containers.push({ ...APP, name: 'worker' });
        }),
    },
    {
      what: 'an init container without credentials that has ended',
      make: stage =>
        stage.changePods(template => {
          skip(template, 'prepare');
          template.spec.initContainers = [{ ...DONE, name: 'prepare' }];
        }),
    },
    {
      what: 'a CronJob between two runs, alone',
      make: alone(stage => cronJob(stage, 'nightly'), 0),
    },
    {
      what: 'a CronJob between two runs, beside pods',
      make: beside(stage => cronJob(stage, 'nightly')),
    },
    {
      what: 'a Deployment at 0 beside one that runs',
      make: beside(stage =>
        workload(stage, 'Deployment', 'ledger-batch', { replicas: 0 }),
      ),
    },
    {
      what: 'a paused Deployment whose pods are of its template',
      make: ({ kube, namespace, name }) =>
        kube.change('deployments', namespace, name, ({ spec }) => {
          spec.paused = true;
        }),
    },
    {
      what: 'a second Deployment of the component without a sign of AWS',
      entityRef: 'component:default/ledger',
      make: stage =>
        stage.kube.apply(second(stage, { serviceAccountName: 'default' })),
    },
    {
      what: 'a second Deployment of the component under an account of its own',
      entityRef: 'component:default/ledger',
      make: async stage => {
        const { arn } = stage.aws.iam.putRole({ name: 'ledger-web' });
        stage.aws.eks.putAssociation(stage.cluster, {
          namespace: stage.namespace,
          serviceAccount: 'ledger-web',
          roleArn: arn,
        });
        await stage.kube.apply([
          {
            apiVersion: 'v1',
            kind: 'ServiceAccount',
            metadata: { name: 'ledger-web', namespace: stage.namespace },
          },
          second(stage, {
            serviceAccountName: 'ledger-web',
            containers: [
              { ...APP, env: variables({ AWS_REGION: 'eu-west-1' }) },
            ],
          }),
        ]);
      },
    },
    { what: 'a roll-out that has ended', make: stage => stage.restart() },
    {
      what: 'a StatefulSet with a partition that is done',
      make: alone(stage =>
        workload(stage, 'StatefulSet', 'db', {
          replicas: 2,
          updateStrategy: {
            type: 'RollingUpdate',
            rollingUpdate: { partition: 2 },
          },
        }),
      ),
    },
    {
      what: 'OnDelete, all pods of the template',
      make: alone(stage =>
        workload(stage, 'DaemonSet', 'shipper', {
          updateStrategy: { type: 'OnDelete' },
        }),
      ),
    },
    {
      what: 'a DaemonSet on all nodes, alone',
      make: alone(stage => workload(stage, 'DaemonSet', 'shipper'), 3),
    },
    {
      what: 'more pods, as an autoscaler asks',
      make: async stage => {
        await stage.kube.change(
          'deployments',
          stage.namespace,
          stage.name,
          ({ spec }) => {
            spec.replicas = 6;
          },
        );
        await running(stage, 6);
      },
    },
    {
      what: 'an endpoint of localstack',
      make: stage =>
        stage.setEnv({ AWS_ENDPOINT_URL: 'http://localstack:4566' }),
    },
    {
      what: 'another region',
      make: stage => stage.setEnv({ AWS_REGION: 'us-east-1' }),
    },
    {
      what: 'completed Jobs',
      make: async stage => {
        const names = ['migrate-1', 'migrate-2'];
        await stage.kube.apply(names.map(one => job(stage, one, ['true'])));
        for (const name of names) {
          await stage.kube.waitFor(
            'jobs',
            stage.namespace,
            name,
            one => one?.status?.succeeded === 1,
          );
        }
      },
    },
    {
      what: 'a Job that runs, alone',
      make: alone(stage => job(stage, 'import', ['sleep', 'infinity']), 1),
    },
    {
      what: 'pods of a canary Rollout',
      make: alone(stage =>
        ['ledger-5d9f-aaaaa', 'ledger-7c8d-bbbbb'].map(name =>
          pod(stage, name, {}, { kind: 'Rollout', name: 'ledger' }),
        ),
      ),
    },
    {
      what: 'a pod without owner, alone',
      make: alone(stage => pod(stage, 'lone'), 1),
    },
    {
      what: 'a container that has crashed once beside one that runs',
      make: stage =>
        stage.changePods(({ spec }) => {
          const [volume, path] = ['once', '/once'];
          spec.volumes = [
            ...(spec.volumes ?? []),
            { name: volume, emptyDir: {} },
          ];
          spec.containers.push({
            ...APP,
            name: 'flaky',
            command: [
              'sh',
              '-c',
              `test -e ${path}/done || { touch ${path}/done; exit 1; }; sleep infinity`,
            ],
            volumeMounts: [{ name: volume, mountPath: path }],
          });
        }),
    },
    {
      what: 'the webhook’s own values, written by hand',
      make: stage =>
        stage.setEnv({
          AWS_CONTAINER_CREDENTIALS_FULL_URI:
            'http://169.254.170.23/v1/credentials',
          AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE:
            '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token',
        }),
    },
    {
      what: 'a NetworkPolicy for another workload',
      make: ({ kube, namespace }) =>
        kube.apply({
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          metadata: { name: 'web', namespace },
          spec: {
            podSelector: { matchLabels: { app: 'web' } },
            policyTypes: ['Egress'],
            egress: [],
          },
        }),
    },
  ])('$what', async healthy => {
    expect(await alarmsOf(world(), healthy)).toEqual([]);
  });
});

import type { Stage } from 'eks-sandbox';
import {
  APP,
  cronJob,
  job,
  KEYS,
  pod,
  running,
  variables,
  withoutWorkload,
  workload,
} from '../workload';
import type { Setup } from './setup';

const DEAD_IMAGE = 'registry.invalid/app:2';

/** So many running pods are older than the association: those of the Deployment, and of what is made here. */
async function older(
  stage: Stage,
  least: number,
  make: () => unknown | Promise<unknown> = () => undefined,
) {
  const again = stage.dissociate();
  await stage.restart();
  await make();
  await running(stage, least);
  again();
}

export const alone =
  (make: (stage: Stage) => Parameters<Stage['kube']['apply']>[0], least = 0) =>
  async (stage: Stage) => {
    await withoutWorkload(stage);
    await stage.kube.apply(make(stage));
    await running(stage, least);
  };

const pause = ({ kube, namespace, name }: Stage) =>
  kube.change('deployments', namespace, name, ({ spec }) => {
    spec.paused = true;
  });

/** Several workloads under one account, other names than the account's, and roll-outs of every kind. */
export const OF_WORKLOADS: Record<string, Setup> = {
  'N01 five kinds of workload from before the association': {
    make: stage =>
      older(stage, 8, () =>
        stage.kube.apply([
          workload(stage, 'StatefulSet', 'db', {
            replicas: 1,
            updateStrategy: { type: 'OnDelete' },
          }),
          workload(stage, 'DaemonSet', 'agentd'),
          job(stage, 'batch', ['sleep', 'infinity']),
          pod(stage, 'lone'),
        ]),
      ),
    status: 'restart-needed',
    says: /0 of 8|StatefulSet db/,
    ends: 'verified',
  },
  'N02 a paused Deployment from before the association': {
    make: async stage => {
      await older(stage, 2);
      await pause(stage);
    },
    status: 'restart-needed',
    says: /Deployment payments-ledger/,
    ends: 'verified',
  },
  'N05 a roll-out that is stuck, old pods without the identity': {
    make: async stage => {
      const { kube, namespace, name } = stage;
      await older(stage, 2);
      await kube.change('deployments', namespace, name, ({ spec }) => {
        spec.template.spec.containers[0].image = DEAD_IMAGE;
      });
      await stage.later(5_000);
    },
    status: 'no-pod-has-it',
    says: /stuck|does not go on|cannot be pulled/,
  },
  'N21 the service account of the workload was renamed': {
    make: stage =>
      stage.changePods(({ spec }) => {
        spec.serviceAccountName = 'payments-api';
      }),
    status: 'no-pod-has-it',
    says: /payments-api/,
    ends: 'verified',
  },
  'N29 StatefulSet and DaemonSet with OnDelete, from before': {
    make: async stage => {
      const updateStrategy = { type: 'OnDelete' };
      await withoutWorkload(stage);
      const again = stage.dissociate();
      await stage.kube.apply([
        workload(stage, 'StatefulSet', 'db', { replicas: 2, updateStrategy }),
        workload(stage, 'DaemonSet', 'ds', { updateStrategy }),
      ]);
      await running(stage, 5);
      again();
    },
    status: 'restart-needed',
    says: /DaemonSet ds/,
    ends: 'verified',
  },
  'V01 the workload of another name runs under default': {
    make: alone(stage =>
      workload(
        stage,
        'Deployment',
        'ledger-api',
        { replicas: 2 },
        {
          labels: { 'backstage.io/kubernetes-id': 'ledger' },
          spec: {
            serviceAccountName: 'default',
            containers: [
              { ...APP, env: variables({ AWS_REGION: 'eu-west-1' }) },
            ],
          },
        },
      ),
    ),
    entityRef: 'component:default/ledger',
    status: 'no-pod-has-it',
    says: /Deployment ledger-api .*service account default/,
    ends: 'verified',
  },
  'V02 a CronJob between two runs whose template has keys': {
    make: alone(stage => cronJob(stage, 'nightly', { env: variables(KEYS) })),
    status: 'other-identity',
    says: /CronJob nightly .*AWS_ACCESS_KEY_ID/,
  },
  'V03 a Deployment at 0 under default, named as the account': {
    make: async stage => {
      const { kube, namespace, name } = stage;
      await kube.change('deployments', namespace, name, ({ spec }) => {
        spec.replicas = 0;
        spec.template.spec.serviceAccountName = 'default';
      });
      await stage.rolledOut();
    },
    status: 'no-pod-has-it',
    says: /next pods of Deployment payments-ledger .*service account default/,
    ends: 'verified',
  },
  'V17 no pod can pull its image': {
    make: alone(stage =>
      workload(
        stage,
        'Deployment',
        'web',
        { replicas: 2 },
        { spec: { containers: [{ ...APP, image: DEAD_IMAGE }] } },
      ),
    ),
    status: 'pods-not-started',
    says: /cannot be pulled/,
  },
  'V20 the role was made again': {
    make: async stage => {
      const { name } = stage.role();
      stage.aws.iam.deleteRole(stage.role().arn);
      await stage.later();
      stage.aws.iam.putRole({ name });
    },
    status: 'restart-needed',
    says: /older than the role/,
    ends: 'verified',
  },
  'V23 a paused Deployment whose template names another account': {
    make: async stage => {
      await pause(stage);
      await stage.kube.change(
        'deployments',
        stage.namespace,
        stage.name,
        ({ spec }) => {
          spec.template.spec.serviceAccountName = 'default';
        },
      );
    },
    status: 'verified',
    says: /1 note: [\s\S]*Deployment payments-ledger .*service account default/,
  },
  'V24 a second Deployment of the component under default, with a sign of AWS':
    {
      make: async stage => {
        await stage.kube.apply(
          workload(
            stage,
            'Deployment',
            'ledger-worker',
            { replicas: 2 },
            {
              labels: { 'backstage.io/kubernetes-id': 'ledger' },
              spec: {
                serviceAccountName: 'default',
                containers: [
                  { ...APP, env: variables({ AWS_REGION: 'eu-west-1' }) },
                ],
              },
            },
          ),
        );
        await stage.kube.waitFor(
          'deployments',
          stage.namespace,
          'ledger-worker',
          one => one?.status?.readyReplicas === 2,
        );
      },
      entityRef: 'component:default/ledger',
      status: 'partly-works',
      says: /Deployment ledger-worker .*service account default/,
      ends: 'verified',
    },
  'a StatefulSet with a partition, from before the association': {
    make: async stage => {
      await withoutWorkload(stage);
      const again = stage.dissociate();
      await stage.kube.apply(
        workload(stage, 'StatefulSet', 'db', {
          replicas: 2,
          updateStrategy: {
            type: 'RollingUpdate',
            rollingUpdate: { partition: 1 },
          },
        }),
      );
      await running(stage, 2);
      again();
    },
    status: 'restart-needed',
    says: /StatefulSet db/,
    ends: 'verified',
  },
  'one of two Deployments of an account has keys': {
    make: async stage => {
      await stage.kube.apply(
        workload(
          stage,
          'Deployment',
          'web',
          { replicas: 2 },
          { spec: { containers: [{ ...APP, env: variables(KEYS) }] } },
        ),
      );
      await running(stage, 4);
    },
    status: 'partly-works',
    says: /2 of 4 running pods/,
    ends: 'verified',
  },
  'the run of a CronJob from before the association': {
    make: async stage => {
      await withoutWorkload(stage);
      const again = stage.dissociate();
      await stage.kube.apply(cronJob(stage, 'nightly'));
      const { uid } = stage.kube.get(
        'cronjobs',
        stage.namespace,
        'nightly',
      )!.metadata;
      const owner = {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        name: 'nightly',
        controller: true,
        uid,
      };
      await stage.kube.apply(
        job(stage, 'nightly-1', ['sleep', 'infinity'], {
          ownerReferences: [owner],
        }),
      );
      await running(stage, 1);
      again();
    },
    status: 'verified',
    says: /1 note: [\s\S]*Job nightly-1/,
  },
  'a suspended CronJob that opts out, beside pods that have it': {
    make: stage =>
      stage.kube.apply({
        ...cronJob(stage, 'nightly'),
        spec: {
          suspend: true,
          schedule: '0 3 * * *',
          jobTemplate: {
            spec: {
              template: {
                metadata: {
                  labels: {
                    'eks.amazonaws.com/skip-pod-identity-webhook': 'true',
                  },
                },
                spec: {
                  serviceAccountName: stage.name,
                  restartPolicy: 'Never',
                  containers: [APP],
                },
              },
            },
          },
        },
      }),
    status: 'partly-works',
    says: /CronJob nightly .*opt out/,
  },
};

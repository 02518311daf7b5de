import type { Stage } from 'eks-sandbox';
import {
  APP,
  cronJob,
  job,
  KEYS,
  pod,
  running,
  skip,
  variables,
  withoutWorkload,
} from '../workload';
import { admissionPolicy } from './cluster';
import type { Setup } from './setup';
import { alone } from './workloads';

const LABEL = 'app.kubernetes.io/name';

/** A CronJob between two runs, alone. */
const nightly = (change: (template: any) => void) =>
  alone(stage => {
    const made: any = cronJob(stage, 'nightly');
    const { template } = made.spec.jobTemplate.spec;
    template.metadata = { labels: { app: 'nightly' } };
    change(template);
    return made;
  });

/** Changes the pods of the usual Deployment from now on; those that run are of before. */
const fromNowOn = (mutate: (one: any) => void) => (stage: Stage) => {
  stage.kube.addWebhook({
    name: 'mutate.policy-engine.example',
    supportsDryRun: true,
    matches: one => one.metadata.labels?.[LABEL] === stage.name,
    mutate,
  });
};

const PROXY = variables({ HTTP_PROXY: 'http://proxy.internal.example:3128' });

/** What is wrong with the next pods, while those that run, or a probe, have the identity. */
export const TRIES_OF_TEMPLATES: Record<string, Setup> = {
  'T14 a CronJob whose template names another account since its run began': {
    make: async stage => {
      await withoutWorkload(stage);
      await stage.kube.apply(cronJob(stage, 'nightly'));
      const { uid } = stage.kube.get(
        'cronjobs',
        stage.namespace,
        'nightly',
      )!.metadata;
      await stage.kube.apply(
        job(stage, 'nightly-1', ['sleep', 'infinity'], {
          ownerReferences: [
            {
              apiVersion: 'batch/v1',
              kind: 'CronJob',
              name: 'nightly',
              controller: true,
              uid,
            },
          ],
        }),
      );
      await running(stage, 1);
      await stage.kube.change(
        'cronjobs',
        stage.namespace,
        'nightly',
        ({ spec }) => {
          spec.jobTemplate.spec.template.spec.serviceAccountName = 'default';
        },
      );
    },
    status: 'verified',
    says: /next pods of CronJob nightly would run under the service account default/,
  },
  'T15 a suspended Job with keys': {
    make: alone(stage => {
      const made: any = job(stage, 'import', ['sleep', 'infinity']);
      made.spec.suspend = true;
      made.spec.template.spec.containers[0].env = variables(KEYS);
      return made;
    }),
    status: 'other-identity',
    says: /next pods of Job import would set AWS_ACCESS_KEY_ID/,
  },
  'T16 a CronJob that leaves its main container out': {
    make: nightly(template => {
      skip(template, 'app');
      template.spec.containers.push({ ...APP, name: 'shipper' });
    }),
    status: 'partly-works',
    says: /next pods of CronJob nightly would leave app out of Pod Identity/,
  },
  'T17 a CronJob with a proxy': {
    make: nightly(({ spec }) => {
      spec.containers[0].env = PROXY;
    }),
    status: 'no-pod-has-it',
    says: /next pods of CronJob nightly would send requests to the agent through a proxy/,
  },
  'T18 a Deployment at 0 that is to run on Windows': {
    make: async stage => {
      const { kube, namespace, name } = stage;
      await kube.change('deployments', namespace, name, ({ spec }) => {
        spec.replicas = 0;
        spec.template.spec.nodeSelector = { 'kubernetes.io/os': 'windows' };
      });
      await stage.rolledOut();
    },
    status: 'no-pod-has-it',
    says: /would run on Windows nodes, which Pod Identity does not support/,
  },
  'T19 a NetworkPolicy for a CronJob between two runs': {
    make: async stage => {
      await nightly(() => undefined)(stage);
      await stage.kube.apply({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'closed', namespace: stage.namespace },
        spec: {
          podSelector: { matchLabels: { app: 'nightly' } },
          policyTypes: ['Egress'],
          egress: [],
        },
      });
    },
    status: 'no-pod-has-it',
    says: /The next pods of CronJob nightly might not reach the agent: NetworkPolicy closed selects them/,
    ends: 'verified',
  },
  'T20 Pod Security that the next pods do not meet': {
    make: ({ kube, namespace }) => kube.setPodSecurity(namespace, 'restricted'),
    status: 'verified',
    says: /1 note: [\s\S]*A new pod of Deployment payments-ledger cannot be made now: Pod Security of namespace payments/,
  },
  'T21 an admission policy that refuses the next pods': {
    make: ({ kube, name }) =>
      kube.apply(
        admissionPolicy('teams', {
          expression: `!('${LABEL}' in object.metadata.labels) || object.metadata.labels['${LABEL}'] != '${name}'`,
          message: 'not without a team',
        }),
      ),
    status: 'verified',
    says: /1 note: [\s\S]*A new pod of Deployment payments-ledger cannot be made now: An admission policy/,
  },
  'T22 a policy engine that gives the next pods keys': {
    make: fromNowOn(({ spec }) => {
      spec.containers[0].env = [
        ...(spec.containers[0].env ?? []),
        ...variables(KEYS),
      ];
    }),
    status: 'broken',
    says: /new pod of Deployment payments-ledger does not receive the identity: admission lets it set AWS_ACCESS_KEY_ID/,
  },
  'T23 a policy engine that gives the next pods a proxy': {
    make: fromNowOn(({ spec }) => {
      spec.containers[0].env = [...(spec.containers[0].env ?? []), ...PROXY];
    }),
    status: 'verified',
    says: /gives a new pod of Deployment payments-ledger a proxy that does not spare the agent/,
  },
  'T24 a Fargate profile that takes the next pods': {
    make: ({ kube, namespace, name }) =>
      kube.selectForFargate({ namespace, labels: { [LABEL]: name } }),
    status: 'broken',
    says: /EKS puts it on Fargate, where there is no agent/,
  },
  'T25 a condition of the webhook on who creates a pod': {
    make: ({ kube }) =>
      kube.change(
        'mutatingwebhookconfigurations',
        undefined,
        'pod-identity-webhook',
        ({ webhooks }) => {
          webhooks[0].matchConditions = [
            {
              name: 'not-controllers',
              expression:
                "request.userInfo.username != 'system:serviceaccount:kube-system:replicaset-controller'",
            },
          ];
        },
      ),
    status: 'verified',
    says: /has matchConditions, which EKS is not known to set/,
  },
  'T26 the template of a Rollout, which is not read': {
    make: alone(
      stage =>
        pod(
          stage,
          'ledger-5d9f-aaaaa',
          {},
          { kind: 'Rollout', name: 'ledger' },
        ),
      1,
    ),
    status: 'verified',
    says: /a fresh pod of payments.payments-ledger/,
    tells: /The template of Rollout ledger is of a kind that is not read here/,
  },
};

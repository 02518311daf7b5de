import type { Manifest, Stage } from 'eks-sandbox';

export const APP = {
  name: 'app',
  image: 'registry.acme.example/payments/app:1.4.2',
  command: ['sleep', 'infinity'],
};

interface Template {
  spec?: Record<string, unknown>;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** A template of one container under the service account of the identity, unless it says otherwise. */
const template = (
  stage: Stage,
  { spec, labels, annotations }: Template = {},
) => ({
  metadata: { ...(labels && { labels }), ...(annotations && { annotations }) },
  spec: { serviceAccountName: stage.name, containers: [APP], ...spec },
});

/** A workload of the identity, which need not have its name. */
export function workload(
  stage: Stage,
  kind: string,
  name: string,
  more: Record<string, unknown> = {},
  pods: Template = {},
): Manifest {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {
      name,
      namespace: stage.namespace,
      ...(pods.labels && { labels: pods.labels }),
    },
    spec: {
      selector: { matchLabels: labels },
      template: template(stage, {
        ...pods,
        labels: { ...labels, ...pods.labels },
      }),
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      ...more,
    },
  };
}

const asJob = (stage: Stage, command: string[], spec: object = {}) => ({
  template: template(stage, {
    spec: {
      restartPolicy: 'Never',
      containers: [{ ...APP, command, ...spec }],
    },
  }),
});

export const job = (
  stage: Stage,
  name: string,
  command: string[],
  more: object = {},
): Manifest => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: stage.namespace, ...more },
  spec: asJob(stage, command),
});

/** Never starts a Job in the sandbox. */
export const cronJob = (
  stage: Stage,
  name: string,
  container: object = {},
): Manifest => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name, namespace: stage.namespace },
  spec: {
    schedule: '0 3 * * *',
    jobTemplate: { spec: asJob(stage, ['true'], container) },
  },
});

/** A pod of an owner that nothing here knows, or of none. */
export const pod = (
  stage: Stage,
  name: string,
  { spec, labels, annotations }: Template = {},
  owner?: { kind: string; name: string },
): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  spec: template(stage, { spec }).spec,
  metadata: {
    ...template(stage, { labels, annotations }).metadata,
    name,
    namespace: stage.namespace,
    ...(owner && {
      ownerReferences: [
        {
          apiVersion: 'argoproj.io/v1alpha1',
          uid: '5f4b7c1e-0000-4000-8000-000000000001',
          controller: true,
          ...owner,
        },
      ],
    }),
  },
});

export const KEYS = {
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

export const variables = (env: Record<string, string>) =>
  Object.entries(env).map(([name, value]) => ({ name, value }));

/** An init container that runs as long as its pod. */
export const sidecar = (more: Record<string, unknown>) => ({
  ...APP,
  name: 'proxy',
  restartPolicy: 'Always',
  ...more,
});

/** Leaves containers out by their name. */
export function skip({ metadata }: { metadata: any }, names: string): void {
  metadata.annotations = {
    ...metadata.annotations,
    'eks.amazonaws.com/skip-containers': names,
  };
}

/** The usual Deployment goes; the identity stays. */
export async function withoutWorkload(stage: Stage): Promise<void> {
  const { kube, namespace, name } = stage;
  await kube.delete('deployments', namespace, name);
  const gone = () =>
    !kube
      .list('pods', namespace)
      .some(one => one.spec.serviceAccountName === name);
  for (let round = 0; round < 100 && !gone(); round += 1) {
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/** Until pods of the service account, or with that name, run. */
export async function running(stage: Stage, least: number): Promise<void> {
  const up = () =>
    stage.kube
      .list('pods', stage.namespace)
      .filter(
        ({ spec, status, metadata }) =>
          spec.serviceAccountName === stage.name &&
          !metadata.deletionTimestamp &&
          status?.phase === 'Running',
      ).length;
  for (let round = 0; round < 200 && up() < least; round += 1) {
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

import type { Stage } from 'eks-sandbox';
import { APP, KEYS, sidecar, skip, variables } from '../workload';
import type { Setup } from './setup';

const TOKEN =
  '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token';
const ADDRESS = 'http://169.254.170.23/v1/credentials';

type Container = Record<string, unknown>;

/** Changes the first container of the Deployment, or its pods. */
export const first = (more: Container) => (stage: Stage) =>
  stage.changePods(({ spec }) => Object.assign(spec.containers[0], more));

const FILES =
  '[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n';

export const store = (
  stage: Stage,
  kind: 'Secret' | 'ConfigMap',
  name: string,
  data: Record<string, string>,
) =>
  stage.kube.apply({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: stage.namespace },
    ...(kind === 'Secret' ? { stringData: data } : { data }),
  });

/** What their containers hold. */
export const OF_CONTAINERS: Record<string, Setup> = {
  'N03 an init container and a native sidecar left out': {
    make: stage =>
      stage.changePods(template => {
        skip(template, 'prepare,proxy');
        template.spec.initContainers = [
          { ...APP, name: 'prepare', command: ['true'] },
          sidecar({}),
        ];
      }),
    status: 'verified',
    says: /1 note: [\s\S]*init container prepare, sidecar proxy/,
  },
  'N04 a native sidecar with keys': {
    make: stage =>
      stage.changePods(({ spec }) => {
        spec.initContainers = [sidecar({ env: variables(KEYS) })];
      }),
    status: 'partly-works',
    says: /in sidecar proxy/,
    ends: 'verified',
  },
  'V04 another file in the folder of the token': {
    make: first({
      env: variables({
        AWS_CONTAINER_CREDENTIALS_FULL_URI: ADDRESS,
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: TOKEN.replace(
          /[^/]+$/,
          'token',
        ),
      }),
    }),
    status: 'no-pod-has-it',
    says: /another file in the folder of the token/,
    ends: 'verified',
  },
  'V05 another path of the agent': {
    make: first({
      env: variables({
        AWS_CONTAINER_CREDENTIALS_FULL_URI: ADDRESS.replace('v1', 'v2'),
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: TOKEN,
      }),
    }),
    status: 'no-pod-has-it',
    says: /another path of the agent/,
    ends: 'verified',
  },
  'V07 keys on the command line': {
    make: first({
      command: [
        'sh',
        '-c',
        `export AWS_ACCESS_KEY_ID=${KEYS.AWS_ACCESS_KEY_ID} AWS_SECRET_ACCESS_KEY=${KEYS.AWS_SECRET_ACCESS_KEY}; sleep infinity`,
      ],
    }),
    status: 'other-identity',
    says: /on their command line/,
  },
  'V12 a credentials file from a projected Secret': {
    make: async stage => {
      await store(stage, 'Secret', 'files', { credentials: FILES });
      await stage.mount(
        {
          name: 'files',
          projected: { sources: [{ secret: { name: 'files' } }] },
        },
        '/home/app/.aws',
      );
    },
    status: 'other-identity',
    says: /mount a volume at ~\/\.aws/,
    ends: 'verified',
  },
  'V13 a Secret below another HOME': {
    make: async stage => {
      await store(stage, 'Secret', 'files', { credentials: FILES });
      await stage.changePods(({ spec }) => {
        const items = [{ key: 'credentials', path: '.aws/credentials' }];
        spec.volumes = [
          { name: 'files', secret: { secretName: 'files', items } },
        ];
        Object.assign(spec.containers[0], {
          env: variables({ HOME: '/data' }),
          volumeMounts: [{ name: 'files', mountPath: '/data' }],
        });
      });
    },
    status: 'other-identity',
    says: /mount a volume at ~\/\.aws/,
  },
  'V14 an endpoint and a region of its own': {
    make: first({
      env: variables({
        AWS_ENDPOINT_URL: 'http://localstack:4566',
        AWS_REGION: 'us-east-1',
      }),
    }),
    status: 'verified',
    says: /1 note: [\s\S]*AWS_ENDPOINT_URL[\s\S]*AWS_REGION us-east-1/,
  },
  'V15 the application is the second container, left out': {
    make: stage =>
      stage.changePods(template => {
        skip(template, 'ledger');
        template.spec.containers.push({ ...APP, name: 'ledger' });
      }),
    status: 'verified',
    says: /1 note: [\s\S]*ledger/,
  },
  'V18 keys among the options of Java': {
    make: first({
      env: variables({
        JAVA_TOOL_OPTIONS: `-Daws.accessKeyId=${KEYS.AWS_ACCESS_KEY_ID} -Daws.secretKey=${KEYS.AWS_SECRET_ACCESS_KEY}`,
      }),
    }),
    status: 'other-identity',
    says: /JAVA_TOOL_OPTIONS/,
    ends: 'verified',
  },
  'V19 a native sidecar with keys by envFrom': {
    make: async stage => {
      await store(stage, 'Secret', 'aws-keys', KEYS);
      await stage.changePods(({ spec }) => {
        spec.initContainers = [
          sidecar({ envFrom: [{ secretRef: { name: 'aws-keys' } }] }),
        ];
      });
    },
    status: 'partly-works',
    says: /Secret aws-keys.*in sidecar proxy/,
    ends: 'verified',
  },
  'V21 keys in a ConfigMap at ~/.aws': {
    make: async stage => {
      await store(stage, 'ConfigMap', 'settings', { credentials: FILES });
      await stage.mount(
        { name: 'aws', configMap: { name: 'settings' } },
        '/home/app/.aws',
      );
    },
    status: 'verified',
    says: /1 note: [\s\S]*~\/\.aws/,
  },
  'V22 a file of credentials in an emptyDir': {
    make: async stage => {
      await stage.mount({ name: 'shared', emptyDir: {} }, '/shared');
      await stage.setEnv({ AWS_SHARED_CREDENTIALS_FILE: '/shared/aws' });
    },
    status: 'verified',
    says: /1 note: [\s\S]*AWS_SHARED_CREDENTIALS_FILE/,
  },
};

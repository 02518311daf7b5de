import type { KubeObject } from '../kubernetes/types';
import { breaking, Scenario } from './scenario';
import { onEveryNode } from './stage';

const APP_KEYS = 'app-settings';

const annotate =
  (annotations: Record<string, string>) =>
  ({ metadata }: KubeObject) => {
    metadata.annotations = { ...metadata.annotations, ...annotations };
  };

/** The DaemonSet of the VPC CNI, as far as its mode for security groups goes. */
const awsNode = (mode: 'standard' | 'strict') =>
  onEveryNode('aws-node', {
    image:
      '602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni:v1.19.2',
    env: [
      { name: 'ENABLE_POD_ENI', value: 'true' },
      { name: 'POD_SECURITY_GROUP_ENFORCING_MODE', value: mode },
    ],
  });

/** What is in the pods of the workload. */
export const workloadScenarios: Record<string, Scenario> = {
  'static-keys': breaking({
    rows: ['27'],
    description: 'Puts the keys of a user into the environment of the pods.',
    shows: 'Every SDK uses the keys, not the identity.',
    break: stage =>
      stage.setEnv({
        AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      }),
  }),
  'static-keys-by-env-from': breaking({
    rows: ['27'],
    description:
      'Lets the pods take all variables of a Secret, among them the keys of a user.',
    shows: 'What the Secret holds cannot be seen; the pods use the keys.',
    async break(stage) {
      await stage.kube.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: APP_KEYS, namespace: stage.namespace },
        stringData: {
          AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
          AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
        },
      });
      await stage.changePods(({ spec }) => {
        for (const container of spec.containers) {
          container.envFrom = [{ secretRef: { name: APP_KEYS } }];
        }
      });
    },
  }),
  'profile-named': breaking({
    rows: ['27'],
    description: 'Sets AWS_PROFILE in the pods.',
    shows: 'SDKs look for the profile first.',
    break: stage => stage.setEnv({ AWS_PROFILE: 'ledger' }),
  }),
  'aws-files-mounted': breaking({
    rows: ['27'],
    description: 'Mounts a Secret with keys at /home/app/.aws.',
    shows: 'SDKs use the keys of the file.',
    async break(stage) {
      await stage.kube.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'aws-files', namespace: stage.namespace },
        stringData: {
          credentials:
            '[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n',
        },
      });
      await stage.mount(
        { name: 'aws-files', secret: { secretName: 'aws-files' } },
        '/home/app/.aws',
      );
    },
  }),
  'proxy-without-exemption': breaking({
    rows: ['20'],
    description: 'Sets HTTP_PROXY and HTTPS_PROXY in the pods.',
    shows:
      'Go and Rust programs send the request for credentials to the proxy.',
    break: stage =>
      stage.setEnv({
        HTTP_PROXY: 'http://proxy.internal.example:3128',
        HTTPS_PROXY: 'http://proxy.internal.example:3128',
        NO_PROXY: 'localhost,127.0.0.1,169.254.169.254',
      }),
  }),
  'container-left-out': breaking({
    rows: ['28'],
    description:
      'Adds a second container and leaves it out by the annotation skip-containers.',
    shows: 'One container has the identity, the other has none.',
    break: stage =>
      stage.changePods(template => {
        annotate({ 'eks.amazonaws.com/skip-containers': 'worker' })(template);
        template.spec.containers.push({
          ...structuredClone(template.spec.containers[0]),
          name: 'worker',
        });
      }),
  }),
  'pod-opted-out': breaking({
    rows: ['28'],
    description: 'Labels the pods so that the webhook skips them.',
    shows: 'The pods have no identity, new ones neither.',
    break: stage =>
      stage.changePods(({ metadata }) => {
        metadata.labels = {
          ...metadata.labels,
          'eks.amazonaws.com/skip-pod-identity-webhook': 'true',
        };
      }),
  }),
  'address-preset': breaking({
    rows: ['28'],
    description:
      'Sets AWS_CONTAINER_CREDENTIALS_FULL_URI in the pod template, so that the webhook adds nothing.',
    shows: 'The pods look for credentials elsewhere.',
    break: stage =>
      stage.setEnv({
        AWS_CONTAINER_CREDENTIALS_FULL_URI:
          'http://127.0.0.1:9911/v1/credentials',
      }),
  }),
  'security-groups-strict': breaking({
    rows: ['22'],
    description:
      'Gives the pods their own network interface, with the CNI in strict mode.',
    shows: 'The pods do not reach the agent.',
    async break(stage) {
      await stage.kube.apply(awsNode('strict'));
      await stage.changePods(
        annotate({
          'vpc.amazonaws.com/pod-eni':
            '[{"eniId":"eni-0a1b2c3d4e5f60718","privateIp":"10.0.3.4"}]',
        }),
      );
    },
  }),
};

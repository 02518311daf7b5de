import { APP, KEYS } from '../workload';
import { first, store } from './containers';
import type { Setup } from './setup';

const URI = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
const shell = (script: string) => first({ command: ['sh', '-c', script] });

/** What the spec of running pods says beside the variables of Pod Identity, while a probe gets the identity. */
export const TRIES_OF_PODS: Record<string, Setup> = {
  'T01 a command that starts its program without variables': {
    make: first({ command: ['env', '-i', 'sleep', 'infinity'] }),
    status: 'no-pod-has-it',
    says: /on the command line \(env -i\), with which every SDK gets no credentials/,
  },
  'T02 a command line that unsets the variable': {
    make: shell(`unset ${URI}; sleep infinity`),
    status: 'verified',
    says: /may take the variables of Pod Identity .* on the command line \(unset\)/,
  },
  'T03 a command line with an address of its own': {
    make: shell(
      `export ${URI}=http://127.0.0.1:9911/credentials; sleep infinity`,
    ),
    status: 'verified',
    says: /may set AWS_CONTAINER_CREDENTIALS_FULL_URI on their command line/,
  },
  'T04 a command line with a proxy': {
    make: shell(
      'export HTTP_PROXY=http://proxy.internal.example:3128; sleep infinity',
    ),
    status: 'verified',
    says: /may send requests to the agent through a proxy that their command line sets/,
  },
  'T05 a command line that names a profile to the AWS CLI': {
    make: shell('aws s3 ls --profile backup; sleep infinity'),
    status: 'verified',
    says: /name a profile by --profile on their command line.*no such profile/,
  },
  'T06 keys by the former names of their variables': {
    make: stage =>
      stage.setEnv({
        AWS_ACCESS_KEY: KEYS.AWS_ACCESS_KEY_ID,
        AWS_SECRET_KEY: KEYS.AWS_SECRET_ACCESS_KEY,
      }),
    status: 'other-identity',
    says: /set AWS_ACCESS_KEY and AWS_SECRET_KEY, which the SDKs for Go v2, Go v1 and Java v1 use/,
    ends: 'verified',
  },
  'T07 IRSA by properties of a Java machine': {
    make: stage =>
      stage.setEnv({
        JAVA_TOOL_OPTIONS:
          '-Daws.roleArn=arn:aws:iam::111122223333:role/other -Daws.webIdentityTokenFile=/var/run/token',
      }),
    status: 'other-identity',
    says: /IRSA as Java properties in JAVA_TOOL_OPTIONS, which the SDK for Java v2 uses/,
  },
  'T08 a key in a variable that no SDK takes': {
    make: stage => stage.setEnv({ S3_ACCESS_KEY: KEYS.AWS_ACCESS_KEY_ID }),
    status: 'verified',
    says: /hold the id of an access key of AWS in S3_ACCESS_KEY/,
  },
  'T09 another address for STS in hostAliases': {
    make: stage =>
      stage.changePods(({ spec }) => {
        spec.hostAliases = [
          { ip: '10.0.40.7', hostnames: ['sts.eu-west-1.amazonaws.com'] },
        ];
      }),
    status: 'verified',
    says: /resolve sts\.eu-west-1\.amazonaws\.com by hostAliases/,
  },
  'T10 variables from a file that a shell reads': {
    make: async stage => {
      await store(stage, 'Secret', 'rendered', { aws: 'export A=b\n' });
      await stage.changePods(({ spec }) => {
        spec.volumes = [{ name: 'vault', secret: { secretName: 'rendered' } }];
        Object.assign(spec.containers[0], {
          command: ['sh', '-c', '. /vault/secrets/aws && sleep infinity'],
          volumeMounts: [{ name: 'vault', mountPath: '/vault/secrets' }],
        });
      });
    },
    status: 'verified',
    says: /the file \/vault\/secrets\/aws, which is not read here/,
  },
  'T11 a file of the node at ~/.aws': {
    make: async stage => {
      await stage.kube.setPodSecurity(stage.namespace, 'privileged');
      await stage.mount(
        { name: 'aws', hostPath: { path: '/home/app/.aws' } },
        '/home/app/.aws',
      );
    },
    status: 'other-identity',
    says: /mount a volume at ~\/\.aws/,
    ends: 'verified',
  },
  'T12 a volume in the place of the token, for another audience': {
    make: stage =>
      stage.changePods(({ spec }) => {
        const name = 'eks-pod-identity-token';
        const audience = 'sts.amazonaws.com';
        const token = { audience, expirationSeconds: 3_600, path: name };
        const sources = [{ serviceAccountToken: token }];
        spec.volumes = [{ name, projected: { sources } }];
        spec.containers[0].volumeMounts = ['/a', '/b'].map(mountPath => ({
          name,
          mountPath,
        }));
      }),
    status: 'no-pod-has-it',
    says: /Take the volume eks-pod-identity-token out of the pod template/,
    ends: 'verified',
  },
  'T13 an image that brings files of AWS along, which nothing shows': {
    make: first({ ...APP, image: 'registry.acme.example/payments/app:files' }),
    status: 'verified',
    says: /a fresh pod of payments.payments-ledger/,
    tells:
      /what their images hold and their programs set themselves is not seen here/,
  },
};

import { ClusterKey, SandboxCore } from '../../core/contract';
import { KubeObject } from '../types';

const ANNOTATION = 'eks.amazonaws.com/';

const skippedContainers = (pod: KubeObject) =>
  new Set(
    (pod.metadata.annotations?.[`${ANNOTATION}skip-containers`] ?? '')
      .split(',')
      .map(name => name.trim())
      .filter(Boolean),
  );

const WEBHOOK_CONFIGURATION = 'pod-identity-webhook';
export const WEBHOOK_NAME = 'iam-for-pods.amazonaws.com';
/** On the control plane's own machine. */
export const WEBHOOK_URL = 'https://127.0.0.1:23443/mutate';

const FULL_URI = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
const TOKEN_FILE = 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE';

/** Seconds; the real webhook has the same jitter and limits. */
const EXPIRATION = { least: 600, most: 86_400, jitterFrom: 79_200 };

interface Method {
  volume: string;
  audience: string;
  directory: string;
  file: string;
  /** Whether SDKs are told to ask STS of their region. */
  isRegional: boolean;
  env: Record<string, string>;
}

const CONTAINER_CREDENTIALS = {
  volume: 'eks-pod-identity-token',
  audience: 'pods.eks.amazonaws.com',
  directory: '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount',
  file: 'eks-pod-identity-token',
};

const WEB_IDENTITY = {
  volume: 'aws-iam-token',
  directory: '/var/run/secrets/eks.amazonaws.com/serviceaccount',
  file: 'token',
};

export interface PodIdentityWebhookOptions {
  cluster: ClusterKey;
  ipFamily: 'ipv4' | 'ipv6';
  /** The label `eks.amazonaws.com/pod-identity: enabled` came in 2026; older platform versions do not set it. */
  labelsPods: boolean;
}

/** The MutatingWebhookConfiguration as EKS writes it. */
export const webhookConfiguration = (): KubeObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: WEBHOOK_CONFIGURATION },
  webhooks: [
    {
      admissionReviewVersions: ['v1beta1'],
      clientConfig: { url: WEBHOOK_URL },
      failurePolicy: 'Ignore',
      matchPolicy: 'Equivalent',
      name: WEBHOOK_NAME,
      namespaceSelector: {},
      objectSelector: {
        matchExpressions: [
          {
            key: `${ANNOTATION}skip-pod-identity-webhook`,
            operator: 'DoesNotExist',
          },
        ],
      },
      reinvocationPolicy: 'IfNeeded',
      rules: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE'],
          resources: ['pods'],
          scope: '*',
        },
      ],
      sideEffects: 'None',
      timeoutSeconds: 10,
    },
  ],
});

/**
 * Mutates a pod like amazon-eks-pod-identity-webhook: container credentials if the service account is in the
 * file, else web identity if the service account has a role annotation, else nothing.
 */
export function mutatePod(
  pod: KubeObject,
  serviceAccount: KubeObject,
  inFile: boolean,
  options: PodIdentityWebhookOptions,
  random: SandboxCore['random'],
): void {
  const method = methodFor(serviceAccount, inFile, options);
  if (!method) {
    return;
  }
  const skipped = skippedContainers(pod);
  const containers = [
    ...(pod.spec.initContainers ?? []),
    ...(pod.spec.containers ?? []),
  ].filter((c: any) => !skipped.has(c.name));
  for (const container of containers) {
    addEnv(container, method, options.cluster.region);
    addMount(container, method);
  }
  // Only tokens of Pod Identity end at different times.
  const jitter = inFile ? random : undefined;
  addVolume(pod, method, expirationSeconds(pod, serviceAccount, jitter));
  if (inFile && options.labelsPods) {
    pod.metadata.labels = {
      ...pod.metadata.labels,
      [`${ANNOTATION}pod-identity`]: 'enabled',
    };
  }
}

function methodFor(
  serviceAccount: KubeObject,
  inFile: boolean,
  options: PodIdentityWebhookOptions,
): Method | undefined {
  if (inFile) {
    const host =
      options.ipFamily === 'ipv6' ? '[fd00:ec2::23]' : '169.254.170.23';
    const { directory, file } = CONTAINER_CREDENTIALS;
    return {
      ...CONTAINER_CREDENTIALS,
      isRegional: true,
      env: {
        [FULL_URI]: `http://${host}/v1/credentials`,
        [TOKEN_FILE]: `${directory}/${file}`,
      },
    };
  }
  const annotations = serviceAccount.metadata.annotations ?? {};
  const role = annotations[`${ANNOTATION}role-arn`];
  if (!role) {
    return undefined;
  }
  const { directory, file } = WEB_IDENTITY;
  return {
    ...WEB_IDENTITY,
    audience: annotations[`${ANNOTATION}audience`] ?? 'sts.amazonaws.com',
    isRegional: annotations[`${ANNOTATION}sts-regional-endpoints`] !== 'false',
    env: {
      AWS_ROLE_ARN: role,
      AWS_WEB_IDENTITY_TOKEN_FILE: `${directory}/${file}`,
    },
  };
}

function addEnv(container: any, method: Method, region: string) {
  const env: any[] = (container.env ??= []);
  const has = (name: string) => env.some(e => e.name === name);
  const add = (name: string, value: string) => env.push({ name, value });
  const preset = Object.keys(method.env).some(has);
  if (method.isRegional && !has('AWS_STS_REGIONAL_ENDPOINTS')) {
    add('AWS_STS_REGIONAL_ENDPOINTS', 'regional');
  }
  if (!has('AWS_DEFAULT_REGION') && !has('AWS_REGION')) {
    add('AWS_DEFAULT_REGION', region);
    add('AWS_REGION', region);
  }
  if (!preset) {
    Object.entries(method.env).forEach(([name, value]) => add(name, value));
  }
}

function addMount(container: any, method: Method) {
  const mounts: any[] = (container.volumeMounts ??= []);
  if (!mounts.some(m => m.name === method.volume)) {
    mounts.push({
      name: method.volume,
      readOnly: true,
      mountPath: method.directory,
    });
  }
}

function addVolume(pod: KubeObject, method: Method, expiration: number) {
  const volumes: any[] = (pod.spec.volumes ??= []);
  if (volumes.some(v => v.name === method.volume)) {
    return;
  }
  volumes.unshift({
    name: method.volume,
    projected: {
      defaultMode: 420,
      sources: [
        {
          serviceAccountToken: {
            audience: method.audience,
            expirationSeconds: expiration,
            path: method.file,
          },
        },
      ],
    },
  });
}

function expirationSeconds(
  pod: KubeObject,
  serviceAccount: KubeObject,
  jitter: SandboxCore['random'] | undefined,
): number {
  const key = `${ANNOTATION}token-expiration`;
  const asked = Number(
    pod.metadata.annotations?.[key] ??
      serviceAccount.metadata.annotations?.[key],
  );
  const { least, most, jitterFrom } = EXPIRATION;
  const usual = jitter
    ? jitterFrom + Math.floor(jitter() * (most - jitterFrom + 1))
    : most;
  return Number.isInteger(asked) && asked !== most
    ? Math.min(Math.max(asked, least), most)
    : usual;
}

import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { InputError } from '@backstage/errors';
import type { KubeConfig, User } from '@kubernetes/client-node';
import { packages } from '../async/packages';
import type { TransportOptions } from './transport';

/** How to reach a Kubernetes API otherwise than as EKS tells. @public */
export type KubernetesAccess = Pick<
  TransportOptions,
  'endpoint' | 'ca' | 'clientCertificate' | 'proxyUrl' | 'token'
>;

/** Which kubeconfig. @public */
export interface KubeconfigChoice {
  /** Default: KUBECONFIG, else `~/.kube/config`. */
  file?: string;
  /** Default: the current one. */
  context?: string;
  /** The service account of the pod that the program runs in, instead of a file. */
  inCluster?: boolean;
}

const text = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : String(value);

/** The contexts that the library makes up where there is no kubeconfig. */
const MADE_UP = ['loaded-context', 'inClusterContext'];

/**
 * The kubeconfig, with the context as its current one.
 *
 * @throws InputError where there is no such file or context
 */
function loaded({ file, context }: KubeconfigChoice): KubeConfig {
  const config = new packages.kubernetes.KubeConfig();
  try {
    if (file) config.loadFromFile(file);
    else config.loadFromDefault();
  } catch (error) {
    throw new InputError(
      `The kubeconfig ${
        file ?? process.env.KUBECONFIG ?? '~/.kube/config'
      } cannot be read: ${(error as Error).message}`,
    );
  }
  if (MADE_UP.includes(config.getCurrentContext())) {
    throw new InputError(
      'There is no kubeconfig: KUBECONFIG is not set, and there is no ~/.kube/config. Write one with "aws eks update-kubeconfig", or name its file with --kubeconfig.',
    );
  }
  const names = config.getContexts().map(({ name }) => name);
  const name = context ?? config.getCurrentContext();
  if (!names.includes(name)) {
    const has = `It has ${names.join(', ') || 'none'}.`;
    throw new InputError(
      name
        ? `The kubeconfig has no context "${name}". ${has}`
        : `The kubeconfig has no current context: choose one with --context. ${has}`,
    );
  }
  config.setCurrentContext(name);
  return config;
}

/** That of the pod that the program runs in. */
function ofThePod(): KubeConfig {
  const config = new packages.kubernetes.KubeConfig();
  config.loadFromCluster();
  const { tokenFile } = config.getCurrentUser()?.authProvider.config ?? {};
  if (!process.env.KUBERNETES_SERVICE_HOST || !existsSync(tokenFile)) {
    throw new InputError(
      `--kubernetes in-cluster is for a program that runs in a pod with a service account token: ${
        process.env.KUBERNETES_SERVICE_HOST
          ? `${tokenFile} is missing; the pod may say automountServiceAccountToken: false`
          : 'this is no pod, for KUBERNETES_SERVICE_HOST is not set'
      }. Elsewhere leave it out, or use --kubernetes kubeconfig.`,
    );
  }
  return config;
}

/** A context of a kubeconfig, and the EKS cluster that it is of. @public */
export interface EksContext {
  /** Name of the context. */
  context: string;
  /** Of the context; `default` where it has none, as for kubectl. */
  namespace: string;
  /** Name of the cluster in EKS. */
  cluster: string;
  /** Of the cluster, where the kubeconfig tells. */
  region?: string;
  /** Of the cluster, where the kubeconfig tells. */
  accountId?: string;
  /** The AWS profile that kubectl would use for this context. */
  profile?: string;
}

/** The value of an option, as `--name value` or `--name=value`. */
function optionOf(args: string[], ...names: string[]): string | undefined {
  for (const [at, arg] of args.entries()) {
    const [name, ...rest] = arg.split('=');
    if (names.includes(name)) {
      return rest.length > 0 ? rest.join('=') : args[at + 1];
    }
  }
  return undefined;
}

/** What the exec plugin of a user says of its cluster; none of it runs. */
function ofPlugin(user: User | null) {
  const { args: given, env } = (user?.exec ?? {}) as {
    args?: string[] | null;
    env?: { name: string; value: string }[] | null;
  };
  const args = given ?? [];
  const variable = (name: string) =>
    env?.find(one => one.name === name)?.value || undefined;
  let name: string | undefined;
  if (args.includes('get-token')) name = optionOf(args, '--cluster-name');
  else if (args.includes('token')) name = optionOf(args, '-i', '--cluster-id');
  return {
    name,
    region:
      optionOf(args, '--region') ??
      variable('AWS_REGION') ??
      variable('AWS_DEFAULT_REGION'),
    // As the AWS CLI has it: an option comes before keys of the environment, and those before AWS_PROFILE.
    profile:
      optionOf(args, '--profile') ??
      (process.env.AWS_ACCESS_KEY_ID ? undefined : variable('AWS_PROFILE')),
  };
}

const ARN = /^arn:[^:]+:eks:([^:]+):(\d{12}):cluster\/([^/]+)$/;
const EKSCTL = /^([^.]+)\.([^.]+)\.eksctl\.io$/;

/**
 * The EKS cluster of a context of a kubeconfig, as the AWS CLI, eksctl or the AWS IAM Authenticator write it. Reads the
 * file alone: runs no plugin, asks no server.
 *
 * @throws InputError where there is no such context, or it tells of no EKS cluster
 * @public
 */
export function eksContext(choice: KubeconfigChoice): EksContext {
  const config = loaded(choice);
  const context = config.getCurrentContext();
  const { namespace, cluster: entry = '' } =
    config.getContextObject(context) ?? {};
  const [, region, accountId, name] = ARN.exec(entry) ?? [];
  const [, eksctlName, eksctlRegion] = EKSCTL.exec(entry) ?? [];
  const plugin = ofPlugin(config.getCurrentUser());
  const cluster = name ?? plugin.name ?? eksctlName;
  if (!cluster) {
    throw new InputError(
      `Context "${context}" of the kubeconfig does not tell an EKS cluster: its cluster "${entry}" is no ARN, and its user does not run "aws eks get-token". Choose another context with --context.`,
    );
  }
  return {
    context,
    namespace: namespace || 'default',
    cluster,
    region: region ?? plugin.region ?? eksctlRegion,
    accountId,
    profile: plugin.profile,
  };
}

/**
 * The access that a kubeconfig describes, its exec plugins included.
 *
 * @throws InputError where it describes none that can be used
 * @public
 */
export async function kubeconfigAccess(
  choice: KubeconfigChoice,
): Promise<KubernetesAccess> {
  const config = choice.inCluster ? ofThePod() : loaded(choice);
  const cluster = config.getCurrentCluster();
  if (!cluster?.server.startsWith('https://')) {
    throw new InputError(
      cluster
        ? `The kubeconfig names ${cluster.server}: only an HTTPS address can be used.`
        : `Context "${config.getCurrentContext()}" of the kubeconfig names a cluster that is not in it.`,
    );
  }
  if (cluster.skipTLSVerify) {
    throw new InputError(
      'The kubeconfig says insecure-skip-tls-verify. A token is only sent to a server whose certificate can be checked: give it the certificate authority.',
    );
  }
  const apply = async () => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return options;
  };
  const { ca, cert, key } = await apply();
  return {
    endpoint: cluster.server,
    proxyUrl: cluster.proxyUrl,
    ca: text(ca),
    clientCertificate:
      cert && key ? { cert: text(cert)!, key: text(key)! } : undefined,
    token: {
      // Exec plugins and files that change are the business of the library, which keeps a token until it expires.
      async get() {
        const { headers } = await apply();
        const { Authorization = '' } = { ...headers } as Record<string, string>;
        return String(Authorization).replace(/^Bearer /, '');
      },
      forget: () => {},
    },
  };
}

import type { RequestOptions } from 'node:https';
import { InputError } from '@backstage/errors';
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

/**
 * The access that a kubeconfig describes, its exec plugins included.
 *
 * @throws InputError where it describes none that can be used
 * @public
 */
export async function kubeconfigAccess({
  file,
  context,
  inCluster,
}: KubeconfigChoice): Promise<KubernetesAccess> {
  const config = new packages.kubernetes.KubeConfig();
  if (inCluster) config.loadFromCluster();
  else if (file) config.loadFromFile(file);
  else config.loadFromDefault();
  if (context !== undefined) {
    const names = config.getContexts().map(({ name }) => name);
    if (!names.includes(context)) {
      throw new InputError(
        `The kubeconfig has no context "${context}". It has ${
          names.join(', ') || 'none'
        }.`,
      );
    }
    config.setCurrentContext(context);
  }
  const cluster = config.getCurrentCluster();
  if (!cluster?.server.startsWith('https://')) {
    throw new InputError(
      cluster
        ? `The kubeconfig names ${cluster.server}: only an HTTPS address can be used.`
        : 'There is no kubeconfig with a current context: set KUBECONFIG, or name the file and the context.',
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

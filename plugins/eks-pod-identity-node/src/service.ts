import {
  AuthService,
  BackstageCredentials,
  coreServices,
  createServiceFactory,
  createServiceRef,
  DiscoveryService,
} from '@backstage/backend-plugin-api';
import {
  PodIdentityApi,
  PodIdentityClient,
} from 'backstage-plugin-eks-pod-identity-common';

/**
 * Access to the `eks-pod-identity` backend plugin from other backend plugins and modules.
 *
 * @public
 */
export interface PodIdentityService {
  /**
   * A client that acts on behalf of these credentials. Every request, also when a followed operation is resumed, carries
   * a fresh token; a `token` given to a single call is ignored.
   */
  createClient(options: { credentials: BackstageCredentials }): PodIdentityApi;
}

/**
 * The default {@link PodIdentityService}: HTTP to the address that discovery returns for the plugin.
 *
 * @public
 */
export class DefaultPodIdentityService implements PodIdentityService {
  readonly #auth: AuthService;
  readonly #discovery: DiscoveryService;
  readonly #fetch: typeof fetch;

  static create(options: {
    auth: AuthService;
    discovery: DiscoveryService;
    /** Default: the global fetch. */
    fetch?: typeof fetch;
  }): DefaultPodIdentityService {
    return new DefaultPodIdentityService(options);
  }

  private constructor(options: {
    auth: AuthService;
    discovery: DiscoveryService;
    fetch?: typeof fetch;
  }) {
    this.#auth = options.auth;
    this.#discovery = options.discovery;
    this.#fetch = options.fetch ?? fetch;
  }

  createClient(options: { credentials: BackstageCredentials }): PodIdentityApi {
    const fetchOnBehalf: typeof fetch = async (input, init) => {
      const { token } = await this.#auth.getPluginRequestToken({
        onBehalfOf: options.credentials,
        targetPluginId: 'eks-pod-identity',
      });
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${token}`);
      return this.#fetch(input, { ...init, headers });
    };
    return new PodIdentityClient({
      discoveryApi: this.#discovery,
      fetchApi: { fetch: fetchOnBehalf },
    });
  }
}

/**
 * Service ref with a default factory: depend on it and call `createClient`.
 *
 * @public
 */
export const podIdentityServiceRef = createServiceRef<PodIdentityService>({
  id: 'eks-pod-identity.client',
  scope: 'plugin',
  defaultFactory: async service =>
    createServiceFactory({
      service,
      deps: {
        auth: coreServices.auth,
        discovery: coreServices.discovery,
      },
      factory: deps => DefaultPodIdentityService.create(deps),
    }),
});

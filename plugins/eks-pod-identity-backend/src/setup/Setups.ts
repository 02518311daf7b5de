import { randomUUID } from 'node:crypto';
import type {
  ClusterSetup,
  SetupAnswer,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  checkSetup,
  type Clock,
  type ClusterConfig,
  type Clusters,
  type EngineConfig,
} from 'eks-pod-identity-engine';
import {
  type AwsCaller,
  callingFor,
  isOpenNamespace,
} from 'eks-pod-identity-engine/portal';
import type { Store } from '../store';

/** Minimum time between two looks at a cluster, across all replicas. */
const PACE_MS = 10_000;
/** Namespaces in which rights are tried, where they are not given for all. */
const MOST_NAMESPACES = 10;

export interface SetupsOptions {
  clock: Clock;
  clusters: Clusters;
  config: EngineConfig;
  store: Pick<Store, 'associations' | 'leases' | 'setups'>;
}

/** What the portal's own setup on the clusters lacks: as the last look found it, or looked at again. */
export class Setups {
  readonly #options: SetupsOptions;
  readonly #instance = randomUUID();
  /** By cluster: those who ask meanwhile share a look. */
  readonly #looking = new Map<string, Promise<void>>();

  constructor(options: SetupsOptions) {
    this.#options = options;
  }

  async of(cluster: ClusterConfig): Promise<ClusterSetup> {
    const [setup] = await this.all([cluster]);
    return setup;
  }

  async all(clusters: ClusterConfig[]): Promise<ClusterSetup[]> {
    const stored = await this.#options.store.setups.all();
    return clusters.map(({ id, title }) => {
      const setup = stored.get(id);
      return {
        cluster: id,
        title,
        lookedAt: setup && new Date(setup.lookedAt).toISOString(),
        answers: setup?.answers ?? [],
      };
    });
  }

  /** Looks again, unless that was begun within the last seconds; answers what is known then. */
  async look(cluster: ClusterConfig, caller: AwsCaller): Promise<ClusterSetup> {
    const { id } = cluster;
    let look = this.#looking.get(id);
    if (!look && (await this.#claim(id))) {
      look = callingFor(caller, () => this.#look(cluster)).finally(() =>
        this.#looking.delete(id),
      );
      this.#looking.set(id, look);
    }
    await look;
    return this.of(cluster);
  }

  async #look(cluster: ClusterConfig): Promise<void> {
    const { clock, clusters, config, store } = this.#options;
    const answers: SetupAnswer[] = await checkSetup(
      {
        cluster,
        roles: cluster.allow.changes
          ? ['read', 'verify', 'write']
          : ['read', 'verify'],
        namespaces: await this.#namespaces(cluster),
      },
      { clusters, config },
    );
    await store.setups.set(cluster.id, { lookedAt: clock.now(), answers });
  }

  /** Those that the configuration names, and those with identities. */
  async #namespaces(cluster: ClusterConfig): Promise<string[]> {
    const associations = await this.#options.store.associations.ofCluster(
      cluster.id,
    );
    const named = cluster.namespaces.allow.filter(name => !name.includes('*'));
    return [
      ...new Set([...named, ...associations.map(one => one.ref.namespace)]),
    ]
      .filter(namespace => isOpenNamespace(namespace, cluster))
      .sort()
      .slice(0, MOST_NAMESPACES);
  }

  async #claim(cluster: string): Promise<boolean> {
    const { acquired } = await this.#options.store.leases.acquire(
      `setup/${cluster}`,
      { runId: randomUUID(), instance: this.#instance },
      { what: 'looks at the setup', ttlMs: PACE_MS, inherit: false },
    );
    return acquired;
  }
}

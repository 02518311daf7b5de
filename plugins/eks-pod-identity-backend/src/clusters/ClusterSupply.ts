import type {
  AuthService,
  LoggerService,
  RootConfigService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { durationToMilliseconds } from '@backstage/types';
import type { PodIdentityClusterSupplier } from 'backstage-plugin-eks-pod-identity-node';
import type {
  Clock,
  ClusterConfig,
  Clusters,
  EngineConfig,
} from 'eks-pod-identity-engine';
import {
  type LeftOutCluster,
  raceAbort,
  readClusterDefinitions,
  readLocatedClusters,
} from 'eks-pod-identity-engine/portal';
import {
  type Located,
  locateInCatalog,
  locateInKubernetesSection,
} from './locators';

/** How often the task runs, and the pause after a first failure. */
const TICK_MS = 60_000;
const TIMEOUT_MS = 30_000;
/** A catalog that has just been installed is still reading its files. */
const START_DELAY_MS = 10_000;
/** A locator with more clusters gives no new ones: so many are a mistake or an attack. */
const MOST = 500;
/** Names in one line of the log. */
const MOST_NAMES = 5;

interface Source {
  /** For sentences. */
  name: string;
  /** Undefined: it is asked at start alone, and has to answer then. */
  refreshMs?: number;
  /** Its clusters wait for each supplier, which may name them with other limits. */
  isLocator?: boolean;
  /** The catalog starts together with this plugin. */
  skipsStart?: boolean;
  ask(
    signal: AbortSignal,
  ): Promise<{ clusters: ClusterConfig[]; leftOut?: LeftOutCluster[] }>;

  clusters: ClusterConfig[];
  leftOut: LeftOutCluster[];
  hasAnswered: boolean;
  nextAt: number;
  failures: number;
  /** What the log said last of failures and of what was left out. */
  saidFailure?: string;
  saidLeftOut?: string;
}

export interface ClusterSupplyOptions {
  auth: AuthService;
  catalog: CatalogService;
  clock: Clock;
  config: Pick<EngineConfig, 'clusters' | 'locators'>;
  logger: LoggerService;
  rootConfig: RootConfigService;
  suppliers: readonly PodIdentityClusterSupplier[];
}

/**
 * The clusters that app-config does not list: of suppliers and of locators. One that does not answer, or wrongly, keeps what it
 * gave last. Where two name one cluster, app-config comes first, then the suppliers in their order, then the locators.
 */
export class ClusterSupply {
  readonly #options: ClusterSupplyOptions;
  readonly #sources: Source[];
  /** The EKS cluster of each id that this process has had: owners, operations and reports are stored by the id. */
  readonly #arns = new Map<string, string>();

  constructor(options: ClusterSupplyOptions) {
    const { config, rootConfig, suppliers } = options;
    this.#options = options;
    const sources: Array<
      Pick<Source, 'name' | 'refreshMs' | 'isLocator' | 'skipsStart' | 'ask'>
    > = suppliers.map((supplier, index) => ({
      name: `cluster supplier ${index + 1}`,
      refreshMs: supplier.refresh && durationToMilliseconds(supplier.refresh),
      ask: async signal => ({
        clusters: readClusterDefinitions(
          await supplier.getClusters({ signal }),
          rootConfig,
          `cluster supplier ${index + 1}`,
        ),
      }),
    }));
    const { locators } = config;
    const refreshMs = locators?.refreshMs;
    if (locators?.kubernetes) {
      sources.push({
        name: 'the section kubernetes of app-config',
        refreshMs,
        isLocator: true,
        ask: async () => this.#located(locateInKubernetesSection(rootConfig)),
      });
    }
    if (locators?.catalog) {
      sources.push({
        name: 'the catalog',
        refreshMs,
        isLocator: true,
        skipsStart: true,
        ask: async signal =>
          this.#located(await locateInCatalog(options, signal)),
      });
    }
    this.#sources = sources.map(source => ({
      ...source,
      clusters: [],
      leftOut: [],
      hasAnswered: false,
      nextAt: 0,
      failures: 0,
    }));
  }

  /**
   * Those that are known at start.
   *
   * @throws what a supplier throws that is asked only now, and InputError where its clusters are wrong
   */
  async first(): Promise<ClusterConfig[]> {
    await Promise.all(
      this.#sources
        .filter(({ skipsStart }) => !skipsStart)
        .map(source => this.#ask(source, AbortSignal.timeout(TIMEOUT_MS))),
    );
    return this.#merged();
  }

  /** Whether each source has answered since the start, and the last time it was asked. */
  get isWhole(): boolean {
    return this.#sources.every(
      ({ failures, hasAnswered }) => hasAnswered && failures === 0,
    );
  }

  /**
   * Has this process ask again from now on, each source at its own times.
   *
   * @param onAsked - called after each time, also where no cluster came or went, so that what it could not do is done then
   */
  async schedule(
    scheduler: SchedulerService,
    clusters: Clusters,
    onAsked: () => Promise<void>,
  ): Promise<void> {
    if (this.#sources.every(({ refreshMs }) => refreshMs === undefined)) return;
    await scheduler.scheduleTask({
      id: 'clusters',
      frequency: { milliseconds: TICK_MS },
      timeout: { milliseconds: TIMEOUT_MS },
      initialDelay: { milliseconds: START_DELAY_MS },
      scope: 'local',
      fn: async signal => {
        const now = this.#options.clock.now();
        const due = this.#sources.filter(
          ({ nextAt, refreshMs }) => refreshMs !== undefined && nextAt <= now,
        );
        if (due.length === 0) return;
        await Promise.all(due.map(source => this.#ask(source, signal)));
        this.#replace(clusters);
        await onAsked();
      },
    });
  }

  async #ask(source: Source, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    const { name, refreshMs } = source;
    try {
      const { clusters, leftOut = [] } = await raceAbort(
        source.ask(signal),
        signal,
      );
      if (source.failures > 0)
        logger.info(`Could ask ${name} for clusters again`);
      Object.assign(source, { clusters, leftOut, failures: 0 });
      source.hasAnswered = true;
      source.saidFailure = undefined;
      source.nextAt = clock.now() + (refreshMs ?? 0);
    } catch (error) {
      if (refreshMs === undefined) throw error;
      const said = `Could not ask ${name} for clusters: ${
        (error as Error).message
      }`;
      if (source.saidFailure !== said) {
        const { length } = source.clusters;
        logger.warn(`${said}. What it named before stays (${length})`);
      }
      source.saidFailure = said;
      const pauseMs = Math.min(refreshMs, TICK_MS * 2 ** source.failures);
      source.failures += 1;
      source.nextAt = clock.now() + pauseMs;
    }
  }

  #located({ found, leftOut }: Located) {
    const located = readLocatedClusters(found, this.#options.rootConfig);
    if (located.clusters.length > MOST) {
      throw new Error(
        `it has ${located.clusters.length} clusters of eksPodIdentity.locators.accounts, more than ${MOST}`,
      );
    }
    return {
      clusters: located.clusters,
      leftOut: [...leftOut, ...located.leftOut],
    };
  }

  /** Says of each source, once, which of its clusters are left out. */
  #merged(): ClusterConfig[] {
    const taken = this.#options.config.clusters.map(cluster => ({
      cluster,
      by: 'eksPodIdentity.clusters',
    }));
    const more: ClusterConfig[] = [];
    const silent = this.#sources.find(
      ({ hasAnswered, isLocator }) => !hasAnswered && !isLocator,
    );
    for (const source of this.#sources) {
      const leftOut = [...source.leftOut];
      for (const cluster of source.clusters) {
        const before = taken.find(
          one =>
            one.cluster.arn === cluster.arn || one.cluster.id === cluster.id,
        );
        const arn = this.#arns.get(cluster.id) ?? cluster.arn;
        if (before) {
          const what = before.cluster.arn === cluster.arn ? 'it' : 'its id';
          leftOut.push({ by: cluster.id, why: `${before.by} has ${what}` });
        } else if (silent && source.isLocator) {
          const why = `${silent.name}, which comes first, has not answered yet`;
          leftOut.push({ by: cluster.id, why });
        } else if (arn !== cluster.arn) {
          const why = `its id was that of ${arn}; give it another id`;
          leftOut.push({ by: cluster.id, why });
        } else {
          this.#arns.set(cluster.id, arn);
          taken.push({ cluster, by: source.name });
          more.push(cluster);
        }
      }
      const said = inWords(leftOut);
      if (said && said !== source.saidLeftOut) {
        this.#options.logger.info(
          `Left out clusters of ${source.name}: ${said}`,
        );
      }
      source.saidLeftOut = said;
    }
    return more;
  }

  #replace(clusters: Clusters) {
    const before = clusters.list();
    clusters.replace(this.#merged());
    const after = clusters.list();
    const named = (what: string, some: ClusterConfig[]) =>
      some.length ? [`${what} ${some.map(({ id }) => id).join(', ')}`] : [];
    const had = new Map(before.map(cluster => [cluster.id, cluster]));
    const changes = [
      ...named(
        'new:',
        after.filter(({ id }) => !had.has(id)),
      ),
      ...named(
        'with other settings:',
        after.filter(one => had.has(one.id) && had.get(one.id) !== one),
      ),
      ...named(
        'gone:',
        before.filter(({ id }) => !after.some(one => one.id === id)),
      ),
    ];
    if (changes.length) {
      this.#options.logger.info(`Clusters changed; ${changes.join('; ')}`);
    }
  }
}

/** A reason each, with the first of those that it holds for. */
function inWords(leftOut: LeftOutCluster[]): string {
  return [...new Set(leftOut.map(({ why }) => why))]
    .map(reason => {
      const names = leftOut
        .filter(({ why }) => why === reason)
        .map(({ by }) => by);
      const rest = names.length - MOST_NAMES;
      return `${names.slice(0, MOST_NAMES).join(', ')}${
        rest > 0 ? ` and ${rest} more` : ''
      }: ${reason}`;
    })
    .join('. ');
}

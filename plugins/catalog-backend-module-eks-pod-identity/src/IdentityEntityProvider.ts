import type {
  AuthService,
  BackstageCredentials,
  LoggerService,
  SchedulerServiceTaskRunner,
} from '@backstage/backend-plugin-api';
import { CATALOG_FILTER_EXISTS } from '@backstage/catalog-client';
import {
  ANNOTATION_LOCATION,
  type Entity,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { ForwardedError } from '@backstage/errors';
import type {
  CatalogService,
  EntityProvider,
  EntityProviderConnection,
} from '@backstage/plugin-catalog-node';
import {
  type AssociationRow,
  foldEntityRef,
  IDENTITY_ENTITY_NAMESPACE,
  isIdentityEntity,
  parsePodIdentityAnnotation,
  POD_IDENTITY_ANNOTATION,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityService } from 'backstage-plugin-eks-pod-identity-node';
import {
  type Claims,
  DIGEST_ANNOTATION,
  entitiesOf,
  type EntityOptions,
  LOCATION,
} from './entities';

/** As many as one page of the API has at most. */
const PAGE = 200;

interface ProviderOptions extends EntityOptions {
  auth: Pick<AuthService, 'getOwnServiceCredentials'>;
  catalog: Pick<CatalogService, 'streamEntities'>;
  logger: LoggerService;
  podIdentity: PodIdentityService;
  tasks: SchedulerServiceTaskRunner;
}

/** An entity of the provider, as the catalog has it. */
interface Own {
  digest?: string;
  /** Of the identity; absent for a role. */
  cluster?: string;
}

/** What the catalog has now. */
interface Present {
  /** The provider's own entities, by ref. */
  own: Map<string, Own>;
  /** Where the entities of its namespace that others have registered come from, by ref. */
  others: Map<string, string>;
  claims: Claims;
}

/** What the portal has recorded. */
interface Recorded {
  rows: AssociationRow[];
  /** Ids of the clusters of which it cannot know yet what is gone. */
  unswept: ReadonlySet<string>;
}

/**
 * Keeps an entity in the catalog for each identity that the portal has recorded.
 *
 * It compares with what the catalog really has, not with what it remembers: replicas take turns, and a deleted
 * entity comes back.
 */
export class IdentityEntityProvider implements EntityProvider {
  readonly #options: ProviderOptions;
  /** The last warning, which is not repeated by each run. */
  #warned = '';

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  getProviderName(): string {
    return 'eks-pod-identity';
  }

  async connect(connection: EntityProviderConnection): Promise<void> {
    await this.#options.tasks.run({
      id: 'eks-pod-identity-entities',
      fn: signal => this.#refresh(connection, signal),
    });
  }

  async #refresh(
    connection: EntityProviderConnection,
    signal: AbortSignal,
  ): Promise<void> {
    const { auth, logger } = this.#options;
    const credentials = await auth.getOwnServiceCredentials();
    const [{ rows, unswept }, { claims, others, own }] = await Promise.all([
      this.#recorded(credentials, signal),
      this.#present(credentials, signal),
    ]).catch(error => {
      throw new ForwardedError(
        'Could not read the AWS identities; the catalog keeps the entities that it has of them',
        error,
      );
    });
    const entities = entitiesOf(rows, claims, this.#options);
    const wanted = new Map(entities.map(entity => [refOf(entity), entity]));
    const taken = [...others].filter(([entityRef]) => wanted.has(entityRef));
    this.#warnOf(taken);
    // The catalog would leave it to the other location again, in each run
    const changed = [...wanted].flatMap(([entityRef, entity]) =>
      others.has(entityRef) || own.get(entityRef)?.digest === digestOf(entity)
        ? []
        : [entity],
    );
    const missing = [...own.keys()].filter(entityRef => !wanted.has(entityRef));
    const gone = missing.filter(entityRef =>
      isCertainlyGone(own.get(entityRef)!, unswept),
    );
    const kept = missing.length - gone.length;
    if (kept > 0) {
      logger.info(
        `The catalog keeps ${kept} entities of AWS identities until a first sweep has ended of: ${[
          ...unswept,
        ].join(', ')}`,
      );
    }
    if (changed.length === 0 && gone.length === 0) return;
    signal.throwIfAborted();
    const locationKey = this.getProviderName();
    const deferred = (entity: Entity) => ({ entity, locationKey });
    await connection.applyMutation(
      kept > 0
        ? {
            type: 'delta',
            added: changed.map(deferred),
            removed: gone.map(entityRef => ({ entityRef, locationKey })),
          }
        : { type: 'full', entities: entities.map(deferred) },
    );
    logger.info(
      `The catalog gets ${rows.length} AWS identities, in ${entities.length} entities; it had ${own.size}`,
    );
  }

  #warnOf(taken: Array<[entityRef: string, location: string]>) {
    const named = taken
      .map(([entityRef, location]) => `${entityRef} (${location})`)
      .sort()
      .join(', ');
    if (named && named !== this.#warned) {
      this.#options.logger.warn(
        `Another location has registered names of AWS identities, which are missing from the catalog until you unregister it: ${named}`,
      );
    }
    this.#warned = named;
  }

  /** All that the portal has, as a service may read them. */
  async #recorded(
    credentials: BackstageCredentials,
    signal: AbortSignal,
  ): Promise<Recorded> {
    const client = this.#options.podIdentity.createClient({ credentials });
    // Before the rows: a sweep that ends in between would make the rows of before look whole
    const clusters = await client.listClusters({ signal });
    const unswept = clusters.filter(
      ({ lastSweepAt }) => lastSweepAt === undefined,
    );
    const rows: AssociationRow[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listAssociations(
        { sort: 'serviceAccount', limit: PAGE, cursor },
        { signal },
      );
      rows.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor);
    return { rows, unswept: new Set(unswept.map(({ id }) => id)) };
  }

  async #present(
    credentials: BackstageCredentials,
    signal: AbortSignal,
  ): Promise<Present> {
    const own = new Map<string, Own>();
    const others = new Map<string, string>();
    const claims = new Map<string, string[]>();
    for await (const entities of this.#options.catalog.streamEntities(
      {
        filter: [
          { 'metadata.namespace': IDENTITY_ENTITY_NAMESPACE },
          {
            [`metadata.annotations.${POD_IDENTITY_ANNOTATION}`]:
              CATALOG_FILTER_EXISTS,
          },
        ],
        fields: [
          'kind',
          'metadata.name',
          'metadata.namespace',
          'metadata.annotations',
          'spec.type',
        ],
      },
      { credentials },
    )) {
      signal.throwIfAborted();
      for (const entity of entities) {
        const { annotations = {} } = entity.metadata;
        const entityRef = refOf(entity);
        if (isOwn(entity)) {
          own.set(entityRef, {
            digest: digestOf(entity),
            cluster: parsePodIdentityAnnotation(
              annotations[POD_IDENTITY_ANNOTATION],
            ).refs[0]?.cluster,
          });
          continue;
        }
        if (isOfNamespace(entity)) {
          others.set(
            entityRef,
            annotations[ANNOTATION_LOCATION] ?? 'no location',
          );
        }
        if (!isIdentityEntity(entity)) {
          addClaims(claims, entityRef, annotations[POD_IDENTITY_ANNOTATION]);
        }
      }
    }
    return { own, others, claims };
  }
}

function addClaims(
  claims: Map<string, string[]>,
  entityRef: string,
  annotation: string | undefined,
) {
  for (const ref of parsePodIdentityAnnotation(annotation).refs) {
    const key = stringifyServiceAccountRef(ref);
    claims.set(key, [...(claims.get(key) ?? []), entityRef]);
  }
}

function refOf(entity: Entity): string {
  return foldEntityRef(stringifyEntityRef(entity));
}

function digestOf({ metadata }: Entity): string | undefined {
  return metadata.annotations?.[DIGEST_ANNOTATION];
}

function isOfNamespace({ metadata }: Entity): boolean {
  return (
    metadata.namespace?.toLocaleLowerCase('en-US') === IDENTITY_ENTITY_NAMESPACE
  );
}

function isOwn(entity: Entity): boolean {
  return (
    isOfNamespace(entity) &&
    digestOf(entity) !== undefined &&
    entity.metadata.annotations?.[ANNOTATION_LOCATION] === LOCATION
  );
}

/** A role may be that of any cluster. */
function isCertainlyGone(
  { cluster }: Own,
  unswept: Recorded['unswept'],
): boolean {
  return cluster === undefined ? unswept.size === 0 : !unswept.has(cluster);
}

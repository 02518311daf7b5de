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

/** What the catalog has now: the digests of the provider's own entities by ref, and what others claim. */
interface Present {
  digests: Map<string, string | undefined>;
  claims: Claims;
}

/**
 * Keeps an entity in the catalog for each identity that the portal has recorded.
 *
 * It compares with what the catalog really has, not with what it remembers: replicas take turns, and an entity that
 * somebody deleted comes back.
 */
export class IdentityEntityProvider implements EntityProvider {
  readonly #options: ProviderOptions;

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
    const [rows, { claims, digests }] = await Promise.all([
      this.#identities(credentials, signal),
      this.#present(credentials, signal),
    ]).catch(error => {
      throw new ForwardedError(
        'Could not read the AWS identities; the catalog keeps the entities that it has of them',
        error,
      );
    });
    const entities = entitiesOf(rows, claims, this.#options);
    if (isSame(entities, digests)) return;
    signal.throwIfAborted();
    await connection.applyMutation({
      type: 'full',
      entities: entities.map(entity => ({
        entity,
        locationKey: this.getProviderName(),
      })),
    });
    logger.info(
      `The catalog gets ${rows.length} AWS identities, in ${entities.length} entities; it had ${digests.size}`,
    );
  }

  /** All that the portal has, as a service may read them. */
  async #identities(
    credentials: BackstageCredentials,
    signal: AbortSignal,
  ): Promise<AssociationRow[]> {
    const client = this.#options.podIdentity.createClient({ credentials });
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
    return rows;
  }

  async #present(
    credentials: BackstageCredentials,
    signal: AbortSignal,
  ): Promise<Present> {
    const digests = new Map<string, string | undefined>();
    const claims = new Map<string, string[]>();
    const annotation = (name: string) => `metadata.annotations.${name}`;
    for await (const entities of this.#options.catalog.streamEntities(
      {
        filter: [
          { [annotation(ANNOTATION_LOCATION)]: LOCATION },
          { [annotation(POD_IDENTITY_ANNOTATION)]: CATALOG_FILTER_EXISTS },
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
        const entityRef = foldEntityRef(stringifyEntityRef(entity));
        if (annotations[ANNOTATION_LOCATION] === LOCATION) {
          digests.set(entityRef, annotations[DIGEST_ANNOTATION]);
        } else if (!isIdentityEntity(entity)) {
          addClaims(claims, entityRef, annotations[POD_IDENTITY_ANNOTATION]);
        }
      }
    }
    return { digests, claims };
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

function isSame(
  entities: readonly Entity[],
  digests: Present['digests'],
): boolean {
  return (
    entities.length === digests.size &&
    entities.every(
      entity =>
        digests.get(foldEntityRef(stringifyEntityRef(entity))) ===
        entity.metadata.annotations?.[DIGEST_ANNOTATION],
    )
  );
}

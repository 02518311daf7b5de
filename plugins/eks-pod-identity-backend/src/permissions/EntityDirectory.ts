import type {
  AuthService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import {
  type Entity,
  parseEntityRef,
  RELATION_OWNED_BY,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { NotFoundError, ServiceUnavailableError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  foldEntityRef,
  hasIdentityTab,
} from 'backstage-plugin-eks-pod-identity-common';
import type { EngineConfig } from 'eks-pod-identity-engine';
import type { CatalogEntity } from 'eks-pod-identity-engine/portal';

/** Fields of an entity that `toCatalogEntity` reads. */
const CATALOG_ENTITY_FIELDS = [
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'metadata.annotations',
  'relations',
];

/** Of the Kubernetes plugin: the namespace that an entity runs in. */
export const NAMESPACE_ANNOTATION = 'backstage.io/kubernetes-namespace';

/** Which SDK the programs of a component use, where nothing tells by itself. */
const SDK_ANNOTATION = 'backstage.io/aws-sdk';

/** What ownership depends on, and what the owner says of the programs. */
export function toCatalogEntity(entity: Entity): CatalogEntity {
  return {
    entityRef: foldEntityRef(stringifyEntityRef(entity)),
    uid: entity.metadata.uid ?? '',
    ownerRefs: (entity.relations ?? [])
      .filter(relation => relation.type === RELATION_OWNED_BY)
      .map(relation => foldEntityRef(relation.targetRef)),
    ...(entity.metadata.annotations?.[SDK_ANNOTATION]
      ? { sdk: entity.metadata.annotations[SDK_ANNOTATION] }
      : {}),
  };
}

/** The entity, as far as these credentials may see it. Another one than was asked for does not count. */
export async function readEntity(
  catalog: Pick<CatalogService, 'getEntityByRef'>,
  entityRef: string,
  credentials: BackstageCredentials,
): Promise<Entity | undefined> {
  const entity = await catalog.getEntityByRef(entityRef, { credentials });
  return entity &&
    foldEntityRef(stringifyEntityRef(entity)) === foldEntityRef(entityRef)
    ? entity
    : undefined;
}

/** @throws NotFoundError when the catalog gives these credentials no such entity */
export async function requireEntity(
  catalog: Pick<CatalogService, 'getEntityByRef'>,
  entityRef: string,
  credentials: BackstageCredentials,
): Promise<Entity> {
  const entity = await readEntity(catalog, entityRef, credentials);
  if (entity) return entity;
  throw new NotFoundError(
    `The catalog has no entity ${entityRef} that you may see`,
  );
}

/** Most refs that one question to the catalog names. */
const PART = 200;

/** The catalog's client has no limit, and a connection whose other end is gone never answers. */
const ANSWER_MS = 30_000;

/** How long sweeps wait for an answer of the catalog, milliseconds. */
export const catalogPatience = ({ timings }: Pick<EngineConfig, 'timings'>) =>
  Math.max(ANSWER_MS, timings.requestTimeout);

/** @throws ServiceUnavailableError where the catalog takes longer */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new ServiceUnavailableError(
            `The catalog gave no answer within ${ms / 1000} s`,
          ),
        ),
      ms,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** @throws ServiceUnavailableError where the catalog takes longer for a page */
export async function* pagesInTime<T>(
  pages: AsyncIterable<T>,
  ms: number,
): AsyncGenerator<T> {
  const left = pages[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await inTime(left.next(), ms);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: one that gives no answer does not end either
    left.return?.().catch(() => undefined);
  }
}

/** Asks the catalog with the plugin's own rights. Refs that the catalog does not have are missing in the answer. */
export class EntityDirectory {
  readonly #catalog: CatalogService;
  readonly #auth: AuthService;
  readonly #answerMs: number;

  constructor(options: {
    catalog: CatalogService;
    auth: AuthService;
    /** Says how long it waits for an answer; without it 30 seconds. */
    config?: Pick<EngineConfig, 'timings'>;
  }) {
    const { config } = options;
    this.#answerMs = config ? catalogPatience(config) : ANSWER_MS;
    this.#catalog = options.catalog;
    this.#auth = options.auth;
  }

  /** By ref in lower case. */
  async findMany(entityRefs: string[]): Promise<Map<string, CatalogEntity>> {
    const found = new Map<string, CatalogEntity>();
    for (let start = 0; start < entityRefs.length; start += PART) {
      const credentials = await this.#auth.getOwnServiceCredentials();
      const { items } = await inTime(
        this.#catalog.getEntitiesByRefs(
          {
            entityRefs: entityRefs.slice(start, start + PART),
            fields: CATALOG_ENTITY_FIELDS,
          },
          { credentials },
        ),
        this.#answerMs,
      );
      for (const item of items) {
        if (!item) continue;
        const entity = toCatalogEntity(item);
        found.set(entity.entityRef, entity);
      }
    }
    return found;
  }

  /** Entities that name one of these namespaces as their own, by namespace. */
  async inNamespaces(
    namespaces: string[],
  ): Promise<Map<string, CatalogEntity[]>> {
    const found = new Map<string, CatalogEntity[]>();
    const field = `metadata.annotations.${NAMESPACE_ANNOTATION}`;
    for (let start = 0; start < namespaces.length; start += PART) {
      const part = namespaces.slice(start, start + PART);
      const pages = this.#catalog.streamEntities(
        { filter: { [field]: part }, fields: CATALOG_ENTITY_FIELDS },
        { credentials: await this.#auth.getOwnServiceCredentials() },
      );
      for await (const page of pagesInTime(pages, this.#answerMs)) {
        for (const entity of page) {
          const namespace = entity.metadata.annotations?.[NAMESPACE_ANNOTATION];
          if (!namespace) continue;
          const others = found.get(namespace) ?? [];
          found.set(namespace, [...others, toCatalogEntity(entity)]);
        }
      }
    }
    return found;
  }

  async find(entityRef: string): Promise<CatalogEntity | undefined> {
    return (await this.findMany([entityRef])).get(foldEntityRef(entityRef));
  }

  /** Whether its page has the tab of its identities. */
  async hasTab(entityRef: string): Promise<boolean> {
    const entity = await this.#catalog.getEntityByRef(entityRef, {
      credentials: await this.#auth.getOwnServiceCredentials(),
    });
    return entity !== undefined && hasIdentityTab(entity);
  }

  /** What people call it; its name where the catalog gives no title. */
  async titleOf(entityRef: string): Promise<string> {
    const entity = await this.#catalog.getEntityByRef(entityRef, {
      credentials: await this.#auth.getOwnServiceCredentials(),
    });
    return entity?.metadata.title ?? parseEntityRef(entityRef).name;
  }
}

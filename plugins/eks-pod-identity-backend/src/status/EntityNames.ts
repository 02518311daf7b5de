import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  type Entity,
  parseEntityRef,
  RELATION_OWNED_BY,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  type AssociationRow,
  hasIdentityTab,
} from 'backstage-plugin-eks-pod-identity-common';
import { inParts } from '../store/refs';

/** An entity as a list shows it. */
export interface NamedEntity {
  title: string;
  /** Refs of its owners. */
  ownedBy: string[];
  hasTab: boolean;
}

/** What the catalog was asked for, and what it gave. */
interface Asked {
  refs: Set<string>;
  entities: Map<string, NamedEntity>;
}

type Owners = NonNullable<AssociationRow['ownedBy']>;

/** Entities that one search looks up in the catalog, at most. */
export const MAX_NAMED = 200;
/** Components of one owner or system, at most; none has nearly as many. */
const MAX_OWNED = 2_000;
/** Most refs that one question to the catalog names. */
const MAX_READ = 500;
const REF_FIELDS = ['kind', 'metadata.name', 'metadata.namespace'];
const NAME_FIELDS = [...REF_FIELDS, 'metadata.title', 'spec.profile'];
const FIELDS = [
  ...NAME_FIELDS,
  'relations',
  'metadata.annotations',
  'spec.type',
];

const titleOf = ({ metadata }: Entity) => metadata.title || metadata.name;

/** Of a group or a user, whose title is in its profile. */
const ownerTitleOf = (entity: Entity) => {
  const profile = entity.spec?.profile as { displayName?: string } | undefined;
  return profile?.displayName || titleOf(entity);
};

const toNamed = (entity: Entity): NamedEntity => ({
  title: titleOf(entity),
  hasTab: hasIdentityTab(entity),
  ownedBy: (entity.relations ?? [])
    .filter(({ type }) => type === RELATION_OWNED_BY)
    .map(({ targetRef }) => targetRef),
});

/** Names of entities as the catalog gives them to one caller; each is asked for once. */
export class EntityNames {
  readonly #catalog: CatalogService;
  readonly #credentials: BackstageCredentials;
  readonly #asked: Asked = { refs: new Set(), entities: new Map() };

  constructor(catalog: CatalogService, credentials: BackstageCredentials) {
    this.#catalog = catalog;
    this.#credentials = credentials;
  }

  /** Those with such a title. */
  async titled(part: string): Promise<string[]> {
    const { items } = await this.#catalog.queryEntities(
      {
        fullTextFilter: { term: part, fields: ['metadata.title'] },
        fields: FIELDS,
        limit: MAX_NAMED,
      },
      { credentials: this.#credentials },
    );
    return items.map(entity => {
      const ref = stringifyEntityRef(entity);
      this.#asked.refs.add(ref);
      this.#asked.entities.set(ref, toNamed(entity));
      return ref;
    });
  }

  /** Those that this group or user owns. */
  async ownedBy(ownerRef: string): Promise<string[]> {
    return this.#related('relations.ownedBy', ownerRef);
  }

  /** Those that are part of this system. */
  async partOf(systemRef: string): Promise<string[]> {
    return this.#related('relations.partOf', systemRef);
  }

  async #related(relation: string, ref: string): Promise<string[]> {
    const { items } = await this.#catalog.queryEntities(
      {
        filter: { [relation]: ref },
        fields: REF_FIELDS,
        limit: MAX_OWNED,
      },
      { credentials: this.#credentials },
    );
    return items.map(entity => stringifyEntityRef(entity));
  }

  /** Only those that the catalog gives to the caller are in the answer. */
  async of(entityRefs: string[]): Promise<Map<string, NamedEntity>> {
    const { refs, entities } = this.#asked;
    const asked = [...new Set(entityRefs)].filter(ref => !refs.has(ref));
    for (const ref of asked) refs.add(ref);
    const items = await this.#read(asked, FIELDS);
    asked.forEach((ref, index) => {
      const entity = items[index];
      if (entity) entities.set(ref, toNamed(entity));
    });
    return entities;
  }

  /** By entity ref. An owner whom the catalog does not show keeps the name that the entity itself gives. */
  async owners(
    entities: NamedEntity[],
  ): Promise<(entity: NamedEntity) => Owners> {
    const asked = [...new Set(entities.flatMap(({ ownedBy }) => ownedBy))];
    const items = await this.#read(asked, NAME_FIELDS);
    const titles = new Map(
      asked.map((ref, index) => {
        const entity = items[index];
        return [ref, entity ? ownerTitleOf(entity) : parseEntityRef(ref).name];
      }),
    );
    return ({ ownedBy }) =>
      ownedBy.map(ref => ({ entityRef: ref, title: titles.get(ref) ?? ref }));
  }

  async #read(entityRefs: string[], fields: string[]) {
    const found: (Entity | undefined)[] = [];
    for (const part of inParts(entityRefs, MAX_READ)) {
      const { items } = await this.#catalog.getEntitiesByRefs(
        { entityRefs: part, fields },
        { credentials: this.#credentials },
      );
      found.push(...items);
    }
    return found;
  }
}

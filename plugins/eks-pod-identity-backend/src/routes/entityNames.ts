import type { LoggerService } from '@backstage/backend-plugin-api';
import { parseEntityRef } from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import type { Caller } from './http';

/** Keys under which reports, results and plans name an entity. */
const KEYS: readonly string[] = [
  'entityRef',
  'taggedEntityRef',
  MARK_TAGS.entityRef,
];

/** In sentences, in place of a name. */
const NAMELESS = 'another component';

/**
 * Lets what is answered name only entities that the catalog gives to the reader. Whoever may read a ServiceAccount's
 * association may not know of every component that it was ever asked for.
 */
export class EntityNames {
  readonly #catalog: CatalogService;
  readonly #caller: Caller;
  readonly #logger: LoggerService;
  /** Entity refs that were asked for, and whether the reader may know them. */
  readonly #given = new Map<string, boolean>();

  constructor(
    { catalog, logger }: { catalog: CatalogService; logger: LoggerService },
    caller: Caller,
  ) {
    this.#catalog = catalog;
    this.#logger = logger;
    this.#caller = caller;
  }

  /** The same JSON without the names that are not for the reader, nor any that it has met before. */
  async limit<T>(answer: T): Promise<T> {
    const named = new Set<string>();
    collect(answer, named);
    await this.#ask([...named].filter(ref => !this.#given.has(ref)));
    const hidden = [...this.#given.keys()].filter(ref => !this.#given.get(ref));
    return hidden.length > 0 ? (without(answer, hidden) as T) : answer;
  }

  async #ask(entityRefs: string[]) {
    const asked = entityRefs.filter(isEntityRef);
    for (const ref of entityRefs) this.#given.set(ref, false);
    if (asked.length === 0) return;
    try {
      const { items } = await this.#catalog.getEntitiesByRefs(
        {
          entityRefs: asked,
          fields: ['kind', 'metadata.name', 'metadata.namespace'],
        },
        { credentials: this.#caller },
      );
      asked.forEach((ref, index) =>
        this.#given.set(ref, items[index] !== undefined),
      );
    } catch (error) {
      this.#logger.warn(
        'Could not ask the catalog whether a reader may know the component of an identity; it is not named',
        error as Error,
      );
    }
  }
}

function isEntityRef(text: string): boolean {
  try {
    parseEntityRef(text);
    return true;
  } catch {
    return false;
  }
}

function collect(value: unknown, into: Set<string>) {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'string' && KEYS.includes(key)) into.add(inner);
    else collect(inner, into);
  }
}

function without(value: unknown, hidden: string[]): unknown {
  if (typeof value === 'string') {
    return hidden.reduce(
      // Not where it is the beginning of another name
      (text, ref) =>
        text.replace(new RegExp(`${escaped(ref)}(?![\\w.-])`, 'gi'), NAMELESS),
      value,
    );
  }
  if (Array.isArray(value)) return value.map(each => without(each, hidden));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !(KEYS.includes(key) && hidden.includes(inner)))
      .map(([key, inner]) => [key, without(inner, hidden)]),
  );
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

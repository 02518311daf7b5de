import type { LoggerService } from '@backstage/backend-plugin-api';
import { parseEntityRef } from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { entityPage } from '../entityPage';
import type { Caller } from '../permissions/caller';

/** Keys under which reports, results and plans name an entity. */
const KEYS: readonly string[] = [
  'entityRef',
  'taggedEntityRef',
  MARK_TAGS.entityRef,
];

/** In sentences, in place of a name. */
const NAMELESS = 'another component';

/** Names that are not to be told, and the ways in which an answer tells them. */
class Hidden {
  readonly #refs: Set<string>;
  readonly #inText: RegExp[];
  readonly #pages: RegExp[];

  constructor(refs: string[]) {
    this.#refs = new Set(refs);
    this.#inText = refs.map(ref => whole(ref, 'gi'));
    this.#pages = refs
      .filter(isEntityRef)
      .map(ref => whole(entityPage('', ref), 'i'));
  }

  isName(key: string, value: unknown): boolean {
    return KEYS.includes(key) && this.#refs.has(value as string);
  }

  isLink(value: unknown): boolean {
    const { url } = (value ?? {}) as { url?: unknown };
    return typeof url === 'string' && this.#pages.some(page => page.test(url));
  }

  withoutNames(text: string): string {
    return this.#inText.reduce(
      (rest, ref) => rest.replaceAll(ref, NAMELESS),
      text,
    );
  }
}

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
    return hidden.length > 0
      ? (without(answer, new Hidden(hidden)) as T)
      : answer;
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

/** Not where it is the beginning of another name. */
function whole(text: string, flags: string): RegExp {
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`${escaped}(?![\\w.-])`, flags);
}

function without(value: unknown, hidden: Hidden): unknown {
  if (typeof value === 'string') return hidden.withoutNames(value);
  if (Array.isArray(value)) {
    return value
      .filter(each => !hidden.isLink(each))
      .map(each => without(each, hidden));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !hidden.isName(key, inner))
      .map(([key, inner]) => [key, without(inner, hidden)]),
  );
}

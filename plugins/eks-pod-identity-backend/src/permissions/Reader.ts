import type { LoggerService } from '@backstage/backend-plugin-api';
import { parseEntityRef } from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  ruleOf,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { z } from 'zod/v3';
import { entityPage } from './entityPage';
import type { Authorizer } from './Authorizer';
import { type Caller, initiatorOf } from './caller';
import { collectNames, disclose, type Known, type Names } from './disclosure';

declare const shown: unique symbol;

/** An answer in which every name is for its reader; only this is sent. */
export type Shown<T> = T & { readonly [shown]: true };

/** States that every name in an answer was chosen for its reader when it was built. */
export function alreadyShown<T extends object>(answer: T): Shown<T> {
  return answer as Shown<T>;
}

export interface ReaderDeps {
  authorizer: Pick<Authorizer, 'readable'>;
  catalog: CatalogService;
  logger: LoggerService;
}

/** In sentences, in place of a name. */
const nameless = (ref: string) =>
  /^user:/i.test(ref) ? 'another user' : 'another component';

/**
 * Shows operations, plans and reports to one reader. They are stored once, for everybody who may read about their
 * service account; who may read that need not know every component that it was ever asked for, nor its neighbours.
 * Asks for each name once.
 */
export class Reader {
  readonly #deps: ReaderDeps;
  readonly #caller: Caller;
  /** Entity refs that were met, and whether the catalog gives them to the reader. */
  readonly #entities = new Map<string, boolean>();
  /** Written refs that were met, and whether the reader may see them. */
  readonly #serviceAccounts = new Map<string, boolean>();

  constructor(deps: ReaderDeps, caller: Caller) {
    this.#deps = deps;
    this.#caller = caller;
    // Readers know themselves, whatever the catalog gives them
    this.#entities.set(initiatorOf(caller).name, true);
  }

  /** An answer that its schema has parsed; the schema says what each of its fields names. */
  async show<T extends object>(
    schema: z.ZodType<T>,
    answer: T,
  ): Promise<Shown<T>> {
    const rule = ruleOf(schema);
    const names: Names = { entities: new Set(), serviceAccounts: new Map() };
    collectNames(rule, answer, names);
    await Promise.all([
      this.#askForEntities(names),
      this.#askForServiceAccounts(names),
    ]);
    return alreadyShown(disclose(rule, answer, this.#known()));
  }

  async #askForEntities({ entities }: Names) {
    const { catalog, logger } = this.#deps;
    const met = [...entities].filter(ref => !this.#entities.has(ref));
    const asked = met.filter(isEntityRef);
    for (const ref of met) this.#entities.set(ref, false);
    if (asked.length === 0) return;
    try {
      const { items } = await catalog.getEntitiesByRefs(
        {
          entityRefs: asked,
          fields: ['kind', 'metadata.name', 'metadata.namespace'],
        },
        { credentials: this.#caller },
      );
      asked.forEach((ref, index) =>
        this.#entities.set(ref, items[index] !== undefined),
      );
    } catch (error) {
      logger.warn(
        'Could not ask the catalog whether a reader may know the component of an identity; it is not named',
        error as Error,
      );
    }
  }

  async #askForServiceAccounts({ serviceAccounts }: Names) {
    const asked = [...serviceAccounts].flatMap(([written, ref]) =>
      this.#serviceAccounts.has(written) ? [] : [ref],
    );
    if (asked.length === 0) return;
    for (const ref of asked) this.#mark(ref, false);
    const { authorizer } = this.#deps;
    for (const ref of await authorizer.readable(asked, this.#caller)) {
      this.#mark(ref, true);
    }
  }

  #mark(ref: ServiceAccountRef, readable: boolean) {
    this.#serviceAccounts.set(stringifyServiceAccountRef(ref), readable);
  }

  #known(): Known {
    const hidden = [...this.#entities].flatMap(([ref, given]) =>
      given ? [] : [ref],
    );
    const inText = hidden.map(
      ref => [whole(ref, 'gi'), nameless(ref)] as const,
    );
    const pages = hidden
      .filter(isEntityRef)
      .map(ref => whole(entityPage('', ref), 'i'));
    return {
      isHidden: entityRef => this.#entities.get(entityRef) === false,
      withoutHidden: text =>
        inText.reduce((rest, [name, by]) => rest.replaceAll(name, by), text),
      isHiddenPage: url => pages.some(page => page.test(url)),
      isReadable: ref =>
        this.#serviceAccounts.get(stringifyServiceAccountRef(ref)) === true,
    };
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

/** Matches whole names only, not the beginning of a longer one. */
function whole(text: string, flags: string): RegExp {
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`${escaped}(?![\\w.-])`, flags);
}

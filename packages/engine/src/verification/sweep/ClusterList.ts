import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { Memo } from '../../async/memo';
import {
  isKubernetesError,
  type KubernetesErrorKind,
} from '../../kubernetes/errors';
import type { KubernetesApi, ListPage } from '../../kubernetes/types';
import { type Fact, known } from '../framework/fact';
import { andThen, askKubernetes } from '../access/askKubernetes';
import type { FactName } from '../framework/facts';
import type { AskedFact } from '../framework/request';
import type { NarrowLists } from './NarrowLists';

/** A page of 500 objects is more work than the list of one namespace, for the API server and for us. */
const NAMESPACES_PER_PAGE = 2;

/** After these the namespaces are asked for one by one. Where there is no answer at all, each would wait for the same. */
const INSTEAD: KubernetesErrorKind[] = [
  'forbidden',
  'gone',
  'throttled',
  'timeout',
  'aborted',
  'too-long',
  'server',
];

type Asked = Pick<AskedFact<FactName>, 'read' | 'signal' | 'get' | 'ref'>;

/** How one kind of object is listed, and what is kept of an object. */
export interface Listing<T, Kept> {
  /** Plural, such as `pods`. */
  resource: string;
  everywhere(
    kubernetes: KubernetesApi,
    signal: AbortSignal,
  ): AsyncIterable<ListPage<T>>;
  inNamespace(namespace: string, asked: Asked): Promise<Fact<T[]>>;
  /** Names what a ref asks for, as `keyOfObject` names what an object answers. */
  keyOf(ref: ServiceAccountRef): string;
  keyOfObject(object: T): string | undefined;
  /** Undefined for an object that answers nothing. */
  keep(object: T): Kept | undefined;
}

/** What was kept, by key. */
type Found<Kept> = ReadonlyMap<string, Kept[]>;

/**
 * The objects of one kind that many refs of a cluster ask for, each read once. Lists the whole cluster where that takes
 * fewer calls, and keeps only what the refs ask for; else lists namespace by namespace.
 */
export class ClusterList<T, Kept> {
  readonly #listing: Listing<T, Kept>;
  readonly #narrow: NarrowLists;
  readonly #wanted: ReadonlySet<string>;
  /** Pages of the whole cluster that are no more work than the lists of the namespaces. */
  readonly #mostPages: number;
  readonly #lists = new Memo<string, Promise<Fact<Found<Kept>>>>();
  #everywhere?: Promise<Fact<Found<Kept>> | undefined>;
  #passed?: Fact<Found<Kept>>;

  constructor(
    listing: Listing<T, Kept>,
    refs: readonly ServiceAccountRef[],
    narrow: NarrowLists,
  ) {
    this.#listing = listing;
    this.#narrow = narrow;
    this.#wanted = new Set(refs.map(listing.keyOf));
    const namespaces = new Set(refs.map(({ namespace }) => namespace));
    this.#mostPages = Math.floor(namespaces.size / NAMESPACES_PER_PAGE);
  }

  get resource(): string {
    return this.#listing.resource;
  }

  /**
   * Keeps what the refs ask for of a list of the whole cluster, on its way to another reader. Then it is not listed
   * again, unless that reader stopped before its end.
   */
  async *passing(
    pages: AsyncIterable<ListPage<T>>,
  ): AsyncGenerator<ListPage<T>, void, undefined> {
    const found = new Map<string, Kept[]>();
    for await (const page of pages) {
      this.#add(page.items, found, key => this.#wanted.has(key));
      yield page;
    }
    this.#passed = known(found);
  }

  /** What the ref of the run asks for. */
  async of(asked: Asked): Promise<Fact<Kept[]>> {
    const key = this.#listing.keyOf(asked.ref);
    return andThen(
      await this.#listWith(key, asked),
      found => found.get(key) ?? [],
    );
  }

  async #listWith(key: string, asked: Asked): Promise<Fact<Found<Kept>>> {
    if (this.#wanted.has(key)) {
      if (this.#passed) return this.#passed;
      this.#everywhere ??= this.#listEverywhere(asked);
      const everywhere = await this.#everywhere;
      if (everywhere) return everywhere;
    }
    const { namespace } = asked.ref;
    return this.#lists.get(namespace, async () =>
      andThen(await this.#listing.inNamespace(namespace, asked), objects => {
        const found = new Map<string, Kept[]>();
        this.#add(objects, found, () => true);
        return found;
      }),
    );
  }

  /** Undefined where the namespaces are to be listed instead. */
  async #listEverywhere(asked: Asked): Promise<Fact<Found<Kept>> | undefined> {
    const { resource, everywhere } = this.#listing;
    const { id } = asked.read.cluster;
    if (
      this.#mostPages < 1 ||
      this.#narrow.has(id, resource, this.#mostPages)
    ) {
      return undefined;
    }
    const fact = await askKubernetes(
      asked,
      { verb: 'list', resource },
      async (kubernetes, signal) => {
        try {
          const found = await this.#collect(everywhere(kubernetes, signal));
          if (typeof found !== 'number') return found;
          this.#narrow.add(id, resource, found);
          return undefined;
        } catch (error) {
          if (!isKubernetesError(error, ...INSTEAD) || error.givenUp) {
            throw error;
          }
          // What was aborted says nothing about the next sweep.
          if (error.kind !== 'aborted') this.#narrow.add(id, resource);
          return undefined;
        }
      },
    );
    if (!fact.known) return fact;
    return fact.value && known(fact.value);
  }

  /** The number of pages as soon as it shows that they are too many. */
  async #collect(
    pages: AsyncIterable<ListPage<T>>,
  ): Promise<Found<Kept> | number> {
    const found = new Map<string, Kept[]>();
    let pagesRead = 0;
    for await (const { items, pagesLeft } of pages) {
      pagesRead += 1;
      const all = pagesRead + pagesLeft;
      if (all > this.#mostPages) return all;
      this.#add(items, found, key => this.#wanted.has(key));
    }
    return found;
  }

  #add(
    objects: T[],
    found: Map<string, Kept[]>,
    isWanted: (key: string) => boolean,
  ) {
    const { keyOfObject, keep } = this.#listing;
    for (const object of objects) {
      const key = keyOfObject(object);
      if (key === undefined || !isWanted(key)) continue;
      const kept = keep(object);
      if (kept === undefined) continue;
      const others = found.get(key);
      if (others) others.push(kept);
      else found.set(key, [kept]);
    }
  }
}

import {
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import { inParts, RefColumns, toRef, whereRef, whereRefs } from './refs';

/** Where the link between an entity and a ref comes from. */
export type EntityRefSource = 'annotation' | 'aws-tag';

/** A link between an entity and a service account. */
export interface EntityLink {
  entityRef: string;
  ref: ServiceAccountRef;
  source: EntityRefSource;
  /** The entity says that the namespace is its own. */
  ownsNamespace?: true;
}

interface LinkRow extends RefColumns {
  entity_ref: string;
  source: EntityRefSource;
  owns_namespace: boolean | number;
}

function toLink(row: LinkRow): EntityLink {
  return {
    entityRef: row.entity_ref,
    ref: toRef(row),
    source: row.source,
    ...(row.owns_namespace ? { ownsNamespace: true as const } : {}),
  };
}

/** Which entity runs under which service account, as annotations claim and AWS tags say. */
export class EntityRefStore {
  readonly #knex: Knex;
  readonly #now: () => number;

  constructor(knex: Knex, now: () => number) {
    this.#knex = knex;
    this.#now = now;
  }

  /**
   * Makes these the entity's only links of that source; writes nothing where nothing differs.
   *
   * @param options - `namespace`: the entity's own, where it names one; `before`: all links of the entity, where they were read
   * @returns all links of the entity, those of other sources too: `before` itself where nothing differs
   */
  async replaceOfEntity(
    entityRef: string,
    source: EntityRefSource,
    refs: ServiceAccountRef[],
    options: { namespace?: string; before?: EntityLink[] } = {},
  ): Promise<EntityLink[]> {
    const key = ({ ref, ownsNamespace }: EntityLink) =>
      `${stringifyServiceAccountRef(ref)} ${ownsNamespace}`;
    const all = options.before ?? (await this.ofEntity(entityRef));
    const before = all.filter(link => link.source === source);
    const links = refs.map(
      (ref): EntityLink => ({
        entityRef,
        ref,
        source,
        ...(ref.namespace === options.namespace ? { ownsNamespace: true } : {}),
      }),
    );
    const wanted = new Set(links.map(key));
    const there = new Set(before.map(key));
    const gone = before.filter(link => !wanted.has(key(link)));
    const added = links.filter(link => !there.has(key(link)));
    if (gone.length === 0 && added.length === 0) return all;
    await this.#knex.transaction(async tx => {
      for (const link of gone) {
        await tx('entity_refs')
          .where({ entity_ref: entityRef, source, ...whereRef(link.ref) })
          .delete();
      }
      await this.add(added, tx);
    });
    return [...all.filter(link => !gone.includes(link)), ...added];
  }

  /** Makes each ref's only link of that source the one to its entity, or none. */
  async relink(
    source: EntityRefSource,
    links: { ref: ServiceAccountRef; entityRef?: string }[],
  ): Promise<void> {
    for (const part of inParts(links)) {
      await this.#knex.transaction(async tx => {
        const refs = part.map(({ ref }) => ref);
        await whereRefs(tx('entity_refs'), refs).andWhere({ source }).delete();
        await this.add(
          part.flatMap(({ ref, entityRef }) =>
            entityRef ? [{ ref, entityRef, source }] : [],
          ),
          tx,
        );
      });
    }
  }

  /** Confirms the entity's links of that source. */
  async touch(entityRef: string, source: EntityRefSource) {
    await this.#knex('entity_refs')
      .where({ entity_ref: entityRef, source })
      .update({ updated_at: this.#now() });
  }

  async add(links: EntityLink[], tx: Knex = this.#knex) {
    for (const part of inParts(links)) {
      await tx('entity_refs')
        .insert(
          part.map(link => ({
            entity_ref: link.entityRef,
            ...whereRef(link.ref),
            source: link.source,
            owns_namespace: link.ownsNamespace ?? false,
            updated_at: this.#now(),
          })),
        )
        .onConflict([
          'entity_ref',
          'cluster',
          'namespace',
          'service_account',
          'source',
        ])
        .merge(['updated_at', 'owns_namespace']);
    }
  }

  async ofEntity(entityRef: string): Promise<EntityLink[]> {
    const rows = await this.#knex<LinkRow>('entity_refs').where({
      entity_ref: entityRef,
    });
    return rows.map(toLink);
  }

  async ofRef(ref: ServiceAccountRef): Promise<EntityLink[]> {
    const rows = await this.#knex<LinkRow>('entity_refs').where(whereRef(ref));
    return rows.map(toLink);
  }

  /** By written ref; refs without a link are missing. */
  async ofRefs(refs: ServiceAccountRef[]): Promise<Map<string, EntityLink[]>> {
    const found = new Map<string, EntityLink[]>();
    for (const part of inParts(refs)) {
      const rows = await whereRefs(
        this.#knex<LinkRow>('entity_refs'),
        part,
      ).select('*');
      for (const row of rows) {
        const link = toLink(row);
        const key = stringifyServiceAccountRef(link.ref);
        found.set(key, [...(found.get(key) ?? []), link]);
      }
    }
    return found;
  }

  /** Every ref of a cluster that some entity is linked to. */
  async refsOfCluster(cluster: string): Promise<ServiceAccountRef[]> {
    const rows = await this.#knex<LinkRow>('entity_refs')
      .where({ cluster })
      .distinct('cluster', 'namespace', 'service_account');
    return rows.map(toRef);
  }

  /** Links of that source to refs of a cluster. */
  async ofCluster(
    cluster: string,
    source: EntityRefSource,
  ): Promise<EntityLink[]> {
    const rows = await this.#knex<LinkRow>('entity_refs').where({
      cluster,
      source,
    });
    return rows.map(toLink);
  }

  async removeRef(
    ref: ServiceAccountRef,
    source: EntityRefSource,
    tx: Knex = this.#knex,
  ) {
    await tx('entity_refs')
      .where({ ...whereRef(ref), source })
      .delete();
  }

  /** Annotations that no entity carries any more: not confirmed since `before`. */
  async sweepAnnotations(before: number): Promise<number> {
    return this.#knex('entity_refs')
      .where({ source: 'annotation' })
      .andWhere('updated_at', '<', before)
      .delete();
  }
}

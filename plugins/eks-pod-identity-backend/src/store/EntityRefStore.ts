import {
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import { inParts, RefColumns, toRef, whereRef, whereRefs } from './refs';

/** Where the link between an entity and a ref comes from. */
export type EntityRefSource = 'annotation' | 'aws-tag';

/** A link between an entity and a ServiceAccount. */
export interface EntityLink {
  entityRef: string;
  ref: ServiceAccountRef;
  source: EntityRefSource;
}

interface LinkRow extends RefColumns {
  entity_ref: string;
  source: EntityRefSource;
}

/** Which entity runs under which ServiceAccount, as annotations claim and AWS tags say. */
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
   * @returns all links of the entity, those of other sources too
   */
  async replaceOfEntity(
    entityRef: string,
    source: EntityRefSource,
    refs: ServiceAccountRef[],
  ): Promise<EntityLink[]> {
    const key = (ref: ServiceAccountRef) =>
      `${ref.cluster}/${ref.namespace}/${ref.serviceAccount}`;
    const all = await this.ofEntity(entityRef);
    const before = all.filter(link => link.source === source);
    const wanted = new Set(refs.map(key));
    const there = new Set(before.map(link => key(link.ref)));
    const gone = before.filter(link => !wanted.has(key(link.ref)));
    const added = refs
      .filter(ref => !there.has(key(ref)))
      .map(ref => ({ entityRef, ref, source }));
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
        .merge(['updated_at']);
    }
  }

  async ofEntity(entityRef: string): Promise<EntityLink[]> {
    const rows = await this.#knex<LinkRow>('entity_refs').where({
      entity_ref: entityRef,
    });
    return rows.map(row => ({
      entityRef: row.entity_ref,
      ref: toRef(row),
      source: row.source,
    }));
  }

  async ofRef(ref: ServiceAccountRef): Promise<EntityLink[]> {
    const rows = await this.#knex<LinkRow>('entity_refs').where(whereRef(ref));
    return rows.map(row => ({
      entityRef: row.entity_ref,
      ref,
      source: row.source,
    }));
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
        const link = {
          entityRef: row.entity_ref,
          ref: toRef(row),
          source: row.source,
        };
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
    return rows.map(row => ({
      entityRef: row.entity_ref,
      ref: toRef(row),
      source,
    }));
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

import { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import {
  fromRow,
  onlyPlans,
  OperationRecord,
  OperationRow,
} from './operationRecord';
import { whereRef } from './refs';

/** What is known of an operation that has not ended, without the count of its run's events. */
export type LiveOperation = Pick<
  OperationRecord,
  | 'id'
  | 'runId'
  | 'kind'
  | 'ref'
  | 'entityRef'
  | 'ownerRefs'
  | 'initiator'
  | 'input'
  | 'createdAt'
>;

/** Operations that wait or run, for deciding whether another one may. The oldest come first. */
export class LiveOperationStore {
  /** Those that one user or service started or joined. */
  async startedBy(initiator: string, tx: Knex): Promise<LiveOperation[]> {
    return this.#live(tx, { initiator });
  }

  /** Those of one ref, by any initiator. */
  async of(ref: ServiceAccountRef, tx: Knex): Promise<LiveOperation[]> {
    return this.#live(tx, whereRef(ref));
  }

  /** Associates and moves of every user that change something. */
  async making(tx: Knex): Promise<LiveOperation[]> {
    const associates = await this.#live(tx, { kind: 'associate' });
    const moves = await this.#live(tx, { kind: 'migrate' });
    return [...associates, ...moves].filter(one => !onlyPlans(one));
  }

  async #live(
    tx: Knex,
    where: Partial<OperationRow>,
  ): Promise<LiveOperation[]> {
    const rows = await tx<OperationRow>('operations')
      .whereIn('state', ['queued', 'running'])
      .andWhere(where)
      .orderBy(['created_at', 'id']);
    return rows.map(row => fromRow(row as OperationRow));
  }
}

import {
  type MigrateResult,
  type OperationError,
  type OpenChange,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import type { OperationRow } from './operationRecord';
import { changesIdentityOnly } from './changeKinds';
import { newestOfRefs, RUNNING } from './newest';
import { inParts, toRef } from './refs';
import { fromOptionalJson, toIso, toMs } from './values';

export interface RefOpenChange extends OpenChange {
  ref: ServiceAccountRef;
  entityRef?: string;
}

const COLUMNS = [
  'cluster',
  'namespace',
  'service_account',
  'entity_ref',
  'kind',
  'state',
  'created_at',
  'finished_at',
  'result',
  'error',
] as const;

type ChangeRow = Pick<OperationRow, (typeof COLUMNS)[number]>;

/**
 * The last change of an identity, if it is under way or broke off after it had changed something. One that went through
 * needs no word: the identity is as it says.
 */
export class OpenChangeStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** By written ref. */
  async ofRefs(refs: ServiceAccountRef[]): Promise<Map<string, RefOpenChange>> {
    const found = new Map<string, RefOpenChange>();
    for (const part of inParts(refs)) {
      for (const row of await newestOfRefs(
        this.#knex,
        part,
        COLUMNS,
        changesIdentityOnly(),
      )) {
        const change = toChange(row);
        if (change) found.set(stringifyServiceAccountRef(change.ref), change);
      }
    }
    return found;
  }

  /** Refs that were to be set up or moved for an entity: some have no other link to it yet, or none any more. */
  async refsOfEntity(entityRef: string): Promise<ServiceAccountRef[]> {
    const rows = await this.#knex<OperationRow>('operations')
      .where({ entity_ref: entityRef, plan_only: false })
      .whereNot({ kind: 'teardown' })
      .modify(changesIdentityOnly())
      .andWhere(open => {
        open.whereIn('state', RUNNING).orWhere(broken => {
          broken
            .whereIn('state', ['cancelled', 'failed'])
            .andWhere({ wrote: true });
        });
      })
      .distinct('cluster', 'namespace', 'service_account');
    const refs = rows.map(toRef);
    if (refs.length === 0) return [];
    const open = await this.ofRefs(refs);
    return [...open.values()]
      .filter(change => change.entityRef === entityRef)
      .map(({ ref }) => ref);
  }
}

const openState = ({ state }: ChangeRow): OpenChange['state'] =>
  RUNNING.includes(state) ? 'running' : (state as 'cancelled' | 'failed');

/** It failed, and is as if it had not begun. */
export const isTakenBack = ({ error }: Pick<OperationRow, 'error'>) =>
  fromOptionalJson<OperationError>(error)?.name === 'MoveTakenBackError';

/** The result of a move that stopped before its end. */
function waitingMove({ kind, result }: ChangeRow): MigrateResult | undefined {
  if (kind !== 'migrate') return undefined;
  const found = fromOptionalJson<MigrateResult>(result);
  return found?.state === 'moving' ? found : undefined;
}

function toChange(row: ChangeRow): RefOpenChange | undefined {
  const waits = row.state === 'succeeded' && waitingMove(row);
  if (row.state === 'succeeded' && !waits) return undefined;
  if (isTakenBack(row)) return undefined;
  return {
    ref: toRef(row),
    entityRef: row.entity_ref ?? undefined,
    kind: row.kind as OpenChange['kind'],
    ...(waits
      ? {
          toConfirm: waits.toConfirm,
          confirmed: waits.confirmed,
          ...(waits.noWayBack ? { noWayBack: true as const } : {}),
        }
      : {}),
    state: waits ? 'waiting' : openState(row),
    at: toIso(toMs(row.finished_at ?? row.created_at)),
  };
}

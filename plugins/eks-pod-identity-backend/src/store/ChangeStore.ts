import {
  AssociateInput,
  AssociateResult,
  OperationState,
  Plan,
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import type { Holder } from './holder';
import {
  fromRow,
  onlyPlans,
  OperationRecord,
  selectOperations,
} from './operationRecord';
import { changesIdentityOnly } from './changeKinds';
import { inParts, RefColumns, toRef, whereRef, whereRefs } from './refs';
import { toMs } from './values';

/** In which a change may have changed something. */
const ENDS: OperationState[] = ['succeeded', 'failed', 'cancelled'];
/** How many of a ref are looked through for the last one that changed something. */
const MOST = 25;

/** What the last associate asked for, and what came of it. */
export interface LastAssociate {
  input: AssociateInput;
  result?: AssociateResult;
  holder?: Holder;
}

/** The last changes of one ref. */
export interface LastChanges {
  /** When this portal last changed, or may have changed, the identity; epoch milliseconds. */
  at?: number;
  /** Unless a teardown came after it. */
  associate?: LastAssociate;
}

/** Whether people have had a hand in a service account, for who moves it without being asked. */
export interface Handled {
  /** A change of it that has ended wrote: what stands now is meant, or is for a person. */
  isHandled: boolean;
  /** Something that may write has not ended, be it a rehearsal or a restart: a change would wait for it. */
  isBusy: boolean;
}

const NEWEST_FIRST = [
  { column: 'o.created_at', order: 'desc' },
  { column: 'o.id', order: 'desc' },
];

/** What the operations tell of changes: what was not only planned of associates, teardowns and moves, there and back. */
export class ChangeStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Unless a teardown came after it. Defaults and texts only, never a base of decisions. */
  async lastAssociate(
    ref: ServiceAccountRef,
  ): Promise<LastAssociate | undefined> {
    return associateOf(await this.#changes(ref, ['succeeded']));
  }

  /** When this portal last changed, or may have changed, the identity. */
  async lastAt(ref: ServiceAccountRef): Promise<number | undefined> {
    return changedAt(await this.#changes(ref, ENDS));
  }

  /** `lastAt` and `lastAssociate` of each, by written ref; those that were never changed are missing. */
  async lastOfMany(
    refs: ServiceAccountRef[],
  ): Promise<Map<string, LastChanges>> {
    const records = new Map<string, OperationRecord[]>();
    for (const part of inParts(refs)) {
      const ranked = whereRefs(this.#knex('operations'), part)
        .modify(changesIdentityOnly())
        .whereIn('state', ENDS)
        .andWhere('plan_only', false)
        .select(
          'id',
          this.#knex.raw(
            "row_number() over (partition by cluster, namespace, service_account, state = 'succeeded' order by created_at desc, id desc) as place",
          ),
        );
      const rows = await selectOperations(this.#knex)
        .whereIn(
          'o.id',
          this.#knex
            .from(ranked.as('r'))
            .where('place', '<=', MOST)
            .select('id'),
        )
        .orderBy(NEWEST_FIRST);
      for (const row of rows) {
        const key = stringifyServiceAccountRef(toRef(row));
        const others = records.get(key);
        if (others) others.push(fromRow(row));
        else records.set(key, [fromRow(row)]);
      }
    }
    return new Map(
      [...records].map(([key, changes]) => [
        key,
        {
          at: changedAt(changes),
          associate: associateOf(
            changes.filter(({ state }) => state === 'succeeded'),
          ),
        },
      ]),
    );
  }

  /** When this portal last changed, or may have changed, each ref of a cluster; by written ref, epoch milliseconds. */
  async lastOnCluster(cluster: string): Promise<Map<string, number>> {
    const rows = await this.#knex('operations')
      .where({ cluster, plan_only: false })
      .modify(changesIdentityOnly())
      .whereNotNull('finished_at')
      .groupBy('cluster', 'namespace', 'service_account')
      .select<(RefColumns & { finished_at: number | string })[]>(
        'cluster',
        'namespace',
        'service_account',
        this.#knex.raw('max(finished_at) as finished_at'),
      );
    return new Map(
      rows.map(row => [
        stringifyServiceAccountRef(toRef(row)),
        toMs(row.finished_at),
      ]),
    );
  }

  /** Differs as soon as a change of the ref was accepted, proceeds or ends, in any process. */
  async version(ref: ServiceAccountRef): Promise<string | undefined> {
    const newest = await this.#of(ref).orderBy(NEWEST_FIRST).first();
    return newest && versionOf(newest);
  }

  /** `version` of each, by written ref; those that were never changed are missing. */
  async versions(refs: ServiceAccountRef[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const part of inParts(refs)) {
      const ranked = whereRefs(this.#knex('operations'), part)
        .modify(changesIdentityOnly())
        .select(
          'id',
          this.#knex.raw(
            'row_number() over (partition by cluster, namespace, service_account order by created_at desc, id desc) as place',
          ),
        );
      const rows: (RefColumns & Versioned)[] = await this.#knex(
        'operations as o',
      )
        .join('operations as l', 'l.id', 'o.run_id')
        .whereIn(
          'o.id',
          this.#knex.from(ranked.as('r')).where('place', 1).select('id'),
        )
        .select(
          'o.cluster',
          'o.namespace',
          'o.service_account',
          'o.id',
          'o.state',
          'l.last_seq as last_seq',
        );
      for (const row of rows) {
        found.set(stringifyServiceAccountRef(toRef(row)), versionOf(row));
      }
    }
    return found;
  }

  /** A change of the ref that was accepted after the given time. */
  async since(
    ref: ServiceAccountRef,
    since: number,
    exceptId: string,
    tx: Knex = this.#knex,
  ): Promise<boolean> {
    const row = await tx('operations')
      .where(whereRef(ref))
      .modify(changesIdentityOnly())
      .andWhere('created_at', '>=', since)
      .whereNot({ id: exceptId })
      .select('id')
      .first();
    return row !== undefined;
  }

  /**
   * What the associates of a scaffolder task set out to change on a ref, oldest first; for undoing them. A caller
   * may name any task, so only operations of the initiator who undoes it count.
   */
  async plansOfTask(
    ref: ServiceAccountRef,
    taskId: string,
    initiator: string,
  ): Promise<Plan[]> {
    const rows = await this.#of(ref)
      .andWhere({
        'o.kind': 'associate',
        'o.task_id': taskId,
        'o.initiator': initiator,
      })
      .whereNotNull('o.plan')
      .orderBy('o.created_at')
      .limit(25);
    return (
      rows
        .map(fromRow)
        .filter(record => !onlyPlans(record))
        // A plan with conflicts is not applied at all.
        .flatMap(({ plan }) => (plan && !plan.conflicts ? [plan] : []))
    );
  }

  /** Whether a change other than a removal, and not of this scaffolder task, has written since the task's last associate. */
  async changedAfterTask(
    ref: ServiceAccountRef,
    taskId: string,
  ): Promise<boolean> {
    const own = this.#knex('operations')
      .where(whereRef(ref))
      .andWhere({ kind: 'associate', task_id: taskId })
      .max('created_at');
    const row = await this.#knex('operations')
      .where(whereRef(ref))
      .modify(changesIdentityOnly())
      .andWhere('created_at', '>=', own)
      .whereNot({ kind: 'teardown' })
      .andWhere(other =>
        other.whereNull('task_id').orWhereNot({ task_id: taskId }),
      )
      .andWhere(one => one.where({ wrote: true }).orWhere({ state: 'running' }))
      .select('id')
      .first();
    return row !== undefined;
  }

  /**
   * By written ref; those that nothing was asked for are left out. What wrote nothing does not count: anyone may ask for that.
   * Nor does an associate that failed: it may have written a role, for a service account of others.
   */
  async handled(
    refs: ServiceAccountRef[],
    tx: Knex = this.#knex,
  ): Promise<Map<string, Handled>> {
    const found = new Map<string, Handled>();
    const flag = (condition: string, name: string) =>
      tx.raw(`max(case when ${condition} then 1 else 0 end) as ${name}`);
    for (const part of inParts(refs)) {
      const rows = await whereRefs(tx('operations'), part)
        .andWhere({ plan_only: false })
        .whereNot({ kind: 'verify' })
        .andWhere(one =>
          one
            .where(changesIdentityOnly())
            .orWhereIn('state', ['queued', 'running']),
        )
        .groupBy('cluster', 'namespace', 'service_account')
        .select<(RefColumns & { handled: number; busy: number })[]>(
          'cluster',
          'namespace',
          'service_account',
          flag(
            "wrote and (kind <> 'associate' or state = 'succeeded')",
            'handled',
          ),
          flag("state in ('queued', 'running')", 'busy'),
        );
      for (const row of rows) {
        found.set(stringifyServiceAccountRef(toRef(row)), {
          isHandled: Number(row.handled) === 1,
          isBusy: Number(row.busy) === 1,
        });
      }
    }
    return found;
  }

  async #changes(
    ref: ServiceAccountRef,
    states: OperationState[],
  ): Promise<OperationRecord[]> {
    const rows = await this.#of(ref)
      .whereIn('o.state', states)
      .andWhere('o.plan_only', false)
      .orderBy(NEWEST_FIRST)
      .limit(MOST);
    return rows.map(fromRow);
  }

  #of(ref: ServiceAccountRef) {
    return selectOperations(this.#knex)
      .where({
        'o.cluster': ref.cluster,
        'o.namespace': ref.namespace,
        'o.service_account': ref.serviceAccount,
      })
      .andWhere(changesIdentityOnly('o'));
  }
}

interface Versioned {
  id: string;
  state: string;
  last_seq: number;
}

function versionOf({ id, state, last_seq }: Versioned): string {
  return `${id} ${state} ${last_seq}`;
}

/** @param changes - newest first */
function changedAt(changes: OperationRecord[]): number | undefined {
  return changes.find(({ result, state }) =>
    result && 'changed' in result ? result.changed : state !== 'succeeded',
  )?.finishedAt;
}

/** A removal that found nothing to remove, because the association belongs to others. */
function removedNothing({ result }: OperationRecord): boolean {
  return (
    result?.kind === 'teardown' &&
    !result.changed &&
    !!result.kept?.some(({ kind }) => kind === 'association')
  );
}

/** @param succeeded - newest first */
function associateOf(succeeded: OperationRecord[]): LastAssociate | undefined {
  const last = succeeded.find(
    change =>
      change.result &&
      'applied' in change.result &&
      change.result.applied &&
      !removedNothing(change),
  );
  if (last?.kind !== 'associate') return undefined;
  return {
    input: last.input as AssociateInput,
    result: last.result as AssociateResult,
    holder: last.holder,
  };
}

import {
  type AccessMove,
  type MigrateInput,
  type MigrateResult,
  type MoveStageId,
  type OperationStepProgress,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { newestOfRefs, RUNNING } from './newest';
import { isTakenBack } from './OpenChangeStore';
import type { OperationRow } from './operationRecord';
import { inParts, toRef } from './refs';
import { fromJson, fromOptionalJson, toIso, toMs } from './values';

const COLUMNS = [
  'cluster',
  'namespace',
  'service_account',
  'run_id',
  'kind',
  'state',
  'input',
  'created_at',
  'finished_at',
  'result',
  'error',
] as const;

type MoveRow = Pick<OperationRow, (typeof COLUMNS)[number]>;

/** What a step of a run says of the stage. */
const STAGES: [step: string, stage: MoveStageId][] = [
  ['role.trust.rehearsal', 'rehearsal'],
  ['role.trust', 'trust'],
  ['rehearsal', 'rehearsal'],
  ['association', 'association'],
  ['gate', 'gate'],
  ['probe', 'gate'],
  ['restart', 'restart'],
  ['proof', 'restart'],
];

const isRunning = ({ state }: MoveRow) => RUNNING.includes(state);

const untilOf = ({ input }: MoveRow) => fromJson<MigrateInput>(input).until;

/** Where moves of this portal stand, as the last operation of each tells that counts. */
export class MoveStateStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** By written ref. */
  async ofRefs(refs: ServiceAccountRef[]): Promise<Map<string, AccessMove>> {
    const found = await this.#found(refs);
    return new Map([...found].map(([name, { move }]) => [name, move]));
  }

  /** Of each, undefined where it is of another role. One that is under way or failed has no result that names its role. */
  async ofRoles(
    records: { ref: ServiceAccountRef; roleArn: string }[],
  ): Promise<(AccessMove | undefined)[]> {
    const found = await this.#found(records.map(({ ref }) => ref));
    return records.map(({ ref, roleArn }) => {
      const one = found.get(stringifyServiceAccountRef(ref));
      return (one?.roleArn ?? roleArn) === roleArn ? one?.move : undefined;
    });
  }

  async #found(refs: ServiceAccountRef[]) {
    const found = new Map<string, { move: AccessMove; roleArn?: string }>();
    for (const part of inParts(refs)) {
      const rows = await this.#newest(part);
      const steps = await this.#lastSteps(rows.filter(isRunning));
      for (const row of rows) {
        const move = toMove(row, steps.get(row.run_id));
        const { roleArn } =
          fromOptionalJson<{ roleArn?: string }>(row.result) ?? {};
        if (move) {
          found.set(stringifyServiceAccountRef(toRef(row)), { move, roleArn });
        }
      }
    }
    return found;
  }

  /** A rehearsal alone is no move. */
  async #newest(refs: ServiceAccountRef[]): Promise<MoveRow[]> {
    const newest = await newestOfRefs(this.#knex, refs, COLUMNS, operations =>
      operations
        .whereIn('kind', ['migrate', 'rollback', 'teardown'])
        .whereNot(rehearsal => {
          // As JSON.stringify writes them; what a user typed has its quotes escaped
          rehearsal
            .where('kind', 'migrate')
            .andWhere('input', 'not like', '%"until":"moved"%')
            .andWhere('input', 'not like', '%"until":"finished"%');
        }),
    );
    return newest.filter(({ kind }) => kind !== 'teardown');
  }

  /** By run; moves at once are few. */
  async #lastSteps(rows: MoveRow[]): Promise<Map<string, string>> {
    if (rows.length === 0) return new Map();
    const events = await this.#knex('operation_events')
      .whereIn(
        'run_id',
        rows.map(row => row.run_id),
      )
      .andWhere({ type: 'step' })
      .orderBy('seq')
      .select<{ run_id: string; data: string }[]>('run_id', 'data');
    return new Map(
      events.map(({ run_id, data }) => [
        run_id,
        fromJson<OperationStepProgress>(data).id,
      ]),
    );
  }
}

function stageOf(row: MoveRow, step: string): MoveStageId | undefined {
  // All its steps, the proof before them too, serve the end of IRSA
  if (untilOf(row) === 'finished') return 'old-trust';
  return STAGES.find(([prefix]) => step.startsWith(prefix))?.[1];
}

function toMove(
  row: MoveRow,
  step: string | undefined,
): AccessMove | undefined {
  const since = toIso(toMs(row.finished_at ?? row.created_at));
  if (row.kind === 'rollback') {
    if (isRunning(row)) return { state: 'going-back', since };
    return row.state === 'succeeded' ? undefined : { state: 'stopped', since };
  }
  if (isRunning(row)) {
    const stage = step === undefined ? undefined : stageOf(row, step);
    return { state: 'moving', ...(stage ? { stage } : {}), since };
  }
  if (isTakenBack(row)) return undefined;
  if (row.state !== 'succeeded') return { state: 'stopped', since };
  switch (fromOptionalJson<MigrateResult>(row.result)?.state) {
    case 'moving':
      return { state: 'waiting', stage: 'restart', since };
    case 'moved':
      return { state: 'moved', stage: 'old-trust', since };
    case 'finished':
      return { state: 'finished', stage: 'annotation', since };
    default:
      return undefined;
  }
}

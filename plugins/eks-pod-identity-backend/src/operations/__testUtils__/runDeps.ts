import type {
  OperationResult,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { MoveContext } from 'eks-pod-identity-engine';
import { ManualClock } from 'eks-pod-identity-engine/testUtils';
import type { NewOperationRecord, OperationRecord } from '../../store';
import type { MemoryStore } from '../../store/__testUtils__/memoryStore';
import { queuedAssociate } from '../../store/__testUtils__/queuedAssociate';
import { retryingStore } from '../../store/retryingStore';
import { leaseKeys } from '../leaseKeys';
import { Run, type RunDeps } from '../Run';

export const ref = {
  cluster: 'prod',
  namespace: 'payments',
  serviceAccount: 'api',
};

export type Work = (context: MoveContext) => Promise<OperationResult>;

/** What runs are made of, over a store in memory; the engine does what a test says. */
export function runDeps(memory: MemoryStore) {
  const clock = new ManualClock(memory.now);
  const logged: string[] = [];
  const log = (line: string) => {
    logged.push(line);
  };
  const logger = {
    info: log,
    warn: log,
    error: log,
    debug: log,
    child: () => logger,
  };
  const engine = {
    work: (async () => ({
      kind: 'restart',
      changed: true,
    })) as unknown as Work,
  };
  const floor = (_: object, context: MoveContext) => engine.work(context);
  const clusters = {
    list: () => [{ id: 'prod' }, { id: 'dev' }],
    get: () => ({ id: 'prod' }),
  };
  const hub = { notify: jest.fn() };
  const deps = {
    clock,
    clusters: { ...clusters, snapshot: () => clusters },
    config: {
      appBaseUrl: 'https://portal',
      timings: {
        leaseTtl: 60_000,
        leaseHeartbeat: 10_000,
        agentInstall: 600_000,
      },
    },
    entities: { find: async () => undefined, hasTab: async () => true },
    hub,
    lifecycle: { associate: floor, teardown: floor, restart: floor },
    logger,
    moves: { migrate: floor, rollback: floor },
    store: retryingStore(memory.store, clock),
    verification: { verify: floor },
  } as unknown as RunDeps;

  /** Stores an operation of a run, and takes its lease for a process. */
  async function given(
    id: string,
    more: Partial<NewOperationRecord> = {},
    instance = 'here',
    ttlMs = 60_000,
  ): Promise<OperationRecord> {
    const { store } = memory;
    const record = queuedAssociate(id, ref, { kind: 'restart', ...more });
    await store.operations.insert(record);
    await store.leases.acquire(
      leaseKeys.run(record.runId),
      { runId: record.runId, instance },
      { what: 'a run', ttlMs, inherit: true },
    );
    return (await store.operations.find(id))!;
  }

  /** A run of one operation, which does this. */
  async function begin(
    more: Partial<NewOperationRecord> = {},
    work: Work = engine.work,
  ): Promise<Run> {
    const record = await given('run', more);
    engine.work = work;
    return new Run({ record, instance: 'here', deps });
  }
  return { begin, clock, deps, engine, given, hub, logged };
}

export const reportOf = (
  more: Partial<VerificationReport> = {},
): VerificationReport => ({
  id: 'report',
  ref,
  trigger: 'user',
  status: 'verified',
  proof: 'credentials',
  probe: 'pod',
  fingerprint: 'f',
  startedAt: '2026-12-01T08:00:00.000Z',
  finishedAt: '2026-12-01T08:00:00.000Z',
  checks: [],
  engineVersion: '1',
  ...more,
});

/** Until the work is stopped. */
export const untilStopped: Work = ({ signal }) =>
  new Promise((_, reject) => {
    const stop = () => reject(signal!.reason);
    if (signal!.aborted) stop();
    signal!.addEventListener('abort', stop);
  });

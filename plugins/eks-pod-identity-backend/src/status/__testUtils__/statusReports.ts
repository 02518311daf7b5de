import {
  type CheckResult,
  type IdentityStatus,
  PROOF_MAX_AGE_MS,
  type VerificationReport,
  type Way,
  type WorkloadsFound,
} from 'backstage-plugin-eks-pod-identity-common';
import { createStore, type OperationRecord } from '../../store';
import type { ServiceAccountState } from '../../store/ServiceAccountStore';
import { retryingStore } from '../../store/retryingStore';
import { StatusRecorder } from '../StatusRecorder';
import type { Knex } from 'knex';
import { type Clock, systemClock } from 'eks-pod-identity-engine';

export const API = {
  cluster: 'prod',
  namespace: 'payments',
  serviceAccount: 'api',
};

/** What is stored of it, verified unless the test says otherwise. */
export const stateOf = (more: Partial<ServiceAccountState> = {}) =>
  ({
    ref: API,
    status: 'verified',
    headline: 'h',
    ...more,
  } as ServiceAccountState);

export function checkResult(
  id: string,
  status: CheckResult['status'],
  extra: Partial<CheckResult> = {},
): CheckResult {
  return {
    id,
    category: id.split('.')[0] as CheckResult['category'],
    title: id,
    status,
    message: `${id} says ${status}`,
    docsUrl: `https://portal.example.com/aws-identities/checks#${id.replace(
      '.',
      '',
    )}`,
    durationMs: 1,
    attempts: 1,
    ...extra,
  };
}

/** The way to the identity where this is the verdict. */
const WAYS: Partial<Record<IdentityStatus, Way>> = {
  broken: 'broken',
  'could-not-check': 'unknown',
  'looks-right': 'looks-right',
};

/** What the pods lack where this is the verdict. */
const LACKS: Partial<Record<IdentityStatus, Omit<WorkloadsFound, 'check'>>> = {
  'no-pod-has-it': { state: 'none', good: 0, all: 2 },
  'other-identity': { state: 'other', good: 0, all: 2 },
  'restart-needed': { state: 'some', good: 1, all: 2, restart: true },
  'partly-works': { state: 'some', good: 1, all: 2 },
};

/** The two answers that make the verdict of a report, by its first warning. */
function answersFor({
  status = 'verified',
  checks = [],
}: Partial<VerificationReport>): Partial<VerificationReport> {
  const lack = LACKS[status];
  const check = checks.find(one => one.status === 'warn')?.id;
  return {
    ...(WAYS[status] ? { way: WAYS[status] } : {}),
    ...(lack ? { workloads: { ...lack, check } } : {}),
  };
}

/** A run with a pod that passed, unless told otherwise. */
export function reportOf(
  id: string,
  extra: Partial<VerificationReport> = {},
): VerificationReport {
  return {
    id,
    ref: API,
    trigger: 'user',
    status: 'verified',
    way: 'proven',
    proof: 'credentials',
    probe: 'pod',
    fingerprint: 'A',
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:00.000Z',
    checks: [checkResult('credentials.identity', 'pass')],
    engineVersion: 'test',
    ...answersFor(extra),
    ...extra,
  };
}

/** A run without a pod, a day later. */
export function lookOf(
  id: string,
  extra: Partial<VerificationReport> = {},
): VerificationReport {
  return reportOf(id, {
    status: 'looks-right',
    way: 'looks-right',
    proof: 'none',
    probe: 'none',
    trigger: 'schedule',
    finishedAt: '2026-01-02T00:00:00.000Z',
    checks: [checkResult('role.trust-policy', 'pass')],
    ...extra,
  });
}

/** Not long after these reports, whose proof would fade else. */
export const recorderClock: Clock = {
  now: () => Date.parse('2026-01-10T00:00:00.000Z'),
  sleep: (ms, signal) => systemClock.sleep(ms, signal),
};

/** Writes reports as the engine does, and what follows from them. */
export function recorderOn(knex: Knex) {
  const store = createStore(knex, () => systemClock.now());
  const recorder = new StatusRecorder({
    store: retryingStore(store, systemClock),
    clock: recorderClock,
    proofMaxAgeMs: PROOF_MAX_AGE_MS,
    ownershipOf: ref =>
      ref.cluster === 'gone'
        ? undefined
        : {
            portalId: 'portal.example.com',
            ...ref,
            cluster: { name: ref.cluster, region: 'eu-west-1' },
          },
  });
  return {
    store,
    recorder,
    async write(...reports: VerificationReport[]) {
      for (const report of reports) {
        if (report.trigger === 'schedule') {
          await recorder.recordLooks([report]);
        } else {
          await store.reports.insert(report, {
            holder: await store.owners.find(report.ref),
          });
          const { id, ref } = report;
          await recorder.recordEnd({
            records: [{ id, ref, kind: 'verify' } as OperationRecord],
            state: 'succeeded',
          });
        }
      }
    },
  };
}

import type {
  CheckResult,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { createStore } from '../../store';
import { retryingStore } from '../../store/retryingStore';
import { StatusRecorder } from '../StatusRecorder';
import type { Knex } from 'knex';
import { systemClock } from 'eks-pod-identity-engine';

export const API = {
  cluster: 'prod',
  namespace: 'payments',
  serviceAccount: 'api',
};

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
    proof: 'credentials',
    probe: 'pod',
    fingerprint: 'A',
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:00.000Z',
    checks: [checkResult('credentials.identity', 'pass')],
    engineVersion: 'test',
    ...extra,
  };
}

/** A run without a pod, a day later. */
export function lookOf(
  id: string,
  extra: Partial<VerificationReport> = {},
): VerificationReport {
  return reportOf(id, {
    status: 'consistent',
    proof: 'none',
    probe: 'none',
    trigger: 'schedule',
    finishedAt: '2026-01-02T00:00:00.000Z',
    checks: [checkResult('role.trust-policy', 'pass')],
    ...extra,
  });
}

/** Writes reports as the engine does, and what follows from them. */
export function recorderOn(knex: Knex) {
  const store = createStore(knex, () => systemClock.now());
  const recorder = new StatusRecorder({
    store: retryingStore(store, systemClock),
    clock: systemClock,
    ownershipOf: ref => ({
      portalId: 'portal.example.com',
      ...ref,
      cluster: { name: ref.cluster, region: 'eu-west-1' },
    }),
  });
  return {
    store,
    recorder,
    async write(...reports: VerificationReport[]) {
      for (const report of reports) {
        await store.reports.insert(report, {
          holder: await store.owners.find(report.ref),
        });
        await recorder.refresh(report.ref, report.fingerprint);
      }
    },
  };
}

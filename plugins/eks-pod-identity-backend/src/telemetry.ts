import type { MetricsService } from '@backstage/backend-plugin-api/alpha';
import type { CallObserver } from 'eks-pod-identity-engine/portal';
import type {
  Operation,
  OperationResult,
} from 'backstage-plugin-eks-pod-identity-common';

// The alpha metrics API is used in this one file.

/** What happens here, as OpenTelemetry metrics; attributes are few and never name a person or a service account. */
export interface Telemetry {
  observer: CallObserver;
  operationEnded(
    end: Pick<Operation, 'state'> & { result?: OperationResult },
    operation: { kind: string; durationMs: number } | undefined,
  ): void;
  announced(kind: 'signal' | 'notification', outcome: 'sent' | 'failed'): void;
  swept(
    cluster: string,
    outcome: 'done' | 'failed',
    counts?: { looked: number; described: number },
  ): void;
}

export function createTelemetry(metrics: MetricsService): Telemetry {
  const calls = metrics.createCounter('eks_pod_identity.upstream.calls', {
    description: 'Requests to AWS and Kubernetes, retries included',
  });
  const operations = metrics.createCounter('eks_pod_identity.operations', {
    description: 'Operations that ended',
  });
  const durations = metrics.createHistogram(
    'eks_pod_identity.operation.duration',
    { description: 'From acceptance to the end', unit: 's' },
  );
  const verifications = metrics.createCounter(
    'eks_pod_identity.verifications',
    { description: 'Verifications by verdict' },
  );
  const announcements = metrics.createCounter(
    'eks_pod_identity.announcements',
    { description: 'Signals and notifications sent, or not' },
  );
  const sweeps = metrics.createCounter('eks_pod_identity.sweeps', {
    description: 'Scheduled sweeps of clusters',
  });
  const looks = metrics.createCounter('eks_pod_identity.sweep.looks', {
    description: 'Identities looked at in sweeps',
  });
  return {
    observer: {
      onCall: (service, operation, outcome) =>
        calls.add(1, { service, operation, outcome }),
    },
    operationEnded: (end, operation) => {
      const kind = operation?.kind ?? 'unknown';
      operations.add(1, { kind, state: end.state });
      if (operation) durations.record(operation.durationMs / 1000, { kind });
      if (end.result?.kind === 'verify') {
        verifications.add(1, {
          status: end.result.status,
          proof: end.result.proof,
        });
      }
    },
    announced: (kind, outcome) => announcements.add(1, { kind, outcome }),
    swept: (cluster, outcome, counts) => {
      sweeps.add(1, { cluster, outcome });
      if (counts) looks.add(counts.looked, { cluster });
    },
  };
}

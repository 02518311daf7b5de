import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricsService } from '@backstage/backend-plugin-api/alpha';
import type { Clusters } from 'eks-pod-identity-engine';
import type { CallObserver } from 'eks-pod-identity-engine/portal';
import {
  IDENTITY_STATUS_ORDER,
  type Operation,
  operationKindSchema,
  type OperationResult,
  proofSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Unfinished } from './store';
import {
  type Figures,
  type FiguresOptions,
  FiguresReader,
} from './store/figures';

// The alpha metrics API is used in this one file.

/** What happens here, as OpenTelemetry metrics; attributes are few and never name a person or a service account. */
export interface Telemetry {
  observer: CallObserver;
  operationEnded(
    end: Pick<Operation, 'state'> & { result?: OperationResult },
    operation: { kind: string; durationMs: number } | undefined,
  ): void;
  announced(kind: 'signal' | 'notification', outcome: 'sent' | 'failed'): void;
  /** Sweeps of this cluster are counted from zero, so that the metric is there before the first one ends. */
  willSweep(cluster: string): void;
  swept(
    cluster: string,
    outcome: 'done' | 'failed',
    counts?: { looked: number; described: number },
  ): void;
}

/** How often the delay is looked at; an idle process shows this much. */
const RESOLUTION_MS = 10;

/** How long all other work of the process had to wait for the one thread, at most since the last reading. */
function measureThread(metrics: MetricsService) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  metrics
    .createObservableGauge('eks_pod_identity.event_loop.delay', {
      description: 'Longest wait for the thread since the last reading',
      unit: 's',
    })
    .addCallback(result => {
      result.observe(delay.max / 1e9);
      delay.reset();
    });
}

type Values = [value: number, attributes: Record<string, string>][];

/**
 * What waits and how the identities are, read from the database when metrics are. While it is away the others are not
 * observed, and the SDK exports their last values (`TemporalMetricProcessor.merge` of a cumulative reader): who reads them
 * has to look at `database.up` too.
 */
export function measureStore(
  metrics: MetricsService,
  options: FiguresOptions & { clusters: Clusters },
): void {
  const { clock, clusters } = options;
  const figures = new FiguresReader(options);
  const gauge = (
    name: string,
    description: string,
    valuesOf: (found: Figures | undefined) => Values,
  ) =>
    metrics
      // A unit would become part of the name behind an OpenTelemetry Collector, and alerts would not find it
      .createObservableGauge(`eks_pod_identity.${name}`, { description })
      .addCallback(async result => {
        for (const [value, attributes] of valuesOf(await figures.read())) {
          result.observe(value, attributes);
        }
      });
  const secondsSince = (at: number) => Math.max(0, clock.now() - at) / 1000;
  const operations =
    (valueOf: (one?: Unfinished) => number) => (found?: Figures) =>
      (found ? operationKindSchema.options : []).flatMap(kind =>
        (['queued', 'running'] as const).map((state): Values[number] => [
          valueOf(
            found?.unfinished.find(
              one => one.kind === kind && one.state === state,
            ),
          ),
          { kind, state },
        ]),
      );
  // Since when the portal has each cluster. One that is gone stays, without a time: the SDK would repeat its last values
  const knownSince = new Map<string, number | undefined>();
  const look = () => {
    const here = new Set(clusters.list().map(({ id }) => id));
    for (const id of new Set([...here, ...knownSince.keys()])) {
      const since = knownSince.get(id) ?? clock.now();
      knownSince.set(id, here.has(id) ? since : undefined);
    }
    return [...knownSince];
  };
  look();

  gauge('database.up', 'Whether the database answers: 1, or 0', found => [
    [found ? 1 : 0, {}],
  ]);
  gauge(
    'operations.unfinished',
    'Operations that wait or run',
    operations(one => one?.count ?? 0),
  );
  gauge(
    'operations.oldest',
    'Seconds since the oldest of them was accepted',
    operations(one => (one ? secondsSince(one.since) : 0)),
  );
  const movingOrWaiting =
    (of: 'queues' | 'moves') =>
    (found?: Figures): Values =>
      (['moving', 'waiting'] as const).flatMap(state =>
        found ? [[found.moves[of][state], { state }]] : [],
      );
  gauge(
    'moves.queues',
    'Queues of moves that have not ended',
    movingOrWaiting('queues'),
  );
  gauge(
    'moves.queued',
    'Moves of these queues that have not ended',
    movingOrWaiting('moves'),
  );
  gauge('sweep.age', 'Seconds since the last whole sweep ended', found => {
    const known = look();
    return (found ? known : []).map(([cluster, since]) => [
      since === undefined
        ? 0
        : secondsSince(found?.sweptAt.get(cluster) ?? since),
      { cluster },
    ]);
  });
  gauge('identities', 'Identities by status', found =>
    (found ? look() : []).flatMap(([cluster, since]) =>
      IDENTITY_STATUS_ORDER.map((status): Values[number] => {
        // A first sweep has found only some
        const isWhole =
          since !== undefined && found?.sweptAt.get(cluster) !== undefined;
        const counts = isWhole ? found?.identities.get(cluster) : undefined;
        return [counts?.[status] ?? 0, { cluster, status }];
      }),
    ),
  );
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
  // Prometheus does not see the first of what is counted from one, and of these alerts count few
  for (const proof of proofSchema.options) {
    verifications.add(0, { status: 'broken', proof });
  }
  for (const kind of operationKindSchema.options) {
    operations.add(0, { kind, state: 'failed' });
  }
  for (const kind of ['signal', 'notification']) {
    announcements.add(0, { kind, outcome: 'failed' });
  }
  measureThread(metrics);
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
    willSweep: cluster => sweeps.add(0, { cluster, outcome: 'done' }),
    swept: (cluster, outcome, counts) => {
      sweeps.add(1, { cluster, outcome });
      if (counts) looks.add(counts.looked, { cluster });
    },
  };
}

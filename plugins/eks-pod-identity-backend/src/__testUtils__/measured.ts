import type { MetricsService } from '@backstage/backend-plugin-api/alpha';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { Clock, Clusters } from 'eks-pod-identity-engine';
import type { Store } from '../store';
import { createTelemetry, measureStore } from '../telemetry';
import { CapturingLogger } from './CapturingLogger';

/** A portal whose metrics Prometheus reads. */
export function measured(options: {
  clock: Clock;
  store: Store;
  clusters?: { id: string }[];
}) {
  const { clock, store, clusters = [{ id: 'prod' }] } = options;
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  const metrics = provider.getMeter('m') as unknown as MetricsService;
  const telemetry = createTelemetry(metrics);
  const logger = new CapturingLogger();
  measureStore(metrics, {
    clock,
    clusters: { list: () => clusters } as unknown as Clusters,
    logger,
    store,
  });
  return { exporter, logger, provider, telemetry };
}

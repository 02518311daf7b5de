import { TestDatabases } from '@backstage/backend-test-utils';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { MetricsService } from '@backstage/backend-plugin-api/alpha';
import { metricsServiceMock } from '@backstage/backend-test-utils/alpha';
import {
  PrometheusExporter,
  PrometheusSerializer,
} from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { parser } from '@prometheus-io/lezer-promql';
import {
  identityStatusSchema,
  operationKindSchema,
  operationStateSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { until } from 'eks-sandbox/patience';
import { ManualClock } from 'eks-pod-identity-engine/testUtils';
import { parse } from 'yaml';
import { measured } from './__testUtils__/measured';
import { createStore, migrationsDirectory, type Store } from './store';
import { createTelemetry } from './telemetry';

const fileOf = (path: string) =>
  readFileSync(resolve(__dirname, '../../..', path), 'utf8');

it('tells how long work had to wait for the thread since the last reading', async () => {
  const metrics = metricsServiceMock.mock();
  createTelemetry(metrics);
  const [gauge] = metrics.createObservableGauge.mock.results;
  const [[read]] = gauge.value.addCallback.mock.calls;
  const seconds = () => {
    const observe = jest.fn();
    read({ observe });
    return observe.mock.calls[0][0];
  };
  let hasBlocked = false;
  let longest = 0;
  await until(() => {
    if (hasBlocked) longest = seconds();
    const end = performance.now() + 200;
    while (!hasBlocked && performance.now() < end);
    // The delay is noted after this turn, and a reading starts over.
    hasBlocked = !hasBlocked;
    return longest > 0.15;
  });
  expect(longest).toBeLessThan(60);
  // The longest wait was before this one.
  await until(() => seconds() < 0.15);
});

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
let clock: ManualClock;
let store: Store;

beforeEach(async () => {
  clock = new ManualClock();
  const knex = await databases.init('SQLITE_3');
  await knex.migrate.latest({ directory: migrationsDirectory });
  store = createStore(knex, () => clock.now());
});

/** What Prometheus reads from a portal in which everything has happened once: series with their labels. */
async function written() {
  const { exporter, provider, telemetry } = measured({ clock, store });
  telemetry.observer.onCall('eks', 'DescribeCluster', 'ok');
  telemetry.operationEnded(
    {
      state: 'failed',
      result: { kind: 'verify', status: 'broken', proof: 'none' } as any,
    },
    { kind: 'verify', durationMs: 1_000 },
  );
  telemetry.announced('signal', 'failed');
  telemetry.willSweep('prod');
  telemetry.swept('prod', 'failed', { looked: 1, described: 1 });
  const { resourceMetrics } = await exporter.collect();
  const names = resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
    metrics.map(({ descriptor, dataPoints }) => ({
      name: descriptor.name,
      labels: Object.keys(dataPoints[0].attributes),
    })),
  );
  const series = new Map<string, Set<string>>();
  const text = new PrometheusSerializer().serialize(resourceMetrics);
  for (const [, name, labels] of text.matchAll(
    /^(eks_\w+)\{?(.*?)\}? \S+$/gm,
  )) {
    series.set(
      name,
      new Set(
        [...labels.matchAll(/(?<=^|,)(?!otel_)(\w+)="/g)].map(
          ([, label]) => label,
        ),
      ),
    );
  }
  await provider.shutdown();
  return { names, series };
}

/** Labels that Prometheus itself puts on what it reads. */
const OF_TARGETS = ['instance', 'job'];

const membersIn = (file: string) =>
  [...fileOf(file).matchAll(/^ +\| '([\w-]+)'/gm)].map(([, member]) => member);

/** What labels can say, as far as alerts and panels ask for it. */
const VALUES: Record<string, string[]> = {
  kind: operationKindSchema.options,
  status: identityStatusSchema.options,
  state: operationStateSchema.options,
  outcome: [
    'ok',
    'done',
    'failed',
    // The engine passes one of these to its observer when a call to AWS or Kubernetes fails
    ...membersIn('packages/engine/src/aws/types.ts'),
    ...membersIn('packages/engine/src/kubernetes/errors.ts'),
  ],
};

const valuesOf = (label: string, metric = '') =>
  label === 'state' && metric.startsWith('eks_pod_identity_moves_')
    ? ['moving', 'waiting']
    : VALUES[label] ?? [];

/** What is wrong with an expression: its syntax, or a series, a label or a value that no portal has. */
function problemsOf(
  expression: string,
  series: Awaited<ReturnType<typeof written>>['series'],
) {
  const problems: string[] = [];
  const metrics: string[] = [];
  const labels: string[] = [];
  const text = expression.replaceAll('$__rate_interval', '5m');
  parser.parse(text).iterate({
    enter: ({ name, type, from, to }) => {
      const part = text.slice(from, to);
      if (type.isError) problems.push(`syntax at ${from}`);
      if (name === 'Identifier') metrics.push(part);
      if (name === 'LabelName') labels.push(part);
      if (name === 'UnquotedLabelMatcher') {
        const [, label, value] = /^(\w+)\W+?"(.*)"$/.exec(part)!;
        const values = valuesOf(label, metrics.at(-1));
        const unknown = value
          .split('|')
          .filter(one => !(one === '$cluster' || values.includes(one)));
        problems.push(...unknown.map(one => `${label} ${one}`));
      }
    },
  });
  const known = metrics.flatMap(one => [...(series.get(one) ?? [])]);
  return [
    ...problems,
    ...metrics.filter(one => !series.has(one)),
    ...labels.filter(one => ![...known, ...OF_TARGETS].includes(one)),
  ];
}

describe('what is said of the metrics', () => {
  it('is all of them in docs/operations.md, with their attributes', async () => {
    const { names } = await written();
    const rows = [
      ...fileOf('docs/operations.md').matchAll(
        /^\| `(eks_pod_identity\.[\w.]+)` *\| `(\w+)` *\| ([^|]*)\|/gm,
      ),
    ].map(([, name, series, attributes]) => ({
      name,
      labels: [...attributes.matchAll(/`(\w+)`/g)].map(([, one]) => one),
      series,
    }));
    const byName = (a: { name: string }, b: { name: string }) =>
      a.name < b.name ? -1 : 1;
    expect(
      rows.map(({ name, labels }) => ({ name, labels })).sort(byName),
    ).toEqual(names.sort(byName));
    const { series } = await written();
    expect(
      rows.filter(
        one => !series.has(one.series) && !series.has(`${one.series}_bucket`),
      ),
    ).toEqual([]);
  });

  it('has its rare events from zero, of which an alert would not see the first else', async () => {
    const exporter = new PrometheusExporter({ preventServerStart: true });
    const provider = new MeterProvider({ readers: [exporter] });
    createTelemetry(provider.getMeter('m') as unknown as MetricsService);
    const { resourceMetrics } = await exporter.collect();
    const text = new PrometheusSerializer().serialize(resourceMetrics);
    await provider.shutdown();
    const few = fileOf('deploy/monitoring/prometheus-rules.yaml').matchAll(
      /increase\((\w+)\{(.*?)\}\[1h\]\)\) >= 3/g,
    );
    const counted = [...few].map(([, name, event]) =>
      text
        .split('\n')
        .filter(line => line.startsWith(name) && line.includes(event))
        .map(line => line.split(' ').pop()),
    );
    expect(counted.map(({ length }) => length)).toEqual([3, 6, 2]);
    expect(new Set(counted.flat())).toEqual(new Set(['0']));
  });

  it('is found where it is wrong', async () => {
    const { series } = await written();
    expect(
      [
        'sum by (cluster) (rate(eks_pod_identity_sweeps_total{outcome="done"}[5m]))',
        'sum by (cluster (eks_pod_identity_sweeps_total',
        'eks_pod_identity_sweeps{outcome="done"}',
        'sum by (user) (eks_pod_identity_sweeps_total)',
        'eks_pod_identity_sweeps_total{status="broken"}',
        'eks_pod_identity_sweeps_total{outcome=~"done|eneded"}',
        'eks_pod_identity_operations_oldest{state="waiting"}',
        'eks_pod_identity_moves_queues{state=~"waiting|failed"}',
      ].map(one => problemsOf(one, series)),
    ).toEqual([
      [],
      ['syntax at 16', 'syntax at 46'],
      ['eks_pod_identity_sweeps', 'outcome'],
      ['user'],
      ['status'],
      ['outcome eneded'],
      ['state waiting'],
      ['state failed'],
    ]);
  });

  it('is asked for in the alerts', async () => {
    const { series } = await written();
    const { groups } = parse(fileOf('deploy/monitoring/prometheus-rules.yaml'));
    const rules: any[] = groups.flatMap((group: any) => group.rules);
    expect(rules.length).toBeGreaterThan(5);
    for (const { alert, expr, labels, annotations, ...rest } of rules) {
      const shown = Object.values<string>(annotations).join(' ');
      const used = [...shown.matchAll(/\$labels\.(\w+)/g)].map(
        ([, one]) => one,
      );
      const kept = /by \(([^)]*)\)/.exec(expr)?.[1].split(', ') ?? [];
      expect([alert, problemsOf(expr, series)]).toEqual([alert, []]);
      expect([alert, used.filter(one => !kept.includes(one))]).toEqual([
        alert,
        [],
      ]);
      expect(Object.keys(rest).filter(key => key !== 'for')).toEqual([]);
      expect(labels.severity).toBe('warning');
      expect(fileOf('docs/operations.md')).toContain(`\`${alert}\``);
    }
  });

  it('counts only from backends that the database answers: others repeat their last values', () => {
    const texts = ['prometheus-rules.yaml', 'grafana-dashboard.json'].map(
      file => fileOf(`deploy/monitoring/${file}`),
    );
    const counts = (pattern: RegExp) =>
      texts.map(text => text.match(pattern)?.length);
    const read = counts(
      /eks_pod_identity_(identities|moves_queue[ds]|operations_oldest|operations_unfinished|sweep_age)\b/g,
    );
    expect(read).toEqual([7, 7]);
    expect(
      counts(/and on \(instance, job\) eks_pod_identity_database_up\b/g),
    ).toEqual(read);
  });

  it('is shown whole on the dashboard', async () => {
    const { series } = await written();
    const { panels, templating } = JSON.parse(
      fileOf('deploy/monitoring/grafana-dashboard.json'),
    );
    const targets: any[] = panels.flatMap((panel: any) => panel.targets);
    expect(targets.flatMap(({ expr }) => problemsOf(expr, series))).toEqual([]);
    const [, listed] = /label_values\((\w+), cluster\)/.exec(
      JSON.stringify(templating),
    )!;
    expect(series.get(listed)).toContain('cluster');
    const all = targets.map(({ expr }) => expr).join();
    const families = [...series.keys()].map(name =>
      name.replace(/_(count|sum|bucket)$/, ''),
    );
    expect(families.filter(name => !all.includes(name))).toEqual([]);
    const variables = templating.list.map(({ name }: any) => name);
    const used = [...JSON.stringify(panels).matchAll(/\$\{?([a-z]\w*)/g)];
    expect(used.filter(([, name]) => !variables.includes(name))).toEqual([]);
    expect(new Set(panels.map(({ id }: any) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }: any) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, at) =>
        [x + (at % w), y + Math.floor(at / w)].join(),
      );
    });
    expect(new Set(cells).size).toBe(cells.length);
  });
});

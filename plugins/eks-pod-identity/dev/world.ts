import {
  ACCESS_VERDICT_ORDER,
  headline,
  outcome,
  PodIdentityClient,
  stringifyServiceAccountRef,
  type AccessItem,
  type AccessProgress,
  type AssociationRow,
  type ClusterOverview,
  type ClusterSetup,
  type EntityIdentities,
  type Identity,
  type IdentityPermissions,
  type MovePlan,
  type MoveQueues,
  type MoveRecord,
  type PastRun,
  type Setup,
  type Timeline,
  type UseOfIdentity,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { progressWithin } from './access';
import { movePlan } from './movePlan';

const USE_OFF: UseOfIdentity = {
  state: 'off',
  pods: [],
  uses: [],
  denied: [],
  others: [],
  staticKeys: [],
  nodes: [],
  cut: [],
  refreshing: false,
};

/** An error as Backstage's root router returns it. */
export interface Refusal {
  status: number;
  body?: unknown;
}

/** The answer to one kind of request. */
type Answer<T> = T | Refusal | 'pending';

/** A backend of fixtures: its data, its errors and requests that it never answers. */
export interface World {
  entity?: Answer<EntityIdentities>;
  /** What AWS recorded of the use of any identity; by default the portal does not read it. */
  use?: Answer<UseOfIdentity>;
  /** Of a service account by its ref. */
  identity?: Answer<Identity>;
  /** What the role of any service account may do. */
  permissions?: Answer<IdentityPermissions>;
  /** Newest first. */
  reports?: Answer<VerificationReport[]>;
  /** Listed in the history, but no longer kept. */
  gone?: string[];
  /** Of every run whose report names one. */
  timeline?: Answer<Timeline>;
  associations?: Answer<AssociationRow[]>;
  clusters?: Answer<ClusterOverview[]>;
  /** Every service account with an AWS identity. */
  access?: Answer<AccessItem[]>;
  accessProgress?: Answer<AccessProgress>;
  /** Queues of moves; by default there is none, and none can be started. */
  moveQueues?: Answer<MoveQueues>;
  /** What moves have left in trust policies; by default nothing. */
  moveRecords?: Answer<MoveRecord[]>;
  /** Of every service account. */
  movePlan?: Answer<MovePlan>;
  setup?: Answer<Setup>;
  /** What a look again finds, by cluster. */
  lookedAgain?: Answer<ClusterSetup>;
  /** The page about the checks. */
  checks?: Answer<{ markdown: string }>;
  /** The page about permissions. */
  permissionsPage?: Answer<{ markdown: string }>;
  /** Largest page of a list, whatever limit is requested. */
  pageLimit?: number;
  /** Called with every request, before it is answered. */
  onRequest?: (request: { method: string; url: URL; body?: string }) => void;
  /** Delays or refuses single requests. */
  beforeAnswer?: (url: URL) => Promise<void> | Refusal | undefined;
}

export const refusal = (
  status: number,
  name: string,
  message: string,
): Refusal => ({
  status,
  body: {
    error: { name, message },
    request: { method: 'GET', url: '/v1' },
    response: { statusCode: status },
  },
});

const json = (status: number, body?: unknown) =>
  new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
  });

const isRefusal = (answer: unknown): answer is Refusal =>
  typeof (answer as Refusal | undefined)?.status === 'number';

async function answerWith<T>(
  answer: Answer<T> | undefined,
  toBody: (value: T) => unknown,
): Promise<Response> {
  if (answer === undefined) {
    return json(404, refusal(404, 'NotFoundError', 'No such fixture').body);
  }
  if (answer === 'pending') return new Promise(() => {});
  if (isRefusal(answer)) return json(answer.status, answer.body);
  const body = toBody(answer as T);
  return isRefusal(body) ? json(body.status, body.body) : json(200, body);
}

function summaryOf(report: VerificationReport): PastRun {
  const count = (status: string) =>
    report.checks.filter(check => check.status === status).length;
  return {
    id: report.id,
    status: report.status,
    proof: report.proof,
    trigger: report.trigger,
    startedBy: report.startedBy,
    finishedAt: report.finishedAt,
    headline: headline(report),
    sentence: outcome(report),
    passed: count('pass'),
    failed: count('fail'),
  };
}

/** One page of a list; the cursor is the index at which the next page starts. */
function pageOf<T>(items: T[], query: URLSearchParams, most = 200) {
  const from = Number(query.get('cursor') ?? 0);
  const size = Math.min(Number(query.get('limit') ?? 20), most);
  const to = from + size;
  return {
    items: items.slice(from, to),
    nextCursor: to < items.length ? String(to) : undefined,
  };
}

function useOf({ unused, irsaAt, deniedAt }: AssociationRow) {
  if (unused) return 'unused';
  if (irsaAt) return 'irsa';
  return deniedAt ? 'denied' : undefined;
}

/** The fixtures name no check: one sentence is one cause. */
const causeOf = ({ status, sentence }: AssociationRow) =>
  status === 'verified' ? 'none' : sentence;

/** As the backend counts them, in any order. */
function causesOf(rows: AssociationRow[], query: URLSearchParams) {
  const all = new URLSearchParams(query);
  all.set('limit', '200');
  const groups = new Map<string, AssociationRow[]>();
  for (const row of associationsPage(rows, all).items) {
    const key = `${row.status} ${causeOf(row)}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return {
    items: [...groups.values()].map(([first, ...others]) => ({
      status: first.status,
      cause: causeOf(first),
      sentence: first.sentence,
      isSame: others.every(({ sentence }) => sentence === first.sentence),
      count: others.length + 1,
    })),
  };
}

function associationsPage(
  rows: AssociationRow[],
  query: URLSearchParams,
  most?: number,
) {
  const is = (key: string, value: unknown) =>
    !query.has(key) || query.get(key) === String(value);
  const q = query.get('q')?.toLocaleLowerCase('en-US');
  const others = rows.filter(
    row =>
      is('cluster', row.ref.cluster) &&
      is('owner', row.owner) &&
      (!query.has('use') || query.get('use') === useOf(row)) &&
      (!query.has('ownedBy') ||
        row.ownedBy?.some(each => is('ownedBy', each.entityRef))) &&
      (!q ||
        [stringifyServiceAccountRef(row.ref), row.roleArn, row.entityTitle]
          .join(' ')
          .toLocaleLowerCase('en-US')
          .includes(q)),
  );
  const matching = others.filter(
    row =>
      is('status', row.status) &&
      is('cause', causeOf(row)) &&
      is('orphan', row.orphan) &&
      is('drift', row.drift),
  );
  const counts: Record<string, number> = {};
  for (const { status } of others) counts[status] = (counts[status] ?? 0) + 1;
  return {
    ...pageOf(matching, query, most),
    totalItems: matching.length,
    counts,
    orphans: others.filter(row => row.orphan).length,
    drifted: others.filter(row => row.drift).length,
  };
}

function accessPage(
  items: AccessItem[],
  query: URLSearchParams,
  most?: number,
) {
  const is = (key: string, value: unknown) =>
    !query.has(key) || query.get(key) === String(value);
  const q = query.get('q');
  const others = items.filter(
    ({ ref, ownedBy }) =>
      is('cluster', ref.cluster) &&
      (!query.has('ownedBy') ||
        ownedBy?.some(each => is('ownedBy', each.entityRef))) &&
      (!q || `${ref.namespace}/${ref.serviceAccount}`.includes(q)),
  );
  const count = (rows: AccessItem[], keyOf: (row: AccessItem) => string) => {
    const counts: Record<string, number> = {};
    for (const row of rows) counts[keyOf(row)] = (counts[keyOf(row)] ?? 0) + 1;
    return counts;
  };
  const ofRoad = others.filter(({ roads }) => is('road', roads[0]));
  const ofVerdict = others.filter(({ verdict }) => is('verdict', verdict));
  const sign = query.get('order') === 'desc' ? -1 : 1;
  const keyOf = ({ ref, verdict, irsaAt = '' }: AccessItem) => {
    const name = stringifyServiceAccountRef(ref);
    const rank = ACCESS_VERDICT_ORDER.indexOf(verdict);
    return {
      verdict: `${String(rank).padStart(2, '0')} ${name}`,
      serviceAccount: name,
      lastUsedAt: `${irsaAt} ${name}`,
    }[query.get('sort') ?? 'verdict']!;
  };
  const matching = ofRoad
    .filter(row => ofVerdict.includes(row))
    .sort((a, b) => sign * (keyOf(a) < keyOf(b) ? -1 : 1));
  return {
    ...pageOf(matching, query, most),
    totalItems: matching.length,
    verdicts: count(ofRoad, ({ verdict }) => verdict),
    roads: count(ofVerdict, ({ roads }) => roads[0]),
  };
}

/** An operation that never ends. */
function runningEvents(): Response {
  const line = {
    seq: 1,
    at: new Date().toISOString(),
    type: 'log',
    data: { level: 'info', message: 'Waiting for the probe pod to start' },
  };
  return new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(
          new TextEncoder().encode(`data: ${JSON.stringify(line)}\n\n`),
        );
      },
    }),
    { headers: { 'content-type': 'text/event-stream' } },
  );
}

/** The `fetch` of a portal whose backend is this world. */
export function worldFetch(world: World): typeof fetch {
  return async (input, init) => {
    const url = new URL(String(input), 'http://fixtures');
    const path = url.pathname;
    const method = init?.method ?? 'GET';
    world.onRequest?.({ method, url, body: init?.body as string });
    const first = await world.beforeAnswer?.(url);
    if (first) return json(first.status, first.body);
    if (path.endsWith('/events')) return runningEvents();
    if (path.endsWith('/timeline')) return answerWith(world.timeline, a => a);
    if (path.includes('/entities/')) return answerWith(world.entity, a => a);
    if (path.endsWith('/use')) return answerWith(world.use ?? USE_OFF, a => a);
    if (/\/service-accounts\/.*\/permissions$/.test(path)) {
      return answerWith(world.permissions, a => a);
    }
    if (path.includes('/service-accounts/') && !path.endsWith('/reports')) {
      return answerWith(world.identity, a => a);
    }
    if (path.includes('/service-accounts/')) {
      return answerWith(world.reports, reports =>
        pageOf(reports.map(summaryOf), url.searchParams),
      );
    }
    if (path.includes('/reports/')) {
      const id = decodeURIComponent(path.split('/').pop()!);
      return answerWith(world.reports, reports => {
        const report = reports.find(each => each.id === id);
        return report && !world.gone?.includes(id)
          ? report
          : refusal(404, 'NotFoundError', `There is no report ${id}`);
      });
    }
    if (path.endsWith('/associations/causes')) {
      return answerWith(world.associations, rows =>
        causesOf(rows, url.searchParams),
      );
    }
    if (path.endsWith('/associations')) {
      return answerWith(world.associations, rows =>
        associationsPage(rows, url.searchParams, world.pageLimit),
      );
    }
    if (path.endsWith('/access/progress')) {
      return answerWith(world.accessProgress, progress =>
        progressWithin(progress, world.access, url.searchParams),
      );
    }
    if (path.includes('/move-queues')) {
      return answerWith(
        world.moveQueues ?? { items: [], canStart: false },
        queues => (method === 'GET' ? queues : queues.items[0]),
      );
    }
    if (path.endsWith('/moves')) {
      return answerWith(world.moveRecords ?? [], items => ({ items }));
    }
    if (path.endsWith('/move')) {
      return answerWith(world.movePlan ?? movePlan, a => a);
    }
    if (path.endsWith('/access')) {
      return answerWith(world.access, items =>
        accessPage(items, url.searchParams, world.pageLimit),
      );
    }
    if (path.endsWith('/v1/setup')) return answerWith(world.setup, a => a);
    if (path.endsWith('/setup')) return answerWith(world.lookedAgain, a => a);
    if (path.endsWith('/sweep')) {
      const cluster = decodeURIComponent(path.split('/').at(-2)!);
      return json(202, { cluster, started: true });
    }
    if (path.endsWith('/clusters')) {
      return answerWith(world.clusters, items => ({ items }));
    }
    if (path.endsWith('/docs/checks')) {
      return answerWith(world.checks, page => page);
    }
    if (path.endsWith('/docs/permissions')) {
      return answerWith(world.permissionsPage, page => page);
    }
    return json(404);
  };
}

/** The real client, with its schemas, and a backend of fixtures. */
export function worldClient(world: World): PodIdentityClient {
  return new PodIdentityClient({
    discoveryApi: { getBaseUrl: async () => '' },
    fetchApi: { fetch: worldFetch(world) },
  });
}

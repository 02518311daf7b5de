import type {
  ClusterOverview,
  Plan,
  PlanStep,
} from 'backstage-plugin-eks-pod-identity-common';

type Answer = { status?: number; body?: unknown } | 'down' | 'never';

export interface SeenRequest {
  method: string;
  path: string;
  body?: any;
  signal?: AbortSignal | null;
}

/** Answers like the backend’s routes, for the real client; paths that are not in `answers` do not exist. */
export class FakeBackend {
  readonly seen: SeenRequest[] = [];
  answers: Record<string, Answer>;

  constructor(answers: Record<string, Answer>) {
    this.answers = answers;
  }

  readonly discoveryApi = {
    getBaseUrl: async (pluginId: string) =>
      `http://portal.example.com/api/${pluginId}`,
  };

  readonly fetchApi = {
    fetch: async (input: RequestInfo | URL, init?: RequestInit) => {
      const { pathname, search } = new URL(String(input));
      const path = pathname.replace('/api/eks-pod-identity', '') + search;
      const method = init?.method ?? 'GET';
      this.seen.push({
        method,
        path,
        body: init?.body ? JSON.parse(String(init.body)) : undefined,
        signal: init?.signal,
      });
      const answer = this.answers[`${method} ${path}`];
      if (answer === 'never') return new Promise<Response>(() => {});
      if (answer === 'down') throw new TypeError('Failed to fetch');
      // A backend without the plugin: 404 without a body
      if (!answer) return new Response(null, { status: 404 });
      return new Response(JSON.stringify(answer.body), {
        status: answer.status ?? 200,
        headers: { 'content-type': 'application/json' },
      });
    },
  };

  paths(): string[] {
    return this.seen.map(({ method, path }) => `${method} ${path}`);
  }
}

/** An error as Backstage’s backends return it. */
export function refusal(status: number, name: string, message: string) {
  return {
    status,
    body: {
      error: { name, message },
      response: { statusCode: status },
    },
  };
}

/** A list as the backend returns it. */
export function list(...items: unknown[]) {
  return { body: { items } };
}

export function cluster(
  id: string,
  title: string,
  more: Partial<ClusterOverview> = {},
): ClusterOverview {
  return {
    id,
    title,
    name: id,
    region: 'eu-west-1',
    accountId: '111122223333',
    kubernetesAccess: 'eks',
    counts: {},
    can: {
      create: true,
      installAgent: true,
      createNamespace: false,
      sweep: false,
      setup: false,
    },
    ...more,
  };
}

export function planStep(
  id: string,
  change: PlanStep['change'],
  more: Partial<PlanStep> = {},
): PlanStep {
  return {
    id,
    change,
    resource: { kind: 'role', name: `arn:aws:iam::111122223333:role/${id}` },
    owner: 'portal',
    reason: `reason of ${id}`,
    dependsOn: [],
    ...more,
  };
}

export function plan(...steps: PlanStep[]): Plan {
  return {
    kind: 'associate',
    ref: {
      cluster: 'payments-prod',
      namespace: 'payments',
      serviceAccount: 'api',
    },
    steps,
    warnings: [],
    changes: steps.some(
      ({ change }) => change !== 'keep' && change !== 'conflict',
    ),
    conflicts: steps.some(({ change }) => change === 'conflict'),
  };
}

import {
  KubernetesError,
  type KubernetesErrorKind,
} from '../../kubernetes/errors';
import type { LiveWorkload } from '../../kubernetes/types';
import { awsScope } from '../__testUtils__/awsScope';
import { preflight } from './preflight';

const AT = '2026-12-01T08:00:00.000Z';
const pod = (uid: string, hash?: string) => ({
  metadata: {
    uid,
    ...(hash ? { labels: { 'pod-template-hash': hash } } : {}),
    ownerReferences: [{ kind: 'ReplicaSet', name: `api-${hash}` }],
  },
});
const live = (spec: object = {}): LiveWorkload =>
  ({ metadata: { name: 'api' }, spec } as LiveWorkload);
/** Old pods end before new ones are made. */
const MAKES_ROOM = live({ strategy: { type: 'Recreate' } });
const QUOTA = 'pods "api-1" is forbidden: exceeded quota: full';
const POLICY =
  "ValidatingAdmissionPolicy 'backstage-eks-pod-identity-pods' said no";
const WEBHOOK = 'failed calling webhook "pods.example.com"';

const refuse = (kind: KubernetesErrorKind, message: string) => (): never => {
  throw new KubernetesError({
    kind,
    message,
    verb: 'create',
    resource: 'pods',
    namespace: 'shop',
  });
};

async function tried({
  template = () => live({ template: { spec: { containers: [] } } }),
  dryRun = (made: object) => made,
  workload = live(),
  allowed = true,
  lacksIt = false,
  pods = [pod('other', 'f00'), pod('u-1', 'abc')],
}: {
  template?: () => LiveWorkload;
  dryRun?: (made: any) => unknown;
  workload?: LiveWorkload;
  allowed?: boolean;
  lacksIt?: boolean;
  pods?: ReturnType<typeof pod>[];
} = {}) {
  const restarts: unknown[] = [];
  const made: any[] = [];
  const kubernetes = {
    restartWorkload: async (...call: unknown[]) => {
      restarts.push(call);
      return template();
    },
    dryRunPod: async (_: string, one: object) => {
      made.push(one);
      return dryRun(one);
    },
    canI: async () => ({ allowed }),
  } as any;
  const { scope } = awsScope({}, { kubernetes });
  const answer = await preflight(
    scope,
    {
      kind: 'Deployment',
      name: 'api',
      uid: 'w-1',
      pods: [{ name: 'a', uid: 'u-1' }],
    },
    {
      api: kubernetes,
      live: workload,
      pods: pods as any,
      at: AT,
      lacksIt: () => (lacksIt ? [{} as any] : []),
    },
  ).catch((error: Error) => error);
  return { answer, restarts, made };
}

it('tries the changed template, and a pod of the same ReplicaSet, without writing', async () => {
  const { answer, restarts, made } = await tried();
  expect(answer).toBeUndefined();
  expect(restarts).toEqual([
    [
      { kind: 'Deployment', namespace: 'shop', name: 'api', uid: 'w-1' },
      AT,
      expect.objectContaining({ dryRun: true }),
    ],
  ]);
  expect(made[0].metadata).toMatchObject({
    namespace: 'shop',
    labels: { 'pod-template-hash': 'abc' },
    ownerReferences: [{ name: 'api-abc' }],
  });
  expect(made[0].spec).toMatchObject({ containers: [] });
});

it('makes up no label for a pod whose kind has none', async () => {
  const { made } = await tried({ pods: [pod('u-1')] });
  expect(made[0].metadata.labels).toEqual({});
});

it('does not restart what would not receive the identity either', async () => {
  expect((await tried({ lacksIt: true })).answer).toBe(
    'a dry run of a pod of its template does not receive the identity either',
  );
});

it.each<[string, Parameters<typeof refuse>, RegExp | undefined]>([
  ['a quota', ['quota', QUOTA], /exceeded quota/],
  ['an invalid object', ['invalid', 'spec is wrong'], /spec is wrong$/],
  ["the portal's own policy", ['invalid', POLICY], /said no\. Render the adm/],
  ['a webhook that is away', ['server', WEBHOOK], /failed calling webhook/],
  ['the API server in trouble', ['server', 'etcd is away'], undefined],
  ['a limit in passing', ['throttled', 'slow down'], undefined],
  ['admission', ['forbidden', 'pods of this kind are forbidden'], /this kind/],
  ['a quota in the words of a policy', ['forbidden', QUOTA], undefined],
])(
  'says why the cluster refuses pods, or goes on: %s',
  async (_, why, said) => {
    const { answer } = await tried({ dryRun: refuse(...why) });
    expect(String(answer)).toMatch(
      said
        ? new RegExp(
            `^the cluster refuses pods of its template: .*${said.source}`,
          )
        : /^undefined$/,
    );
  },
);

it('does not mind a quota where old pods end first, nor pods that it is not allowed to try', async () => {
  const full = { dryRun: refuse('quota', QUOTA), workload: MAKES_ROOM };
  expect((await tried(full)).answer).toBeUndefined();
  const rbac = { dryRun: refuse('forbidden', 'no'), allowed: false };
  expect((await tried(rbac)).answer).toBeUndefined();
});

it('says why the cluster refuses the changed template, and tries no pod then', async () => {
  const { answer, made } = await tried({
    template: refuse('invalid', 'it is wrong'),
  });
  expect(answer).toBe('the cluster refuses the changed template: it is wrong');
  expect(made).toEqual([]);
});

it.each<[string, object, string]>([
  [
    'is not allowed to restart it',
    { template: refuse('forbidden', 'no'), allowed: false },
    'KubernetesError',
  ],
  ['is cancelled', { template: refuse('aborted', 'x') }, 'KubernetesError'],
  ['is cancelled later', { dryRun: refuse('aborted', 'x') }, 'KubernetesError'],
  [
    'fails by itself',
    {
      dryRun: () => {
        throw new TypeError('x');
      },
    },
    'TypeError',
  ],
])('ends with the error where the portal %s', async (_, options, name) => {
  expect((await tried(options)).answer).toMatchObject({ name });
});

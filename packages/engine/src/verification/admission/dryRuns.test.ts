import { ManualClock } from '../../async/ManualClock';
import { KubernetesError } from '../../kubernetes/errors';
import { context } from '../__testUtils__/judge';
import type { Collecting } from '../framework/collecting';
import { type Fact, known, lacking } from '../framework/fact';
import {
  type ApiServer,
  apiServers,
  injected,
} from '../probe/__testUtils__/apiServers';
import { collectAdmission, collectDryRuns, podMaker } from './dryRuns';

const asItIs: ApiServer = pod => pod;

const refused = (message: string) =>
  new KubernetesError({
    verb: 'create',
    resource: 'pods',
    kind: 'forbidden',
    status: 403,
    message,
  });

const noAccount = refused(
  'pods "x" is forbidden: error looking up service account payments/api: serviceaccount "api" not found',
);

/** Under another service account, and with nothing of the webhook. */
const underAnother: ApiServer = pod => ({
  ...pod,
  spec: { ...pod.spec!, serviceAccountName: 'default' },
});

/** With one of the parts that the webhook adds. */
const withTokenOnly: ApiServer = pod => ({
  ...pod,
  spec: {
    ...injected(pod).spec!,
    containers: injected(pod).spec!.containers.map(container => ({
      ...container,
      env: [],
    })),
  },
});

/** A webhook of another owner, which is called for every new pod. */
const configuration = (name: string) => ({
  metadata: { name },
  webhooks: [
    {
      name: `${name}.example.com`,
      clientConfig: {},
      rules: [{ apiGroups: [''], operations: ['CREATE'], resources: ['pods'] }],
    },
  ],
});

/** A run in which the API servers answer so; its clock goes on by itself while it waits. */
function collecting(
  servers: readonly ApiServer[],
  facts: Record<string, Fact<unknown>> = {},
  request = {},
) {
  const clock = new ManualClock();
  const told: string[] = [];
  const kubernetes = {
    ...apiServers(servers),
    canI: async () => ({ allowed: true }),
    listMutatingWebhookConfigurations: async () => [configuration('sidecars')],
    listValidatingWebhookConfigurations: async () => [configuration('policy')],
  };
  const session = {
    cluster: {
      ...context.cluster,
      probe: {
        ...context.cluster.probe,
        image: 'aws-cli',
        tolerations: [],
        imagePullSecrets: [],
      },
    },
    role: 'verify',
    kubernetes: async () => kubernetes,
  };
  const timings = {
    gateMinPause: 250,
    gateMaxPause: 2_000,
    gateDeadline: 90_000,
  };
  const c = {
    request: {
      ref: context.ref,
      probe: 'dry-run',
      taskId: 'task',
      permissionChecks: [],
      ...request,
    },
    signal: new AbortController().signal,
    get: async (name: string) =>
      facts[name] ??
      (name === 'association' || name === 'serviceAccount'
        ? known({})
        : known(undefined)),
    read: session,
    verify: session,
    operation: { clock, config: { portalId: 'portal', timings } },
    remainingMs: () => 600_000,
    tell: async (message: string) => told.push(message),
  } as unknown as Collecting;
  return { c, clock, told };
}

async function dryRuns(
  ...[servers, facts, request]: Parameters<typeof collecting>
) {
  const { c, clock, told } = collecting(servers, facts, request);
  const fact = collectDryRuns(c);
  await clock.runToEnd();
  return { fact: await fact, told };
}

const ASKED = {
  answered: 5,
  missing: [],
  irsaInstead: false,
  fargate: false,
  fromCreatedPod: false,
  addresses: 2,
  attempts: 5,
};

const ALL_PARTS = [
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'the token volume',
];

const justNow = { changedAt: new ManualClock().now() };

describe('dry runs of a new pod', () => {
  it('are five over all API servers', async () => {
    const { fact, told } = await dryRuns([injected, injected]);
    expect(fact).toStrictEqual(known({ ...ASKED, injected: 5 }));
    expect(told).toEqual([]);
  });

  it('count those that the webhook of EKS was not called for, and suspect no other then', async () => {
    const { fact } = await dryRuns([injected, asItIs]);
    expect(fact).toStrictEqual(
      known({ ...ASKED, injected: 3, missing: ALL_PARTS }),
    );
  });

  it.each<[string, ApiServer]>([
    ['a part of the injection is missing', withTokenOnly],
    ['the pod is put under another service account', underAnother],
  ])('name who else changes pods where %s', async (_, server) => {
    const { fact } = await dryRuns([server]);
    expect(fact).toMatchObject({
      value: { injected: 0, others: [{ configuration: 'sidecars' }] },
    });
  });

  it('are not begun by a role without the right, nor by one that the cluster does not know', async () => {
    const right = known({ create: false });
    expect(
      (await dryRuns([injected], { podRights: right })).fact,
    ).toMatchObject({ lack: { kind: 'denied', blocker: 'rbac' } });
    const unauthorized = lacking({
      kind: 'unreachable',
      sentence: 'The cluster does not know the role.',
      unauthorized: true,
    });
    expect((await dryRuns([injected], { podRights: unauthorized })).fact).toBe(
      unauthorized,
    );
    const unread = lacking({ kind: 'unreachable', sentence: 'No answer.' });
    expect(
      (await dryRuns([injected], { podRights: unread })).fact,
    ).toMatchObject({ known: true });
  });

  it('are not begun where none is asked for', async () => {
    expect(
      (await dryRuns([injected], {}, { probe: 'none' })).fact,
    ).toMatchObject({ lack: { kind: 'not-in-probe' } });
  });

  it.each([
    ['association', 'association.exists'],
    ['serviceAccount', 'service-account.exists'],
  ])('are not begun without the %s', async (name, because) => {
    expect(
      (await dryRuns([injected], { [name]: known(null) })).fact,
    ).toMatchObject({ lack: { kind: 'because', because } });
  });

  it('say what refuses them, also where one API server admits the pod', async () => {
    const { fact } = await dryRuns([injected, () => refused('no such luck')]);
    expect(fact).toMatchObject({ lack: { kind: 'blocked' } });
  });

  it('say that no API server answered', async () => {
    const { fact } = await dryRuns([() => new Error('connection lost')]);
    expect(fact).toMatchObject({
      lack: {
        kind: 'unreachable',
        sentence:
          "The cluster's Kubernetes API did not answer a dry run: connection lost.",
      },
    });
  });

  describe('while a change may still be on its way', () => {
    it('wait until every API server knows of it, and count again', async () => {
      const late: ApiServer = (pod, attempt) =>
        attempt > 6 ? injected(pod) : pod;
      const { fact, told } = await dryRuns(
        [late],
        {},
        {
          changedAt: justNow.changedAt - 30_000,
        },
      );
      expect(fact).toMatchObject({
        value: {
          injected: 5,
          attempts: 5 + 4 + 5,
          waitedMs: expect.any(Number),
        },
      });
      expect(told).toEqual([expect.stringContaining('waiting until')]);
    });

    it('wait for the one API server that lacks it', async () => {
      const { told } = await dryRuns([injected, asItIs], {}, justNow);
      expect(told).toHaveLength(1);
    });

    it('wait for a service account that one API server does not know yet', async () => {
      const late: ApiServer = (pod, attempt) =>
        attempt > 5 ? injected(pod) : noAccount;
      const { fact } = await dryRuns([late], {}, justNow);
      expect(fact).toMatchObject({ value: { injected: 5 } });
    });

    it.each<[string, ApiServer]>([
      ['is injected', injected],
      ['is refused by one', () => refused('no such luck')],
      ['gets another service account of one', underAnother],
    ])(
      'do not wait where the pod %s, which time does not change',
      async (_, server) => {
        expect((await dryRuns([injected, server], {}, justNow)).told).toEqual(
          [],
        );
      },
    );

    it('do not wait where the change is older than the deadline', async () => {
      const { fact, told } = await dryRuns(
        [asItIs],
        {},
        {
          changedAt: justNow.changedAt - 90_000,
        },
      );
      expect(told).toEqual([]);
      expect(fact).toStrictEqual(
        known({ ...ASKED, addresses: 1, injected: 0, missing: ALL_PARTS }),
      );
    });
  });
});

describe('the pod of a dry run', () => {
  const running = {
    phase: 'Running',
    placement: { nodeSelector: { of: 'mine' } },
  };
  const pending = {
    phase: 'Pending',
    placement: { nodeSelector: { of: 'none' } },
  };
  const check = { name: 'reads', command: ['s3', 'ls'] };
  const pod = async (
    facts: Record<string, Fact<unknown>>,
    request = {},
    options = {},
  ) =>
    (
      await podMaker(collecting([], facts, request).c, {
        deadlineMs: 0,
        graceSeconds: 0,
        ...options,
      })
    )();

  it.each([
    ['that runs', [pending, running], 'mine'],
    ['if none runs', [pending], 'none'],
  ])('is placed like one of the workload %s', async (_, pods, of) => {
    const { spec } = await pod({ pods: known(pods) });
    expect(spec).toMatchObject({ nodeSelector: { of } });
  });

  it('is placed like the one that is named', async () => {
    const { spec } = await pod(
      { pods: known([running]) },
      {},
      { like: pending },
    );
    expect(spec).toMatchObject({ nodeSelector: { of: 'none' } });
  });

  it('tries permissions only where that is allowed', async () => {
    const asked = { permissionChecks: [check] };
    const text = async (mayTest: Fact<unknown>, request = asked) =>
      JSON.stringify(await pod({ mayTest }, request));
    const refusedRight = lacking({ kind: 'denied', sentence: 'No.' });
    const without = await text(known(true), { permissionChecks: [] });
    expect((await text(known(true))).length).toBeGreaterThan(without.length);
    expect((await text(refusedRight)).length).toBe(without.length);
  });
});

describe('a run on a cluster that takes no dry run', () => {
  const noDryRun = lacking({
    kind: 'denied',
    sentence: 'A webhook takes no dry runs.',
    blocker: 'no-dry-run',
  });
  const admission = (podRun: Fact<unknown>, probe = 'pod') =>
    collectAdmission(
      collecting([], { dryRuns: noDryRun, podRun }, { probe }).c,
    );
  const ofPod = {
    addresses: 1,
    irsaInstead: false,
    fargate: false,
    fromCreatedPod: true,
  };

  it.each([
    [
      'a pod that it created and that got the identity',
      known({ injected: true, pods: 2 }),
      { answered: 2, attempts: 2, injected: 1, missing: [] },
    ],
    [
      'a pod that it created and that never got it',
      lacking({
        kind: 'because',
        sentence: '',
        blocker: 'not-injected',
        pods: 3,
        missing: ['the token volume'],
      } as never),
      { answered: 3, attempts: 3, injected: 0, missing: ['the token volume'] },
    ],
  ])('counts %s', async (_, podRun, counted) => {
    expect(await admission(podRun as Fact<unknown>)).toStrictEqual(
      known({ ...ofPod, ...counted }),
    );
  });

  it('has no answer where it created no pod', async () => {
    const unmade = lacking({ kind: 'unreachable', sentence: 'No answer.' });
    expect(await admission(unmade)).toBe(noDryRun);
    expect(await admission(known({ injected: true, pods: 1 }), 'dry-run')).toBe(
      noDryRun,
    );
  });
});

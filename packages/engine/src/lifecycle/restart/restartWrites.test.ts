import type { LiveWorkload } from '../../kubernetes/types';
import { RESTARTED_AT } from '../../kubernetes/workloads';
import { awsScope } from '../__testUtils__/awsScope';
import { planScope } from '../__testUtils__/planScope';
import { podOf, waiting } from '../__testUtils__/rolloutPods';
import { type RestartOptions, restartWorkload } from './restartWrites';

const NOT_CLEAR = 'Deployment shop/api was not restarted: ';
const EARLY = '2026-12-01T08:00:00Z';
const LATE = '2026-12-01T09:00:00Z';
const ms = (at: string) => Date.parse(at);

/** A Deployment whose pods are all new and available, unless `more` says otherwise. */
const deployment = ({
  spec = {},
  status = {},
  serviceAccountName = 'api' as string | undefined,
  mark = '',
} = {}): LiveWorkload =>
  ({
    metadata: { uid: 'w-1', generation: 1 },
    spec: {
      replicas: 2,
      template: {
        metadata: { annotations: mark ? { [RESTARTED_AT]: mark } : {} },
        spec: { serviceAccountName },
      },
      ...spec,
    },
    status: {
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      availableReplicas: 2,
      ...status,
    },
  } as any);
const moving = { updatedReplicas: 1 };

async function run({
  live = () => deployment(),
  isOutdated = true,
  isAwaited = false,
  pods = [],
  kind = 'Deployment' as 'Deployment' | 'StatefulSet',
  created = ['2026-12-01T07:00:00Z'],
  refuses = false,
  ...options
}: Partial<RestartOptions> & {
  live?: (restarts: number, reads: number) => LiveWorkload | undefined;
  isOutdated?: boolean;
  isAwaited?: boolean;
  pods?: object[];
  kind?: 'Deployment' | 'StatefulSet';
  /** When the pods to restart were made. */
  created?: string[];
  refuses?: boolean;
} = {}) {
  const calls: any[] = [];
  let reads = 0;
  const isReal = ([, , more]: any[]) => !more?.dryRun;
  const written = () => calls.filter(isReal);
  const kubernetes = {
    readWorkload: async () => {
      reads += 1;
      return live(written().length, reads);
    },
    restartWorkload: async (...call: unknown[]) => {
      calls.push(call);
      return deployment();
    },
    dryRunPod: async () => ({}),
    listPods: async () => pods,
  };
  const world = awsScope(
    {},
    {
      kubernetes,
      guard: {
        beforeWrite: async () => {},
        isAwaited: async () => isAwaited,
      } as any,
    },
  );
  const quiet = jest.fn();
  const step = { ...world.step, wroteNothing: quiet };
  const onWrite = jest.fn();
  const onAwaited = jest.fn();
  const deed = restartWorkload(
    world.scope,
    {
      kind,
      name: 'api',
      pods: created.map(at => ({ name: 'old', createdAt: ms(at) })),
    },
    {
      association: { createdAt: ms(EARLY) } as any,
      outdated: async () => [
        { kind: 'StatefulSet', name: 'api', pods: [] },
        { kind: 'Deployment', name: 'jobs', pods: [] },
        ...(isOutdated
          ? [{ kind: 'Deployment', name: 'api', pods: [{ name: 'old' }] }]
          : []),
      ],
      lacksIt: () => (refuses ? [{} as any] : []),
      obstacle: () => undefined,
      remainingMs: () => 10_000,
      onWrite,
      onAwaited,
      ...options,
    },
  );
  const ended = await world.end(deed.run(step) as Promise<string | void>);
  return {
    ended,
    warnings: world.warnings,
    restarts: written(),
    isQuiet: quiet.mock.calls.length > 0,
    onWrite,
    onAwaited,
  };
}

describe('a restart', () => {
  it('writes once, waits for the new pods, and says so', async () => {
    const { ended, restarts, warnings, isQuiet, onWrite } = await run();
    expect(ended).toBe(
      'Restarted Deployment shop/api: its new pods are available',
    );
    const key = { kind: 'Deployment', namespace: 'shop', name: 'api' };
    expect(restarts).toEqual([
      [{ ...key, uid: 'w-1' }, '1970-01-01T00:00:00.000Z'],
    ]);
    expect(isQuiet).toBe(false);
    expect(warnings).toHaveLength(0);
    expect(onWrite).toHaveBeenCalledTimes(1);
  });

  it('fails where the portal has no way to the cluster', async () => {
    const deed = restartWorkload(
      planScope({ kubernetes: { access: 'none' } }),
      { kind: 'Deployment', name: 'web', pods: [] },
      { obstacle: () => undefined } as any,
    );
    await expect(deed.run({} as any)).rejects.toThrow(
      'kubernetes.access: none',
    );
  });

  it.each<[string, Parameters<typeof run>[0], string]>([
    [
      'the workload is gone',
      { live: () => undefined },
      'Deployment shop/api is gone',
    ],
    [
      'all its pods are new',
      { isOutdated: false },
      'All pods of Deployment shop/api are new already',
    ],
  ])('writes nothing where %s, without a warning', async (_, options, said) => {
    const { ended, restarts, warnings, isQuiet } = await run(options);
    expect([ended, restarts, warnings, isQuiet]).toEqual([said, [], [], true]);
  });

  const STUCK = {
    live: () => deployment({ status: moving }),
    pods: [podOf('api-1-b', { status: waiting('InvalidImageName') })],
  };
  const leaves: [string, Parameters<typeof run>[0], RegExp][] = [
    [
      'its template names another service account',
      { live: () => deployment({ serviceAccountName: 'jobs' }) },
      /its pod template names the service account jobs\.$/,
    ],
    [
      'its template names no service account',
      {
        live: () =>
          deployment({ serviceAccountName: undefined, spec: { template: {} } }),
      },
      /its pod template names the service account default\.$/,
    ],
    [
      'its roll-outs are paused',
      { live: () => deployment({ spec: { paused: true } }) },
      /its roll-outs are paused\. .*resume them first.* kubectl -n shop rollout resume deployment\/api/,
    ],
    [
      'new pods would lack the identity, too',
      { refuses: true },
      /does not receive the identity either\. Nothing was written\.$/,
    ],
  ];

  it.each([
    ...leaves,
    ['its roll-out is stuck', STUCK, /is stuck: api-1-b: /] as const,
  ])('leaves it alone with a warning where %s', async (_, options, said) => {
    const { ended, restarts, warnings, isQuiet } = await run(options);
    expect(ended).toMatch(/^Not restarted: /);
    expect(warnings).toEqual([expect.stringMatching(said)]);
    expect(warnings[0]).toMatch(new RegExp(`^${NOT_CLEAR}`));
    expect([restarts, isQuiet]).toEqual([[], true]);
  });

  it.each(['strict', 'must', 'try'] as const)(
    'is an error for what asks for it as "%s" instead',
    async how => {
      for (const [, options, said] of leaves) {
        const { ended, restarts, warnings } = await run({ ...options, how });
        expect(ended).toMatch(
          /^ConflictError: Deployment shop\/api cannot be restarted: /,
        );
        expect(ended).toMatch(said);
        expect([restarts, warnings]).toEqual([[], []]);
      }
    },
  );

  it('does not mind a stuck roll-out where the new template is what its pods wait for', async () => {
    const { restarts } = await run({ ...STUCK, how: 'must' });
    expect(restarts).toHaveLength(1);
    expect((await run({ ...STUCK, how: 'strict' })).restarts).toHaveLength(0);
  });

  it('does not mind what may pass, nor what old pods have', async () => {
    const passing = podOf('api-1-b', { status: waiting('CrashLoopBackOff') });
    expect((await run({ ...STUCK, pods: [passing] })).restarts).toHaveLength(1);
    const whole = await run({ ...STUCK, live: () => deployment() });
    expect(whole.restarts).toHaveLength(1);
  });

  it('says which pods of a StatefulSet its partition keeps as they are', async () => {
    const kind = 'StatefulSet';
    const updateStrategy = { rollingUpdate: { partition: 1 } };
    const { restarts, warnings } = await run({
      kind,
      live: () => deployment({ spec: { updateStrategy } }),
      outdated: async () => [
        { kind, name: 'api', pods: [{ name: 'api-0' }, { name: 'api-1' }] },
      ],
    });
    expect(restarts).toHaveLength(1);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^By its partition a restart .* kubectl -n shop delete pod api-0$/,
      ),
    ]);
  });

  it('is only tried, and written nothing of', async () => {
    const { ended, restarts, isQuiet, onWrite } = await run({ how: 'try' });
    expect(ended).toBe('A restart of Deployment shop/api would be accepted');
    expect([restarts, isQuiet]).toEqual([[], true]);
    expect(onWrite).not.toHaveBeenCalled();
  });

  it('is left out where new pods would not receive the identity', async () => {
    const { ended, warnings, isQuiet } = await run({
      obstacle: () => 'the agent is missing',
    });
    expect(ended).toBe('Not restarted: the agent is missing');
    expect(warnings).toEqual([`${NOT_CLEAR}the agent is missing`]);
    expect(isQuiet).toBe(true);
  });

  it('stops waiting for another change, and says that the roll-out goes on', async () => {
    const begun = (restarts: number) =>
      deployment(restarts > 0 ? { status: moving } : {});
    const { ended, warnings, onAwaited } = await run({
      live: begun,
      isAwaited: true,
    });
    expect(ended).toBe('Restarted Deployment shop/api: its roll-out goes on');
    expect(warnings).toEqual([
      'Stopped waiting for Deployment shop/api: another change of this service account waits. Its roll-out goes on.',
    ]);
    expect(onAwaited).toHaveBeenCalledTimes(1);
    const strict = await run({ live: begun, isAwaited: true, how: 'strict' });
    expect(strict.ended).toMatch(/^ConflictError: The new pods/);
  });
});

describe('a roll-out that is under way already', () => {
  const under = (more: object = {}) =>
    deployment({ status: moving, mark: LATE, ...more });
  it('is waited for, and the workload not restarted again', async () => {
    const { ended, restarts } = await run({
      live: (_, reads) => (reads < 4 ? under() : deployment()),
      isOutdated: false,
    });
    expect(ended).toBe('All pods of Deployment shop/api are new already');
    expect(restarts).toEqual([]);
  });

  it('is followed by a restart where pods are outdated at its end, whatever was in its way', async () => {
    const { restarts } = await run({
      live: (_, reads) => (reads < 3 ? under() : deployment()),
      pods: [
        podOf('api-1-b', {
          mark: LATE,
          node: 'n',
          status: waiting('InvalidImageName'),
        }),
      ],
    });
    expect(restarts).toHaveLength(1);
  });

  it.each([
    [{ paused: true }, /its roll-outs are paused/],
    [{ strategy: { type: 'OnDelete' } }, /its update strategy is OnDelete/],
  ])('is not waited for where it does not go on: %j', async (spec, said) => {
    const { ended } = await run({
      live: () => under({ spec }),
      isAwaited: true,
    });
    expect(ended).toMatch(said);
  });

  it('goes on where another change waits', async () => {
    const { ended, restarts, isQuiet } = await run({
      live: () => under(),
      isAwaited: true,
    });
    expect(ended).toBe('The roll-out of Deployment shop/api goes on');
    expect([restarts, isQuiet]).toEqual([[], true]);
  });

  it.each<[string, Parameters<typeof run>[0]]>([
    ['no restart began it', { live: () => deployment({ status: moving }) }],
    [
      'it began before the association',
      { association: { createdAt: ms(LATE) + 1 } as any },
    ],
    [
      'it began before the association was changed',
      { association: { createdAt: 1, modifiedAt: ms(LATE) + 1 } as any },
    ],
    ['this run makes the association', { association: undefined }],
    ['its pods to restart are of its own', { created: [EARLY, LATE] }],
    ['the restart is to be made', { how: 'must' }],
  ])('is not waited for where %s', async (_, options) => {
    const { restarts } = await run({
      live: restarts_ => (restarts_ ? deployment() : under()),
      ...options,
    });
    expect(restarts).toHaveLength(1);
  });

  it('is waited for where it began with the association itself', async () => {
    const association = { createdAt: ms(LATE) } as any;
    const { ended } = await run({
      live: () => under(),
      isAwaited: true,
      association,
    });
    expect(ended).toMatch(/^The roll-out of .* goes on$/);
  });
});

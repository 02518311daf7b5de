import {
  ask,
  denied,
  LACKING,
  pod,
  workloadFact,
} from '../__testUtils__/judge';
import { known, lacking } from '../framework/fact';
import type {
  ContainerFact,
  PodFact,
  WorkloadFact,
  WorkloadsFact,
} from '../framework/facts/workloads';
import { workloadsFound } from './found';
import { workloadsTemplates } from './templates';

const container = (rest: Partial<ContainerFact> = {}): ContainerFact => ({
  ...LACKING,
  ...rest,
});

/** A workload that names the service account, and whose template is as it should be. */
const workload = ({
  template,
  ...rest
}: Parameters<typeof workloadFact>[0] = {}) =>
  workloadFact({
    replicas: { wanted: 1, updated: 1, available: 1 },
    ...rest,
    template: { containers: [container()], ...template },
  });

const keys = container({
  carried: [
    {
      what: 'keys',
      said: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
      remedy: 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
      unset: ['AWS_ACCESS_KEY_ID-', 'AWS_SECRET_ACCESS_KEY-'],
      likely: true,
    },
  ],
});
const ofApi = pod({ owner: { kind: 'Deployment', name: 'api' } });

const judge = (
  found: WorkloadFact[],
  pods: PodFact[] = [],
  unseen: WorkloadsFact['unseen'] = [],
) =>
  ask(workloadsTemplates, {
    workloads: { found, unseen },
    pods,
    evidence: denied,
  });

describe('workloads.templates', () => {
  it('passes, and names what it looked at and what it could not list', () => {
    expect(judge([workload()])).toMatchObject({
      status: 'pass',
      message: 'The template of Deployment api is as the identity needs it.',
    });
    expect(judge([workload()], [], ['CronJob']).message).toBe(
      'The template of Deployment api is as the identity needs it. CronJob could not be listed here.',
    );
    expect(judge([]).status).toBe('skip');
  });

  it.each<[string, WorkloadFact, string, object, string]>([
    [
      'static keys in a CronJob between two runs',
      workload({ kind: 'CronJob', template: { containers: [keys] } }),
      'The next pods of CronJob api would set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
      { how: 'other', which: 'static keys' },
      'Change the template of the CronJob api itself',
    ],
    [
      'a Deployment at 0 under another service account, named as this one',
      workload({
        by: 'name',
        evidence: 'its name',
        serviceAccount: 'default',
      }),
      'The next pods of Deployment api would run under the service account default.',
      { how: 'identity' },
      'set serviceaccount deployment api',
    ],
    [
      'an opt-out',
      workload({ template: { skipped: true } }),
      'The next pods of Deployment api would opt out of Pod Identity.',
      { how: 'identity' },
      'patch deployment api',
    ],
    [
      'a variable of Pod Identity that the template sets',
      workload({
        template: {
          containers: [
            container({
              missing: [
                'AWS_CONTAINER_CREDENTIALS_FULL_URI',
                'the token volume',
              ],
            }),
          ],
        },
      }),
      'The next pods of Deployment api would set AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE themselves.',
      { how: 'identity' },
      'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE-',
    ],
  ])('warns of %s', (_, one, message, lack, command) => {
    const outcome = judge([one]);
    expect(outcome).toMatchObject({
      status: 'warn',
      message,
      lacking: [{ ...lack, pods: [`${one.kind} api`] }],
    });
    const { snippet, actions = [] } = outcome.fix ?? {};
    expect(snippet?.text ?? actions.join()).toContain(command);
    expect(actions.join().includes('with this command')).toBe(!!snippet);
  });

  it('only notes what the pods that run are not of: a paused or stuck roll-out', () => {
    const changed = { serviceAccount: 'default', by: 'pods' } as const;
    expect(
      judge([workload({ template: { skipped: true } })], [ofApi]),
    ).toMatchObject({ status: 'note', lacking: [] });
    // A webhook puts its pods under the account, or the template moves them away from it.
    expect(judge([workload(changed)], [ofApi]).status).toBe('skip');
    const away = workload({ ...changed, older: 1, paused: true });
    expect(judge([away], [ofApi])).toMatchObject({
      status: 'note',
      counted: true,
      message:
        'The next pods of Deployment api would run under the service account default.',
      lacking: [],
    });
  });

  it('counts a template at once while it is being rolled out', () => {
    const rolling = {
      rolledOut: false,
      older: 1,
      template: { skipped: true },
    };
    const status = (how: Partial<WorkloadFact>, pods = [ofApi]) =>
      judge([workload({ ...rolling, ...how } as never)], pods).status;
    expect(status({})).toBe('warn');
    // Kubernetes replaces these pods only when a person does something.
    expect(status({ paused: true })).toBe('note');
    expect(status({ strategy: 'OnDelete' })).toBe('note');
    expect(status({ partition: 1 })).toBe('note');
    // One of its pods is not available, and all are of the template.
    expect(status({ older: undefined })).toBe('note');
    // Its first pods are about to start.
    const starting = { ...LACKING, state: 'waiting' as const };
    const first = { ...ofApi, phase: 'Pending', containers: [starting] };
    expect(status({ older: undefined }, [first])).toBe('warn');
  });

  it.each([
    [[ofApi], []],
    [[], [{ how: 'start', pods: ['Deployment api'] }]],
  ])('says that a roll-out is stuck, with the pods %#', (pods, lacks) => {
    const stuck = { reason: 'FailedCreate', message: 'exceeded quota' };
    expect(judge([workload({ rolledOut: false, stuck })], pods)).toMatchObject({
      status: 'warn',
      message: 'The roll-out of Deployment api does not go on: exceeded quota.',
      lacking: lacks,
      fix: {
        snippet: { text: 'kubectl -n payments describe deployment api' },
      },
    });
  });

  it('leaves workloads alone that only seem to belong, beside those that do', () => {
    const further = workload({
      name: 'web',
      by: 'label',
      evidence: 'label app=api',
      serviceAccount: 'default',
    });
    expect(judge([workload(), further]).status).toBe('pass');
    expect(judge([further], [ofApi]).status).toBe('skip');
    expect(judge([further]).status).toBe('warn');
    // One with an account of its own may have an identity of its own.
    const own = { ...further, serviceAccount: 'web' };
    expect(judge([own]).status).toBe('skip');
    expect(judge([{ ...own, namedAsAccount: true }]).status).toBe('warn');
  });
});

describe('what a run found of the pods', () => {
  const found = (
    pods: PodFact[],
    workloads: WorkloadFact[],
    lacks: Parameters<typeof workloadsFound>[1] = new Map(),
    unseen: WorkloadsFact['unseen'] = [],
  ) =>
    workloadsFound(
      {
        pods: known(pods),
        workloads: known({ found: workloads, unseen }),
      },
      lacks,
    );
  const [one, two] = ['one', 'two'].map(name => ({ ...ofApi, name }));

  it.each<[string, ReturnType<typeof found>, object | undefined]>([
    ['all', found([one, two], [workload()]), { state: 'all', good: 2, all: 2 }],
    ['no pod, and a template', found([], [workload()]), { state: 'no-pods' }],
    ['neither', found([], []), { state: 'no-workload' }],
    [
      'no pod, and a kind that could not be listed',
      found([], [], new Map(), ['CronJob']),
      { state: 'no-pods' },
    ],
    [
      'one of two',
      found(
        [one, two],
        [],
        new Map([['workloads.injected', [{ how: 'identity', pods: ['one'] }]]]),
      ),
      { state: 'some', good: 1, all: 2, check: 'workloads.injected' },
    ],
    [
      'none, for two reasons of which a restart cures one',
      found(
        [one, two],
        [],
        new Map([
          ['workloads.injected', [{ how: 'restart', pods: ['one'] }]],
          [
            'workloads.shadowed',
            [{ how: 'other', which: 'static keys', pods: ['two'] }],
          ],
        ]),
      ),
      {
        state: 'other',
        other: 'static keys',
        good: 0,
        check: 'workloads.shadowed',
      },
    ],
    [
      'none, by age alone',
      found(
        [one, two],
        [],
        new Map([
          ['workloads.injected', [{ how: 'restart', pods: ['one', 'two'] }]],
        ]),
      ),
      { state: 'none', restart: true },
    ],
    [
      'all, but the run of a CronJob that is of an older template',
      found(
        [one, { ...two, owner: { kind: 'Job', name: 'nightly-1' } }],
        [
          workload({
            kind: 'Job',
            name: 'nightly-1',
            controller: { kind: 'CronJob', name: 'nightly' },
          }),
        ],
        new Map([['workloads.injected', [{ how: 'restart', pods: ['two'] }]]]),
      ),
      { state: 'all', good: 2, all: 2 },
    ],
    [
      'a sidecar of each pod',
      found(
        [one, two],
        [],
        new Map([
          [
            'workloads.shadowed',
            [
              {
                how: 'other',
                which: 'static keys',
                partly: true,
                pods: ['one', 'two'],
              },
            ],
          ],
        ]),
      ),
      { state: 'some', good: 0, all: 2 },
    ],
    [
      'a template beside pods that have it',
      found(
        [one],
        [],
        new Map([
          [
            'workloads.templates',
            [{ how: 'identity', pods: ['CronJob nightly'] }],
          ],
        ]),
      ),
      { state: 'some', good: 1, all: 1 },
    ],
    [
      'pods under another service account, told before their template',
      found(
        [],
        [
          workload({
            by: 'name',
            evidence: 'its name',
            serviceAccount: 'default',
          }),
        ],
        new Map(
          (['workloads.templates', 'workloads.service-account'] as const).map(
            check => [check, [{ how: 'identity', pods: ['Deployment api'] }]],
          ),
        ),
      ),
      { state: 'none', all: 0, check: 'workloads.service-account' },
    ],
    [
      'pods that cannot start',
      found(
        [{ ...one, phase: 'Pending', notStarted: 'no image' }],
        [],
        new Map([['workloads.start-up', [{ how: 'start', pods: ['one'] }]]]),
      ),
      { state: 'not-started', all: 0, check: 'workloads.start-up' },
    ],
    [
      'one that cannot start beside one that runs',
      found(
        [{ ...one, phase: 'Pending', notStarted: 'no image' }, two],
        [],
        new Map([['workloads.start-up', [{ how: 'start', pods: ['one'] }]]]),
      ),
      { state: 'all', good: 1, all: 1 },
    ],
    [
      'a roll-out with pods of an older revision',
      found(
        [one, two],
        [
          workload({
            rolledOut: false,
            older: 1,
            replicas: { wanted: 3, updated: 1, available: 2 },
          }),
        ],
        new Map([['workloads.injected', [{ how: 'restart', pods: ['one'] }]]]),
      ),
      { state: 'rolling-out', rollout: { running: 1, wanted: 3 } },
    ],
    ...[
      { older: 3, updated: 1 },
      { older: 1, updated: 0 },
    ].map(({ older, updated }): [string, ReturnType<typeof found>, object] => [
      `a roll-out none of whose ${updated} new pods is seen to run beside ${older} older ones`,
      found(
        [one, two],
        [
          workload({
            rolledOut: false,
            older,
            replicas: { wanted: 3, updated, available: 2 },
          }),
        ],
        new Map(),
      ),
      { state: 'rolling-out', rollout: { running: 0, wanted: 3 } },
    ]),
    [
      'the first pods of a workload',
      found(
        [
          {
            ...one,
            phase: 'Pending',
            containers: [container({ state: 'waiting' })],
          },
        ],
        [
          workload({
            rolledOut: false,
            replicas: { wanted: 2, updated: 1, available: 0 },
          }),
        ],
        new Map(),
      ),
      { state: 'rolling-out', rollout: { running: 0, wanted: 2 } },
    ],
    [
      'a roll-out to a template that lacks it',
      found(
        [one, two],
        [workload({ rolledOut: false, older: 1 })],
        new Map([
          [
            'workloads.templates',
            [{ how: 'identity', pods: ['Deployment api'] }],
          ],
        ]),
      ),
      { state: 'some', check: 'workloads.templates' },
    ],
    ...[{ strategy: 'OnDelete' }, { partition: 1 }].map(
      (held): [string, ReturnType<typeof found>, object] => [
        `pods that ${JSON.stringify(held)} keeps as they are, one not ready`,
        found(
          [one, two],
          [workload({ rolledOut: false, older: 1, ...held })],
          new Map([
            ['workloads.injected', [{ how: 'restart', pods: ['one'] }]],
          ]),
        ),
        { state: 'some', restart: true },
      ],
    ),
    [
      'more pods of the newest revision, as an autoscaler asks',
      found(
        [one],
        [
          workload({
            rolledOut: false,
            replicas: { wanted: 3, updated: 1, available: 1 },
          }),
        ],
      ),
      { state: 'all' },
    ],
    [
      'a roll-out that is stuck, which a restart does not cure',
      found(
        [one, two],
        [
          workload({
            rolledOut: false,
            older: 1,
            stuck: { reason: 'x', message: 'y' } as never,
          }),
        ],
        new Map([['workloads.injected', [{ how: 'restart', pods: ['one'] }]]]),
      ),
      { state: 'some', restart: false },
    ],
  ])('is %s', (_, answer, expected) => {
    expect(answer).toMatchObject(expected!);
  });

  it('is nothing where the pods are not to be looked at, and unknown where they cannot be', () => {
    const ofLack = (kind: 'off' | 'denied') =>
      workloadsFound(
        {
          pods: lacking({ kind, sentence: 'Not allowed.' }),
          workloads: denied,
        },
        new Map(),
      );
    expect(ofLack('off')).toBeUndefined();
    expect(ofLack('denied')).toMatchObject({
      state: 'unknown',
      lack: 'Not allowed.',
    });
  });
});

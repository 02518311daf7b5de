import { untrusted } from '../../text/foreign';
import type { CoreV1Event, V1Pod } from '../../kubernetes/objects';
import { PORTAL, PROGRAM } from '../../text/voice';
import { shown } from '../__testUtils__/judge';
import { explainEnd, explainPending, hopeless } from './explainPending';

const pod = (status: V1Pod['status']): V1Pod => ({
  metadata: { name: 'p', namespace: 'payments' },
  status,
});
const waiting = (reason: string, message = 'why', name = 'probe') =>
  ({
    name,
    image: 'registry/x',
    imageID: '',
    ready: false,
    restartCount: 0,
    state: { waiting: { reason, message } },
  } as any);
const event = (reason: string, message: string, at: string): CoreV1Event =>
  ({ reason, message, lastTimestamp: new Date(at) } as any);
const hopelessly = (subject: V1Pod, voice = PORTAL) => hopeless(subject, voice);

describe('a probe that cannot run', () => {
  it('gives up on an image only after the back-off', () => {
    expect(
      hopelessly(pod({ containerStatuses: [waiting('ErrImagePull')] })),
    ).toBeUndefined();
    expect(
      shown(
        hopelessly(pod({ containerStatuses: [waiting('ImagePullBackOff')] }))!,
      ),
    ).toMatchObject({
      reason: 'image-pull',
      sentence: 'The node could not pull registry/x (ImagePullBackOff): why.',
      fix: { snippet: { text: 'probe:\n  image: <your registry>/x' } },
    });
    const wordy =
      'Back-off pulling image "registry/x": ErrImagePull: failed to resolve reference "registry/x": registry/x: not found';
    expect(
      hopelessly(
        pod({ containerStatuses: [waiting('ImagePullBackOff', wordy)] }),
      )?.sentence,
    ).toBe(
      'The node could not pull registry/x (ImagePullBackOff): ErrImagePull: failed to resolve its reference: not found.',
    );
    const deep =
      'Back-off pulling image "registry/x": ErrImagePull: failed to pull and unpack image "registry/x": failed to resolve reference "registry/x": pull access denied for registry/x';
    expect(
      hopelessly(
        pod({ containerStatuses: [waiting('ImagePullBackOff', deep)] }),
      )?.sentence,
    ).toBe(
      'The node could not pull registry/x (ImagePullBackOff): ErrImagePull: failed to pull and unpack the image: failed to resolve its reference: pull access denied for the image.',
    );
    const unnamed = { ...waiting('ImagePullBackOff'), image: '' };
    expect(
      shown(hopelessly(pod({ containerStatuses: [unnamed] }))!).fix?.snippet
        ?.text,
    ).toBe('probe:\n  image: <your registry>/aws-cli');
    expect(
      hopelessly(
        pod({ containerStatuses: [waiting('CreateContainerConfigError')] }),
      ),
    ).toMatchObject({ reason: 'container-config' });
    expect(
      hopelessly(pod({ containerStatuses: [waiting('ContainerCreating')] })),
    ).toBeUndefined();
  });

  it('names the flag of the program for its image', () => {
    const subject = pod({ containerStatuses: [waiting('ImagePullBackOff')] });
    expect(shown(hopelessly(subject, PROGRAM)!).fix?.actions).toEqual([
      'Mirror the probe image into a registry the nodes can reach and name it in --probe-image.',
      'If the registry needs a login, name the secret in probe.imagePullSecrets in the file of --config.',
    ]);
  });

  it.each<[string, V1Pod, CoreV1Event[], string]>([
    [
      'unschedulable',
      pod({
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: untrusted('0/3 nodes are available: 3 Insufficient cpu.'),
          },
        ],
      }),
      [],
      'No node took the probe pod within 180 s: 0/3 nodes are available: 3 Insufficient cpu.',
    ],
    [
      'hung',
      pod({
        containerStatuses: [
          { name: 'probe', state: { running: {} } } as any,
          waiting('ContainerCreating', '', 'sidecar'),
        ],
      }),
      [],
      'The probe pod was still running after 180 s without an answer.',
    ],
    [
      'start-failed',
      pod({ containerStatuses: [waiting('ContainerCreating', '')] }),
      [
        event('FailedMount', 'old', '2026-01-01T00:00:00Z'),
        event(
          'FailedCreatePodSandBox',
          'no IP address left',
          '2026-01-01T00:01:00Z',
        ),
        event('Scheduled', 'fine', '2026-01-01T00:02:00Z'),
      ],
      'The probe pod did not start within 180 s: no IP address left.',
    ],
    [
      'start-failed',
      pod({
        initContainerStatuses: [
          { name: 'istio-init', state: { running: {} } } as any,
        ],
      }),
      [],
      'The probe pod waited 180 s for the init container istio-init, which the cluster adds to every pod.',
    ],
  ])('is %s', (reason, subject, events, sentence) => {
    expect(explainPending(subject, events, 180_000, PORTAL)).toMatchObject({
      reason,
      sentence,
    });
  });

  it.each<[string, RegExp[]]>([
    [
      "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/3.",
      [/^Change the node selector/],
    ],
    [
      '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {team: a}.',
      [/^Add tolerations/, /too little left/],
    ],
    ['0/1 nodes are available: 1 Too many pods.', [/as many pods/]],
    ['', [/^Change the node selector/, /^Add tolerations/]],
  ])('follows the reasons of the scheduler: %s', (message, advice) => {
    const { fix } = explainPending(
      pod({
        conditions: [{ type: 'PodScheduled', status: 'False', message }],
      } as any),
      [],
      45_000,
      PORTAL,
    );
    expect(fix?.actions).toEqual([
      ...advice.map(one => expect.stringMatching(one)),
      expect.stringContaining('longer timeout'),
    ]);
  });

  describe('of a running workload', () => {
    const fixOf = (
      message: string,
      kind = 'Deployment',
      tolerations?: object[],
    ) =>
      shown(
        explainPending(
          pod({
            conditions: [{ type: 'PodScheduled', status: 'False', message }],
          } as any),
          [],
          45_000,
          PORTAL,
          {
            like: {
              owner: { kind, name: 'api' },
              placement: { tolerations } as any,
            },
          },
        ),
      ).fix!;
    const TAINTED =
      '0/3 nodes are available: 3 node(s) had untolerated taint {dedicated: gpu}. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.';

    it('lets it tolerate the only thing in the way, beside what it tolerates', () => {
      const fix = fixOf(TAINTED, 'Deployment', [
        { key: 'a', operator: 'Exists' },
      ]);
      expect(fix.snippet?.text).toBe(
        `kubectl -n payments patch deployment api --type merge --patch '${JSON.stringify(
          {
            spec: {
              template: {
                spec: {
                  tolerations: [
                    { key: 'a', operator: 'Exists' },
                    { key: 'dedicated', operator: 'Equal', value: 'gpu' },
                  ],
                },
              },
            },
          },
        )}'`,
      );
      expect(fix.actions[0]).toMatch(
        /^New pods of Deployment api fit on no node either.* the taint dedicated,/,
      );
    });

    it('tolerates a taint without value by its key', () => {
      expect(
        fixOf(
          '0/1 nodes are available: 1 node(s) had untolerated taint {gpu: }.',
        ).snippet?.text,
      ).toContain('[{"key":"gpu","operator":"Exists"}]');
    });

    it.each([
      [
        'another reason',
        '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {team: a}.',
        'Deployment',
      ],
      [
        'another taint',
        '0/2 nodes are available: 1 node(s) had untolerated taint {team: a}, 1 node(s) had untolerated taint {gpu: }.',
        'Deployment',
      ],
      [
        'a taint that passes',
        '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unschedulable: }.',
        'Deployment',
      ],
      [
        'one of Fargate',
        '0/1 nodes are available: 1 node(s) had untolerated taint {eks.amazonaws.com/compute-type: fargate}.',
        'Deployment',
      ],
      [
        'one of nodes for add-ons',
        '0/1 nodes are available: 1 node(s) had untolerated taint {CriticalAddonsOnly: true}.',
        'Deployment',
      ],
      [
        'one of an autoscaler',
        '0/1 nodes are available: 1 node(s) had untolerated taint {karpenter.sh/disrupted: }.',
        'Deployment',
      ],
      ['no template', TAINTED, 'Job'],
    ])('only looks with %s', (_what, message, kind) => {
      expect(fixOf(message, kind).snippet?.text).toBe(
        'kubectl -n payments get events --field-selector reason=FailedScheduling',
      );
    });
  });

  it.each<[string, V1Pod]>([
    [
      'evicted',
      pod({ phase: 'Failed', reason: 'Evicted', message: untrusted('disk') }),
    ],
    ['hung', pod({ phase: 'Failed', reason: 'DeadlineExceeded' })],
    [
      'killed',
      pod({
        phase: 'Failed',
        containerStatuses: [
          {
            name: 'probe',
            state: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
          } as any,
        ],
      }),
    ],
    [
      'container-config',
      pod({
        phase: 'Failed',
        containerStatuses: [
          {
            name: 'probe',
            state: {
              terminated: {
                exitCode: 128,
                reason: 'StartError',
                message: 'exec: "/bin/bash": no such file',
              },
            },
          } as any,
        ],
      }),
    ],
    ['no-answer', pod({ phase: 'Succeeded' })],
  ])('ended as %s', (reason, subject) => {
    expect(explainEnd(subject, PORTAL).reason).toBe(reason);
  });
});

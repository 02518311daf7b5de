import type { V1Pod } from '../../kubernetes/objects';
import { notStarted, stateOf } from './podState';

const waiting = (reason: string, message?: string) => ({
  name: 'app',
  state: { waiting: { reason, message } },
});
const podOf = (status: object, spec: object = {}) =>
  ({
    spec: { containers: [{ name: 'app' }], ...spec },
    status,
  } as unknown as V1Pod);

describe('why a pod cannot start', () => {
  it.each<[object, string | undefined]>([
    [
      waiting('ErrImagePull', 'pull "x": not found'),
      'the image of container app cannot be pulled: ErrImagePull',
    ],
    [
      waiting('ImagePullBackOff'),
      'the image of container app cannot be pulled: ImagePullBackOff',
    ],
    [
      waiting(
        'CreateContainerConfigError',
        'container has runAsNonRoot and image will run as root (pod: "a_b(1)", container: app)',
      ),
      'container app cannot be made: CreateContainerConfigError: container has runAsNonRoot and image will run as root',
    ],
    [
      waiting('CreateContainerConfigError'),
      'container app cannot be made: CreateContainerConfigError',
    ],
    [
      waiting(
        'RunContainerError',
        'exec: "AWS_ACCESS_KEY_ID=HIDDEN run": no such file',
      ),
      'container app cannot be made: RunContainerError',
    ],
    [waiting('CrashLoopBackOff'), undefined],
    [waiting('ContainerCreating'), undefined],
    [{ name: 'app', state: { running: {} } }, undefined],
  ])('%j', (status, expected) => {
    expect(notStarted(podOf({ containerStatuses: [status] }))).toBe(expected);
  });

  it('names an init container that the others wait for', () => {
    const pod = podOf(
      {
        initContainerStatuses: [
          { ...waiting('CrashLoopBackOff'), name: 'prepare' },
        ],
        containerStatuses: [waiting('PodInitializing')],
      },
      { initContainers: [{ name: 'prepare' }] },
    );
    expect(notStarted(pod)).toBe(
      'init container prepare ends again and again, and the others wait for it: CrashLoopBackOff',
    );
  });

  it('says what the scheduler says', () => {
    const conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        message: '0/3 nodes are available:\n3 Insufficient cpu.',
      },
    ];
    expect(notStarted(podOf({ conditions }))).toBe(
      'no node takes it: 0/3 nodes are available: 3 Insufficient cpu.',
    );
  });
});

describe('whether a container runs', () => {
  const ended = (exitCode: number) => ({
    containerStatuses: [{ name: 'app', state: { terminated: { exitCode } } }],
  });
  it.each<[object, string, string | undefined]>([
    [ended(0), 'Never', 'ended'],
    [ended(1), 'Never', 'ended'],
    [ended(0), 'OnFailure', 'ended'],
    [ended(1), 'OnFailure', 'crashing'],
    [ended(0), 'Always', 'crashing'],
    [
      { containerStatuses: [waiting('CrashLoopBackOff')] },
      'Always',
      'crashing',
    ],
    [{ containerStatuses: [waiting('ErrImagePull')] }, 'Always', 'waiting'],
    [{ phase: 'Pending' }, 'Always', 'waiting'],
    [{ phase: 'Running' }, 'Always', 'running'],
  ])('%j with %s: %s', (status, restartPolicy, expected) => {
    const pod = podOf(status, { restartPolicy });
    expect(stateOf(pod, 'app', 'container')).toBe(expected);
  });
});

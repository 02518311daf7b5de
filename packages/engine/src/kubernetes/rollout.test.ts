import type { RestartableKind } from 'backstage-plugin-eks-pod-identity-common';
import type { LiveWorkload } from './types';
import { makesRoom, rolloutOf } from './rollout';

const deployment = (status: object, spec: object = { replicas: 2 }) =>
  ({ metadata: { generation: 3 }, spec, status } as LiveWorkload);
const settled = {
  observedGeneration: 3,
  updatedReplicas: 2,
  availableReplicas: 2,
  replicas: 2,
};
const late = {
  type: 'Progressing',
  reason: 'ProgressDeadlineExceeded',
  message: 'gave up',
};

describe('a roll-out', () => {
  it.each<[string, RestartableKind, LiveWorkload, boolean, string]>([
    [
      'is done where all pods are new and available',
      'Deployment',
      deployment(settled),
      true,
      '2 of 2',
    ],
    [
      'is not while the controller has not seen the change',
      'Deployment',
      deployment({ ...settled, observedGeneration: 2 }),
      false,
      '2 of 2',
    ],
    [
      'is not while a pod is old',
      'Deployment',
      deployment({ ...settled, replicas: 3 }),
      false,
      '1 of 2',
    ],
    [
      'is not while a pod is not new',
      'StatefulSet',
      deployment({ ...settled, updatedReplicas: 1 }),
      false,
      '1 of 2',
    ],
    [
      'is not while a pod is not available',
      'StatefulSet',
      deployment({ ...settled, availableReplicas: 1 }),
      false,
      '1 of 2',
    ],
    [
      'is done with pods of another revision beside them, but for a Deployment',
      'StatefulSet',
      deployment({ ...settled, replicas: 3 }),
      true,
      '2 of 2',
    ],
    [
      'wants one pod where no number is given',
      'Deployment',
      deployment({ observedGeneration: 3 }, {}),
      false,
      '0 of 1',
    ],
    [
      'is done at once where none is wanted',
      'Deployment',
      deployment({ observedGeneration: 3 }, { replicas: 0 }),
      true,
      '0 of 0',
    ],
    [
      'of a DaemonSet counts the nodes that it is scheduled to',
      'DaemonSet',
      deployment({
        observedGeneration: 3,
        desiredNumberScheduled: 3,
        updatedNumberScheduled: 3,
        numberAvailable: 2,
        updatedReplicas: 9,
        availableReplicas: 9,
      }),
      false,
      '2 of 3',
    ],
    [
      'of a DaemonSet is done where all of them have it',
      'DaemonSet',
      deployment({
        observedGeneration: 3,
        desiredNumberScheduled: 3,
        updatedNumberScheduled: 3,
        numberAvailable: 3,
      }),
      true,
      '3 of 3',
    ],
    [
      'of a DaemonSet without nodes is done',
      'DaemonSet',
      deployment({ observedGeneration: 3 }),
      true,
      '0 of 0',
    ],
    [
      'without a status has not begun',
      'Deployment',
      { metadata: { generation: 1 }, spec: { replicas: 1 } } as LiveWorkload,
      false,
      '0 of 1',
    ],
  ])('%s', (_, kind, workload, done, count) => {
    expect(rolloutOf(kind, workload)).toEqual({
      done,
      words: `${count} new pods are available`,
    });
  });

  it.each<[string, object, string | undefined]>([
    [
      'is stuck where Kubernetes gave it up',
      { observedGeneration: 3, conditions: [late] },
      'gave up',
    ],
    [
      'is stuck without a word of Kubernetes',
      { observedGeneration: 3, conditions: [{ ...late, message: undefined }] },
      'the progress deadline has passed',
    ],
    [
      'is not stuck where the one before was given up',
      { observedGeneration: 2, conditions: [late] },
      undefined,
    ],
    [
      'is not stuck while it goes on',
      {
        observedGeneration: 3,
        conditions: [{ ...late, reason: 'ReplicaSetUpdated' }],
      },
      undefined,
    ],
    [
      'is not stuck for the same reason in another condition',
      { observedGeneration: 3, conditions: [{ ...late, type: 'Available' }] },
      undefined,
    ],
  ])('%s', (_, status, stuck) => {
    expect(rolloutOf('Deployment', deployment(status)).stuck?.message).toBe(
      stuck,
    );
  });
});

describe('room for new pods', () => {
  const rolling = (rollingUpdate: object, replicas?: number) => ({
    spec: { replicas, strategy: { type: 'RollingUpdate', rollingUpdate } },
  });
  const daemons = (rollingUpdate?: object) => ({
    spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate } },
  });
  it.each<[string, LiveWorkload, boolean]>([
    ['none of 2 pods with a quarter', rolling({}, 2), false],
    ['that of one of 4 pods with a quarter', rolling({}, 4), true],
    [
      'that of one pod where there is no surge, as Kubernetes rounds',
      rolling({ maxSurge: 0, maxUnavailable: '25%' }, 2),
      true,
    ],
    [
      'the same of a share',
      rolling({ maxSurge: '0%', maxUnavailable: '25%' }, 2),
      true,
    ],
    [
      'none where a share of the surge is rounded up',
      rolling({ maxSurge: '1%', maxUnavailable: 0 }, 2),
      false,
    ],
    [
      'that of all pods of Recreate',
      { spec: { strategy: { type: 'Recreate' } } },
      true,
    ],
    ['that of one pod of a StatefulSet', daemons(), true],
    [
      'that of one pod of a DaemonSet',
      daemons({ maxSurge: 0, maxUnavailable: 1 }),
      true,
    ],
    [
      'none of a DaemonSet with a surge',
      daemons({ maxSurge: 1, maxUnavailable: 0 }),
      false,
    ],
    [
      'none of a DaemonSet with a share as its surge',
      daemons({ maxSurge: '10%', maxUnavailable: 0 }),
      false,
    ],
  ])('is %s', (_, live, room) => {
    expect(makesRoom(live)).toBe(room);
  });
});

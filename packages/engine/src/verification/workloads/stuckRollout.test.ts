import type { RestartableKind } from 'backstage-plugin-eks-pod-identity-common';
import { context, denied, HAVING, pod } from '../__testUtils__/judge';
import { known } from '../framework/fact';
import type { PodFact } from '../framework/facts/workloads';
import type { WorkloadObject } from './listing';
import { listedWorkload, workloadsOfIdentity } from './workloads';

const { ref, now } = context;
const PULL = 'the image of container app cannot be pulled: ';
const NO_NODE = {
  notStarted: 'no node takes it: 0/3 nodes are available.',
  unscheduled: true,
};
const QUOTA = {
  type: 'ReplicaFailure',
  status: 'True',
  reason: 'FailedCreate',
  message: 'exceeded quota',
};
/** Three pods, of which one is new. */
const MOVING = {
  replicas: 3,
  updatedReplicas: 1,
  availableReplicas: 2,
  desiredNumberScheduled: 3,
  updatedNumberScheduled: 1,
  numberAvailable: 2,
};
/** All pods are of the template, and one does not run. */
const SCALED = { ...MOVING, updatedReplicas: 3, updatedNumberScheduled: 3 };

async function stuckBy(
  status: object,
  waiting: Partial<PodFact>,
  { kind = 'Deployment', spec = {} }: { kind?: string; spec?: object } = {},
) {
  const object = {
    metadata: { name: 'api' },
    spec: {
      replicas: 3,
      template: { spec: { serviceAccountName: 'api', containers: [] } },
      ...spec,
    },
    status: { conditions: [], ...status },
  } as WorkloadObject;
  const one = listedWorkload(kind as RestartableKind, object)!;
  const state = 'waiting' as const;
  const last = pod({
    name: 'last',
    owner: { kind, name: 'api' },
    phase: 'Pending',
    containers: [{ ...HAVING, state }],
    ...waiting,
  });
  const get = async (name: string) =>
    name === 'pods' ? known([last]) : denied;
  const fact = await workloadsOfIdentity(
    { ref, get: get as never, now },
    [[kind as RestartableKind, known([one])]],
    undefined,
  );
  if (!fact.known) throw new Error(fact.lack.sentence);
  return fact.value.found[0].stuck?.message;
}
const long = { createdAt: now - 6 * 60_000 };
const BACK_OFF = { notStarted: `${PULL}ImagePullBackOff` };
const PULLING = { notStarted: `${PULL}ErrImagePull` };

describe('a roll-out is stuck', () => {
  it.each(['Deployment', 'StatefulSet', 'DaemonSet'])(
    'by a pod of a %s that does not start',
    async kind => {
      const message = `last: ${PULL}ImagePullBackOff`;
      expect(await stuckBy(MOVING, BACK_OFF, { kind })).toBe(message);
      // All pods are new: an autoscaler added one, or its node was lost.
      expect(await stuckBy(SCALED, BACK_OFF, { kind })).toBeUndefined();
    },
  );

  it('never by a pod of what a person alone replaces', async () => {
    for (const how of [
      { kind: 'Deployment', spec: { paused: true } },
      { kind: 'StatefulSet', spec: { updateStrategy: { type: 'OnDelete' } } },
      {
        kind: 'StatefulSet',
        spec: { updateStrategy: { rollingUpdate: { partition: 2 } } },
      },
    ]) {
      expect(await stuckBy(MOVING, BACK_OFF, how)).toBeUndefined();
    }
  });

  it('by what may pass only once it lasts', async () => {
    for (const passing of [NO_NODE, PULLING]) {
      expect(await stuckBy(MOVING, passing)).toBeUndefined();
      expect(await stuckBy(MOVING, { ...passing, ...long })).toBe(
        `last: ${passing.notStarted}`,
      );
      expect(await stuckBy(SCALED, { ...passing, ...long })).toBeUndefined();
    }
  });

  it('by what its conditions say, where no pod says more', async () => {
    const refused = { ...SCALED, conditions: [QUOTA] };
    expect(await stuckBy(refused, {})).toBe('exceeded quota');
    expect(await stuckBy({ ...MOVING, conditions: [QUOTA] }, BACK_OFF)).toBe(
      `last: ${PULL}ImagePullBackOff`,
    );
  });
});

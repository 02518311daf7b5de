import type { V1DaemonSet, V1Node, V1Pod } from '../../kubernetes/objects';
import {
  agentPodFact,
  daemonSetFact,
  firstStart,
  nodeFact,
} from './agentObjects';

const AT = '2026-01-01T12:00:00Z';
const at = (seconds: number) =>
  new Date(Date.parse(AT) + seconds * 1000).toISOString();
const milliseconds = (seconds: number) => Date.parse(AT) + seconds * 1000;
const agentPod = (status: object, spec: object = {}) =>
  agentPodFact({
    metadata: { name: 'a', namespace: 'kube-system', creationTimestamp: AT },
    spec,
    status,
  } as unknown as V1Pod);

describe('an agent pod', () => {
  it('is ready since a time, and started at another', () => {
    expect(
      agentPod(
        {
          conditions: [
            { type: 'Ready', status: 'True', lastTransitionTime: at(9) },
          ],
          containerStatuses: [
            {
              name: 'agent',
              restartCount: 2,
              state: { running: { startedAt: at(5) } },
            },
          ],
        },
        { nodeName: 'n' },
      ),
    ).toMatchObject({
      ready: true,
      nodeName: 'n',
      createdAt: milliseconds(0),
      startedAt: milliseconds(5),
      readySince: milliseconds(9),
      restarts: 2,
      unscheduled: false,
    });
  });

  it('keeps how its last container ended, init containers among them', () => {
    const end = { exitCode: 1, reason: 'Error', message: 'bind' };
    const waiting = { waiting: { reason: 'CrashLoopBackOff', message: 'b' } };
    expect(
      agentPod({
        initContainerStatuses: [
          { name: 'init', state: { terminated: { exitCode: 0 } } },
        ],
        containerStatuses: [
          { name: 'agent', state: waiting, lastState: { terminated: end } },
        ],
      }),
    ).toMatchObject({
      ready: false,
      waitingReason: 'CrashLoopBackOff',
      message: 'b',
      ended: { container: 'agent', ...end },
    });
    expect(
      agentPod({
        initContainerStatuses: [{ name: 'init', state: { terminated: end } }],
      }).ended?.container,
    ).toBe('init');
  });

  it('is for the node that its DaemonSet pinned it to while it has none', () => {
    const values = ['n'];
    const pin = { key: 'metadata.name', operator: 'In', values };
    const terms = { nodeSelectorTerms: [{ matchFields: [pin] }] };
    const nodeAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: terms,
    };
    expect(
      agentPod(
        {
          conditions: [
            { type: 'PodScheduled', status: 'False', message: 'free ports' },
          ],
        },
        { affinity: { nodeAffinity } },
      ),
    ).toMatchObject({
      nodeName: 'n',
      unscheduled: true,
      message: 'free ports',
    });
  });
});

it('the first start of a pod is the earliest that its status shows', () => {
  const containerStatuses = [
    { state: { running: { startedAt: at(30) } } },
    {
      state: { running: { startedAt: at(40) } },
      lastState: { terminated: { startedAt: at(10) } },
    },
    { state: { terminated: { startedAt: at(20) } } },
  ];
  const of = (status: object) => firstStart({ status } as unknown as V1Pod);
  expect(of({ containerStatuses })).toBe(milliseconds(10));
  expect(of({})).toBeUndefined();
});

it.each([
  [[], false],
  [[{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }], false],
  [[{ key: 'team', effect: 'PreferNoSchedule' }], false],
  [[{ key: 'team', effect: 'NoSchedule' }], true],
])(
  'a node with the taints %j is tainted for a DaemonSet: %s',
  (taints, tainted) => {
    const node = nodeFact({ spec: { taints } } as unknown as V1Node);
    expect(node.tainted).toBe(tainted);
  },
);

it.each<[string, object, object, string]>([
  [
    'of its node group',
    { 'eks.amazonaws.com/nodegroup-image': 'ami-1' },
    {},
    'ami-1',
  ],
  [
    'of its system, on whatever processor',
    {},
    { kernelVersion: '6.1.119.x86_64' },
    'AL2023 6.1.119 v1.33',
  ],
  [
    'of the same on ARM',
    {},
    { kernelVersion: '6.1.119.aarch64' },
    'AL2023 6.1.119 v1.33',
  ],
])('the image of a node is that %s', (_, labels, info, image) => {
  const nodeInfo = { osImage: 'AL2023', kubeletVersion: 'v1.33', ...info };
  const node = { metadata: { labels }, status: { nodeInfo } };
  expect(nodeFact(node as V1Node).image).toBe(image);
});

describe('the DaemonSet of the agent', () => {
  const managed = (manager: string, fields: object, rest: object = {}) => ({
    manager,
    fieldsV1: { 'f:spec': { 'f:template': fields } },
    ...rest,
  });
  const spec = { 'f:spec': {} };
  const set = (managedFields: object[], pod: object = {}) =>
    daemonSetFact({
      metadata: { managedFields },
      spec: { template: { spec: pod } },
    } as unknown as V1DaemonSet);

  it('names who changed its pods after EKS, and not who restarted them', () => {
    const eks = managed('eks', spec);
    expect(
      set([
        eks,
        managed('kubectl-edit', spec),
        managed('kubectl-edit', spec),
        managed('kubectl-rollout', { 'f:metadata': {} }),
        managed('kube-controller-manager', spec, { subresource: 'status' }),
      ]).editors,
    ).toEqual(['kubectl-edit']);
    expect(set([managed('helm', spec)]).editors).toEqual([]);
    expect(set([eks]).editors).toEqual([]);
  });

  it('tolerates all taints only without a key and an effect', () => {
    const tolerations = (...all: object[]) =>
      set([], { tolerations: all }).placement.toleratesAll;
    expect(tolerations({ operator: 'Exists' })).toBe(true);
    expect(tolerations({ operator: 'Exists', key: 'a' })).toBe(false);
    expect(tolerations({ operator: 'Exists', effect: 'NoExecute' })).toBe(
      false,
    );
    expect(tolerations()).toBe(false);
  });
});

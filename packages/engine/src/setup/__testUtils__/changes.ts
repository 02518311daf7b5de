export type Workload = 'deployments' | 'statefulsets' | 'daemonsets';

/** What a thief of the write role changes of a workload, as a strategic merge, and what the policy says of it. */
export const CHANGES: [
  name: string,
  said: string,
  patch: any,
  of?: Workload,
][] = [
  ['its labels', 'its metadata', { metadata: { labels: null } }],
  [
    'patience',
    'its spec beside the template',
    { spec: { minReadySeconds: null } },
  ],
  ['a label', 'its metadata', { metadata: { labels: { a: 'b' } } }],
  [
    'a finalizer',
    'its metadata',
    { metadata: { finalizers: ['example.com/stay'] } },
  ],
  [
    'an owner',
    'its metadata',
    {
      metadata: {
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Node', name: 'a', uid: 'a' },
        ],
      },
    },
  ],
  [
    'an annotation',
    'its annotations',
    { metadata: { annotations: { a: 'b' } } },
  ],
  [
    'an annotation less',
    'its annotations',
    { metadata: { annotations: { kept: null } } },
  ],
  [
    'the count of templates',
    'its annotations',
    {
      metadata: {
        annotations: { 'deprecated.daemonset.template.generation': '9' },
      },
    },
    'deployments',
  ],
  [
    'replicas',
    'its spec beside the template',
    { spec: { replicas: 0 } },
    'deployments',
  ],
  [
    'replicas',
    'its spec beside the template',
    { spec: { replicas: 0 } },
    'statefulsets',
  ],
  [
    'its pause',
    'its spec beside the template',
    { spec: { paused: true } },
    'deployments',
  ],
  [
    'its strategy',
    'its spec beside the template',
    { spec: { strategy: { type: 'Recreate', rollingUpdate: null } } },
    'deployments',
  ],
  [
    'its strategy',
    'its spec beside the template',
    { spec: { updateStrategy: { type: 'OnDelete', rollingUpdate: null } } },
    'daemonsets',
  ],
  [
    'its patience',
    'its spec beside the template',
    { spec: { minReadySeconds: 6 } },
  ],
  [
    'its history',
    'its spec beside the template',
    { spec: { revisionHistoryLimit: 1 } },
  ],
  [
    'its image',
    'what its pods are',
    {
      spec: {
        template: { spec: { containers: [{ name: 'app', image: 'evil' }] } },
      },
    },
  ],
  [
    'its service account',
    'what its pods are',
    { spec: { template: { spec: { serviceAccountName: 'injected' } } } },
  ],
  [
    'a container more',
    'what its pods are',
    {
      spec: {
        template: { spec: { containers: [{ name: 'evil', image: 'evil' }] } },
      },
    },
  ],
  [
    'a selector of nodes less',
    'what its pods are',
    { spec: { template: { spec: { nodeSelector: null } } } },
  ],
  [
    'a label of its pods',
    'the metadata of its pods',
    { spec: { template: { metadata: { labels: { a: 'b' } } } } },
  ],
  [
    'an annotation of its pods',
    'another annotation of its pods',
    { spec: { template: { metadata: { annotations: { a: 'b' } } } } },
  ],
  [
    'an annotation of its pods less',
    'another annotation of its pods',
    { spec: { template: { metadata: { annotations: { kept: null } } } } },
  ],
  [
    'words in place of the time',
    'that annotation to something else than a time',
    {
      spec: {
        template: {
          metadata: {
            annotations: { 'kubectl.kubernetes.io/restartedAt': '$(env)' },
          },
        },
      },
    },
  ],
];

import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import { noEvidence } from 'backstage-plugin-eks-pod-identity-common';
import type { V1Pod } from '../../kubernetes/objects';
import { provenIn } from './proof';

const MADE = Date.parse('2026-11-29T10:00:00.000Z');
const pod = (workload: string, n: number): V1Pod => ({
  metadata: {
    name: `${workload}-${n}`,
    uid: `uid-${workload}-${n}`,
    namespace: 'shop',
    creationTimestamp: new Date(MADE) as any,
    ownerReferences: [
      { controller: true, kind: 'StatefulSet', name: workload } as any,
    ],
  },
  spec: {
    serviceAccountName: 'api',
    containers: [
      {
        name: 'app',
        env: [
          {
            name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
            value: 'http://169.254.170.23/v1/credentials',
          },
          {
            name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
            value:
              '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token',
          },
        ],
        volumeMounts: [
          {
            name: 'eks-pod-identity-token',
            mountPath: '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount',
          },
        ],
      },
    ],
    volumes: [
      {
        name: 'eks-pod-identity-token',
        projected: {
          sources: [
            {
              serviceAccountToken: {
                audience: 'pods.eks.amazonaws.com',
                path: 'eks-pod-identity-token',
              },
            },
          ],
        },
      },
    ],
  },
  status: { phase: 'Running' },
});
const PODS = [pod('checkout-api', 0), pod('checkout-worker', 0), pod('pay', 0)];
const seen = (name: string, seconds: number, uid?: string): Evidence => ({
  ...noEvidence('unread'),
  state: 'read',
  readFrom: '2026-11-22T10:00:00.000Z',
  readUntil: '2026-11-29T11:00:00.000Z',
  pods: [
    {
      name,
      ...(uid ? { uid } : {}),
      firstAt: new Date(MADE + seconds * 1_000).toISOString(),
      lastAt: new Date(MADE + seconds * 1_000).toISOString(),
      sessions: 1,
    },
  ],
});
const association = (disableSessionTags: boolean) =>
  ({ createdAt: MADE - 60_000, disableSessionTags } as Association);

it.each<[string, boolean, Evidence, string[]]>([
  [
    'the uid of a pod proves its workload',
    false,
    seen('checkout-api-0', 5, 'uid-checkout-api-0'),
    ['StatefulSet checkout-api'],
  ],
  [
    'the name of a pod proves nothing where AWS records uids',
    false,
    seen('checkout-api-0', 5),
    [],
  ],
  [
    'without session tags a name proves the one workload that has it',
    true,
    seen('pay-0', 5),
    ['StatefulSet pay'],
  ],
  [
    'a name that is cut off proves neither of two workloads',
    true,
    seen('checkout-…', 5),
    [],
  ],
  [
    'a pod that had the name before proves nothing',
    true,
    seen('pay-0', -30, 'uid-pay-0'),
    [],
  ],
])('%s', (_, tagsOff, evidence, proven) => {
  expect([...provenIn(PODS, evidence, association(tagsOff))]).toEqual(proven);
});

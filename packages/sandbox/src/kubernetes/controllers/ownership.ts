import { createHash } from 'node:crypto';
import { sortedJson } from '../api/strategy';
import { KubeObject, OwnerReference } from '../types';

export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find(owner => owner.controller);

export const ownerReference = (owner: KubeObject): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid!,
  controller: true,
  blockOwnerDeletion: true,
});

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Short hash of a pod template, for names and labels of its revision. */
export function templateHash(template: unknown, length = 10): string {
  const digest = createHash('sha256').update(sortedJson(template)).digest();
  return [...digest.subarray(0, length)]
    .map(byte => ALPHABET[byte % ALPHABET.length])
    .join('');
}

export const isReady = (pod: KubeObject) =>
  !pod.metadata.deletionTimestamp &&
  (pod.status?.conditions ?? []).some(
    (c: any) => c.type === 'Ready' && c.status === 'True',
  );

export const isActive = (pod: KubeObject) =>
  !pod.metadata.deletionTimestamp &&
  !['Succeeded', 'Failed'].includes(pod.status?.phase);

/** Creates a pod from a template. */
export function podFrom(
  template: any,
  owner: KubeObject,
  more: { labels?: Record<string, string>; name?: string } = {},
) {
  return {
    metadata: {
      name: more.name ?? '',
      ...(!more.name && { generateName: `${owner.metadata.name}-` }),
      labels: { ...template.metadata?.labels, ...more.labels },
      ...(template.metadata?.annotations && {
        annotations: template.metadata.annotations,
      }),
      ownerReferences: [ownerReference(owner)],
    },
    spec: template.spec,
  };
}

/** A number or a percentage of a total, such as `maxSurge` (rounded up) and `maxUnavailable` (rounded down). */
export function shareOf(
  value: number | string | undefined,
  total: number,
  up: boolean,
): number {
  if (typeof value === 'number' || value === undefined) {
    return value ?? 0;
  }
  const exact = (Number.parseFloat(value) / 100) * total;
  return up ? Math.ceil(exact) : Math.floor(exact);
}

import type { V1OwnerReference, V1Pod } from './objects';
import type { LiveWorkload } from './types';

export const HASH_LABEL = 'pod-template-hash';

/** A pod as the controller of a workload would make it, for a dry run: policies judge a pod without an owner otherwise. */
export function podOfTemplate(
  {
    template,
    volumeClaimTemplates = [],
  }: Pick<
    NonNullable<LiveWorkload['spec']>,
    'template' | 'volumeClaimTemplates'
  >,
  workload: {
    name: string;
    namespace: string;
    /** What the controller adds. */
    labels?: Record<string, string>;
    /** The one that the name of the pod begins with, where that is not the workload. */
    maker?: string;
    owners: V1OwnerReference[] | undefined;
  },
): V1Pod {
  const { name, namespace, labels, owners, maker = name } = workload;
  const { metadata, spec } = template ?? {};
  const claims = volumeClaimTemplates.map(claim => ({
    name: claim.metadata?.name ?? '',
    persistentVolumeClaim: { claimName: `${claim.metadata?.name}-${name}-0` },
  }));
  // The controller of a StatefulSet puts a claim in the place of a volume of its name.
  const others = (spec?.volumes ?? []).filter(volume =>
    claims.every(claim => claim.name !== volume.name),
  );
  return {
    metadata: {
      generateName: `${maker}-`,
      namespace,
      labels: { ...metadata?.labels, ...labels },
      annotations: metadata?.annotations,
      ownerReferences: owners,
    },
    spec: spec && { ...spec, volumes: [...claims, ...others] },
  };
}

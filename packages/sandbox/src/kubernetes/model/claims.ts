import { KubeObject } from '../types';

/** A template whose volumes are those of a pod of a StatefulSet: claims replace volumes of their names. */
export function withClaims(
  { template, volumeClaimTemplates = [] }: KubeObject['spec'],
  pod: string,
) {
  const claims = volumeClaimTemplates.map(({ metadata }: any) => ({
    name: metadata?.name,
    persistentVolumeClaim: { claimName: `${metadata?.name}-${pod}` },
  }));
  if (!claims.length) return template;
  const names = claims.map(({ name }: any) => name);
  const { volumes = [], ...spec } = template?.spec ?? {};
  const others = volumes.filter(({ name }: any) => !names.includes(name));
  return { ...template, spec: { ...spec, volumes: [...claims, ...others] } };
}

import { stringify } from 'yaml';
import type { V1ServiceAccount } from '../../kubernetes/objects';

/**
 * The service account as YAML, for a team that keeps its manifests in Git. It carries no label of the portal, because
 * the team owns what it applies. Pod Identity needs no annotation.
 */
export function serviceAccountManifest(ref: {
  namespace: string;
  serviceAccount: string;
}): string {
  const manifest: V1ServiceAccount = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: ref.serviceAccount, namespace: ref.namespace },
  };
  return stringify(manifest);
}

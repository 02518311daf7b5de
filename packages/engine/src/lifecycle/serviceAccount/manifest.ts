import { dumpYaml, type V1ServiceAccount } from '@kubernetes/client-node';

/**
 * The ServiceAccount as YAML, for a team that keeps its manifests in Git. It carries no label of the portal: what a
 * team applies is the team's. No annotation is needed for Pod Identity.
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
  return dumpYaml(manifest);
}

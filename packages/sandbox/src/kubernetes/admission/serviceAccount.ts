import { SandboxCore } from '../../core/contract';
import { AdmissionPlugin } from '../api/admission';
import { randomSuffix } from '../api/random';
import { resourceOf, storeKey } from '../model/resources';
import { forbidden } from '../model/status';
import { Store } from '../store/store';

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

const accessVolume = (name: string) => ({
  name,
  projected: {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      {
        configMap: {
          name: 'kube-root-ca.crt',
          items: [{ key: 'ca.crt', path: 'ca.crt' }],
        },
      },
      {
        downwardAPI: {
          items: [
            {
              path: 'namespace',
              fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' },
            },
          ],
        },
      },
    ],
  },
});

/** Requires that a pod's service account exists, and mounts its API token unless the pod opts out. */
export function serviceAccountAdmission(
  core: SandboxCore,
  store: Store,
): AdmissionPlugin {
  const serviceAccounts = resourceOf('serviceaccounts');
  return {
    name: 'ServiceAccount',
    admit({ operation, def, namespace, name, subresource, object }) {
      if (operation !== 'CREATE' || def.kind !== 'Pod' || subresource) {
        return;
      }
      const { spec } = object!;
      spec.serviceAccountName ||= 'default';
      spec.serviceAccount = spec.serviceAccountName;
      const account = store.get(
        storeKey(serviceAccounts),
        namespace,
        spec.serviceAccountName,
      );
      if (!account) {
        throw forbidden(
          def,
          name || object!.metadata.generateName,
          `error looking up service account ${namespace}/${spec.serviceAccountName}: serviceaccount "${spec.serviceAccountName}" not found`,
        );
      }
      if (!spec.imagePullSecrets && account.imagePullSecrets) {
        spec.imagePullSecrets = account.imagePullSecrets;
      }
      const automount =
        spec.automountServiceAccountToken ??
        account.automountServiceAccountToken ??
        true;
      if (automount) {
        mountToken(spec, `kube-api-access-${randomSuffix(core)}`);
      }
    },
  };
}

function mountToken(spec: any, volumeName: string) {
  let needed = false;
  for (const container of [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []),
  ]) {
    const mounts = (container.volumeMounts ??= []);
    if (!mounts.some((m: any) => m.mountPath === MOUNT_PATH)) {
      mounts.push({ name: volumeName, readOnly: true, mountPath: MOUNT_PATH });
      needed = true;
    }
  }
  if (needed) {
    (spec.volumes ??= []).push(accessVolume(volumeName));
  }
}

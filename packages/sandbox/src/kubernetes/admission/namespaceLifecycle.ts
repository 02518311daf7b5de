import { AdmissionPlugin } from '../api/admission';
import { resourceOf, storeKey } from '../model/resources';
import { forbidden, notFound } from '../model/status';
import { Store } from '../store/store';

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

/** Refuses creates in missing or terminating namespaces, and the deletion of system namespaces. */
export function namespaceLifecycle(store: Store): AdmissionPlugin {
  const namespaces = resourceOf('namespaces');
  return {
    name: 'NamespaceLifecycle',
    admit({ operation, def, namespace, name }) {
      if (
        operation === 'DELETE' &&
        def.kind === 'Namespace' &&
        IMMORTAL.has(name)
      ) {
        throw forbidden(def, name, 'this namespace may not be deleted');
      }
      if (operation !== 'CREATE' || !def.namespaced) {
        return;
      }
      const found = store.get(storeKey(namespaces), undefined, namespace!);
      if (!found) {
        throw notFound(namespaces, namespace!);
      }
      if (found.metadata.deletionTimestamp) {
        throw forbidden(
          def,
          name,
          `unable to create new content in namespace ${namespace} because it is being terminated`,
          [
            {
              reason: 'NamespaceTerminating',
              message: `namespace ${namespace} is being terminated`,
              field: 'metadata.namespace',
            },
          ],
        );
      }
    },
  };
}

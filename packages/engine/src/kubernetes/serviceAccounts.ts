import type { CoreV1Api } from '@kubernetes/client-node';
import { FIELD_MANAGER } from 'backstage-plugin-eks-pod-identity-common';
import { type Caller, found } from './caller';
import type { KubernetesApi } from './types';

type ServiceAccountCalls = Pick<
  KubernetesApi,
  | 'readNamespace'
  | 'createNamespace'
  | 'listNamespaces'
  | 'readServiceAccount'
  | 'listServiceAccounts'
  | 'createServiceAccount'
  | 'deleteServiceAccount'
>;

/** Calls about namespaces and service accounts. */
export function serviceAccountCalls(
  core: CoreV1Api,
  { run, items }: Caller,
): ServiceAccountCalls {
  return {
    readNamespace: (name, o) =>
      found(
        run(
          { verb: 'get', resource: 'namespaces', name },
          v => core.readNamespace({ name }, v),
          o,
        ),
      ),
    createNamespace: (body, o) =>
      run(
        { verb: 'create', resource: 'namespaces', name: body.metadata?.name },
        v => core.createNamespace({ body, fieldManager: FIELD_MANAGER }, v),
        o,
      ),
    listNamespaces: o =>
      items(
        { verb: 'list', resource: 'namespaces' },
        (page, v) => core.listNamespace(page, v),
        o,
      ),

    readServiceAccount: (namespace, name, o) =>
      found(
        run(
          { verb: 'get', resource: 'serviceaccounts', namespace, name },
          v => core.readNamespacedServiceAccount({ namespace, name }, v),
          o,
        ),
      ),
    listServiceAccounts: (namespace, o) =>
      items(
        { verb: 'list', resource: 'serviceaccounts', namespace },
        (page, v) =>
          core.listNamespacedServiceAccount({ namespace, ...page }, v),
        o,
      ),
    createServiceAccount: (body, o) => {
      const namespace = body.metadata?.namespace ?? '';
      return run(
        {
          verb: 'create',
          resource: 'serviceaccounts',
          namespace,
          name: body.metadata?.name,
        },
        v =>
          core.createNamespacedServiceAccount(
            { namespace, body, fieldManager: FIELD_MANAGER },
            v,
          ),
        o,
      );
    },
    deleteServiceAccount: async (namespace, name, preconditions, o) => {
      await found(
        run(
          { verb: 'delete', resource: 'serviceaccounts', namespace, name },
          v =>
            core.deleteNamespacedServiceAccount(
              {
                namespace,
                name,
                body: {
                  apiVersion: 'v1',
                  kind: 'DeleteOptions',
                  preconditions,
                },
              },
              v,
            ),
          o,
        ),
      );
    },
  };
}

import { FIELD_MANAGER } from 'backstage-plugin-eks-pod-identity-common';
import { AS_METADATA, type Caller, found } from './caller';
import type { KubernetesApi } from './types';

type ServiceAccountCalls = Pick<
  KubernetesApi,
  | 'readNamespace'
  | 'createNamespace'
  | 'namespaceNames'
  | 'namespacePages'
  | 'readServiceAccount'
  | 'serviceAccountNames'
  | 'listServiceAccounts'
  | 'selectServiceAccounts'
  | 'serviceAccountMetadataPages'
  | 'createServiceAccount'
  | 'deleteServiceAccount'
>;

/** Calls about namespaces and service accounts. */
export function serviceAccountCalls({
  run,
  read,
  items,
  names,
  pages,
}: Caller): ServiceAccountCalls {
  const resource = 'serviceaccounts';
  return {
    readNamespace: (name, o) => read({ resource: 'namespaces', name }, o),
    createNamespace: (body, o) =>
      run(
        { verb: 'create', resource: 'namespaces', name: body.metadata?.name },
        { body, query: { fieldManager: FIELD_MANAGER } },
        o,
      ),
    namespaceNames: o => names({ verb: 'list', resource: 'namespaces' }, o),
    namespacePages: o => pages({ verb: 'list', resource: 'namespaces' }, o),

    readServiceAccount: (namespace, name, o) =>
      read({ resource, namespace, name }, o),
    serviceAccountNames: (namespace, o) =>
      names({ verb: 'list', resource, namespace }, o),
    listServiceAccounts: (namespace, o) =>
      items({ verb: 'list', resource, namespace }, {}, o),
    selectServiceAccounts: ({ namespace, labelSelector }, o) =>
      items({ verb: 'list', resource, namespace }, { labelSelector }, o),
    serviceAccountMetadataPages: o =>
      pages({ verb: 'list', resource }, o, AS_METADATA),
    createServiceAccount: (body, o) => {
      const { namespace = '', name } = body.metadata ?? {};
      return run(
        { verb: 'create', resource, namespace, name },
        { body, query: { fieldManager: FIELD_MANAGER } },
        o,
      );
    },
    deleteServiceAccount: async (namespace, name, preconditions, o) => {
      await found(
        run(
          { verb: 'delete', resource, namespace, name },
          {
            body: {
              apiVersion: 'v1',
              kind: 'DeleteOptions',
              preconditions,
            },
          },
          o,
        ),
      );
    },
  };
}

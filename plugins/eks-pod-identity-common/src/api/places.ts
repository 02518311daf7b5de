import { z } from 'zod/v3';
import type { Place } from './endpoint';
import {
  clusterIdSchema,
  namespaceSchema,
  type ServiceAccountRef,
  serviceAccountRefSchema,
  serviceAccountSchema,
} from '../vocabulary/ref';
import { object } from '../vocabulary/schema';

/** An operation or a report. */
export const byId: Place<string> = {
  params: { id: z.string() },
  what: 'id',
  schema: z.string(),
  write: id => ({ id }),
  read: ({ id }) => id,
};

/** Whether there is such a cluster, the handler finds out. */
export const inCluster: Place<string> = {
  ...byId,
  params: { id: clusterIdSchema },
};

/** A namespace of a cluster. @public */
export interface NamespaceName {
  cluster: string;
  namespace: string;
}

export const inNamespace: Place<NamespaceName> = {
  params: { id: clusterIdSchema, namespace: namespaceSchema },
  what: 'namespace',
  schema: object<NamespaceName>({
    cluster: z.string(),
    namespace: namespaceSchema,
  }),
  write: ({ cluster, namespace }) => ({ id: cluster, namespace }),
  read: ({ id, namespace }) => ({ cluster: id, namespace }),
};

export const ofServiceAccount: Place<ServiceAccountRef> = {
  params: {
    cluster: clusterIdSchema,
    namespace: namespaceSchema,
    name: serviceAccountSchema,
  },
  what: 'service account',
  schema: serviceAccountRefSchema,
  write: ({ serviceAccount, ...within }) => ({
    ...within,
    name: serviceAccount,
  }),
  read: ({ name, ...within }) => ({ ...within, serviceAccount: name }),
};

/** The parts of an entity ref. @public */
export interface EntityName {
  kind: string;
  namespace: string;
  name: string;
}

export const ofEntity: Place<EntityName> = {
  params: { kind: z.string(), namespace: z.string(), name: z.string() },
  what: 'entity reference',
  schema: object<EntityName>({
    kind: z.string(),
    namespace: z.string(),
    name: z.string(),
  }),
  write: name => ({ ...name }),
  read: params => params,
};

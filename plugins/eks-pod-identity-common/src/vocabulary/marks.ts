/**
 * Ownership tags: AWS tags on everything this suite creates, set in the create call itself.
 *
 * @public
 */
export const MARK_TAGS = {
  managedBy: 'backstage.io/managed-by',
  portal: 'backstage.io/portal',
  cluster: 'backstage.io/eks-cluster',
  region: 'backstage.io/eks-region',
  namespace: 'backstage.io/k8s-namespace',
  serviceAccount: 'backstage.io/k8s-service-account',
  entityRef: 'backstage.io/entity-ref',
  entityUid: 'backstage.io/entity-uid',
  ownerRef: 'backstage.io/owner-ref',
  taskId: 'backstage.io/task-id',
} as const;

/** Value of the managed-by tag and label. @public */
export const MANAGED_BY = 'eks-pod-identity';

/** Label on every Kubernetes object this suite created. @public */
export const MANAGED_BY_LABEL = 'backstage.io/managed-by';

/** Ownership annotations on every Kubernetes object this suite created. @public */
export const KUBERNETES_MARK_ANNOTATIONS = {
  portal: 'backstage.io/portal',
  taskId: 'backstage.io/task-id',
} as const;

/** The suite's field manager in Kubernetes' managedFields. @public */
export const FIELD_MANAGER = 'backstage-eks-pod-identity';

/** Owner of a resource: `portal` created it for this ref, `addon` has an `ownerArn`, `external` is anything else. @public */
export type ResourceOwner = 'portal' | 'addon' | 'external';

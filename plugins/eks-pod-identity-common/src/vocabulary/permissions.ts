import {
  createPermission,
  Permission,
} from '@backstage/plugin-permission-common';

/** Resource type whose resourceRef is a service account ref. @public */
export const RESOURCE_TYPE_SERVICE_ACCOUNT = 'eks-pod-identity-service-account';

/** See an association, its reports and operations. @public */
export const associationReadPermission = createPermission({
  name: 'eks-pod-identity.association.read',
  attributes: { action: 'read' },
  resourceType: RESOURCE_TYPE_SERVICE_ACCOUNT,
});

/** Give a service account an AWS identity. @public */
export const associationCreatePermission = createPermission({
  name: 'eks-pod-identity.association.create',
  attributes: { action: 'create' },
  resourceType: RESOURCE_TYPE_SERVICE_ACCOUNT,
});

/** Change the role, policies or settings of an existing identity. @public */
export const associationUpdatePermission = createPermission({
  name: 'eks-pod-identity.association.update',
  attributes: { action: 'update' },
  resourceType: RESOURCE_TYPE_SERVICE_ACCOUNT,
});

/** Remove an AWS identity. @public */
export const associationDeletePermission = createPermission({
  name: 'eks-pod-identity.association.delete',
  attributes: { action: 'delete' },
  resourceType: RESOURCE_TYPE_SERVICE_ACCOUNT,
});

/** Start a verification, which may run a pod under the service account. @public */
export const verificationCreatePermission = createPermission({
  name: 'eks-pod-identity.verification.create',
  attributes: { action: 'create' },
  resourceType: RESOURCE_TYPE_SERVICE_ACCOUNT,
});

/** Install or remove the agent add-on, which touches the whole cluster. @public */
export const agentInstallPermission = createPermission({
  name: 'eks-pod-identity.agent.install',
  attributes: { action: 'create' },
  resourceType: RESOURCE_TYPE_SERVICE_ACCOUNT,
});

/** Restart the workloads of a service account, so that their pods receive its identity. @public */
export const workloadRestartPermission = createPermission({
  name: 'eks-pod-identity.workload.restart',
  attributes: { action: 'update' },
  resourceType: RESOURCE_TYPE_SERVICE_ACCOUNT,
});

/** Move a service account from IRSA to Pod Identity. @public */
export const migrationCreatePermission = createPermission({
  name: 'eks-pod-identity.migration.create',
  attributes: { action: 'create' },
  resourceType: RESOURCE_TYPE_SERVICE_ACCOUNT,
});

/** Take a service account that was moved back to IRSA. @public */
export const migrationRollbackPermission = createPermission({
  name: 'eks-pod-identity.migration.rollback',
  attributes: { action: 'delete' },
  resourceType: RESOURCE_TYPE_SERVICE_ACCOUNT,
});

/** Remove an identity whose component has left the catalog; only administrators may. @public */
export const orphanRemovePermission = createPermission({
  name: 'eks-pod-identity.orphan.remove',
  attributes: { action: 'delete' },
  resourceType: RESOURCE_TYPE_SERVICE_ACCOUNT,
});

/** Use the suite's pages, pickers and registry actions. @public */
export const podIdentityUsePermission = createPermission({
  name: 'eks-pod-identity.use',
  attributes: {},
});

/** See what the portal's own setup on the clusters lacks, and have it tried again; only administrators may. @public */
export const setupReadPermission = createPermission({
  name: 'eks-pod-identity.setup.read',
  attributes: { action: 'read' },
});

/** Have the portal look at a whole cluster now. @public */
export const clusterSweepPermission = createPermission({
  name: 'eks-pod-identity.cluster.sweep',
  attributes: { action: 'update' },
});

/** Permissions without a resource. @public */
export const basicPermissions = [
  podIdentityUsePermission,
  setupReadPermission,
  clusterSweepPermission,
];

/** All resource permissions of the service account resource type. @public */
export const serviceAccountPermissions = [
  associationReadPermission,
  associationCreatePermission,
  associationUpdatePermission,
  associationDeletePermission,
  verificationCreatePermission,
  agentInstallPermission,
  workloadRestartPermission,
  migrationCreatePermission,
  migrationRollbackPermission,
  orphanRemovePermission,
];

/** Every permission of the suite. @public */
export const podIdentityPermissions: Permission[] = [
  ...serviceAccountPermissions,
  ...basicPermissions,
];

import { InputError } from '@backstage/errors';
import type { ResourcePermission } from '@backstage/plugin-permission-common';
import {
  agentInstallPermission,
  associationCreatePermission,
  associationDeletePermission,
  associationReadPermission,
  associationUpdatePermission,
  migrationCreatePermission,
  migrationRollbackPermission,
  orphanRemovePermission,
  type PlanRequest,
  type StartOperation,
  verificationCreatePermission,
  workloadRestartPermission,
} from 'backstage-plugin-eks-pod-identity-common';

interface Wanted {
  permission: ResourcePermission;
  /** Said when it is missing; without it the permission is optional. */
  refusal?: string;
}

/** What a request needs, the permission that it is about first. @param ref - as it is written */
export function wantedPermissions(
  request: StartOperation | PlanRequest,
  ref: string,
): Wanted[] {
  switch (request.kind) {
    case 'associate':
      return [
        {
          permission: associationCreatePermission,
          refusal: `You are not allowed to set up an AWS identity for ${ref}`,
        },
        // Without it the engine shows nothing of an identity that is there
        { permission: associationReadPermission },
        {
          permission: associationUpdatePermission,
          refusal: request.input.replaceRole
            ? `You are not allowed to replace the role of ${ref}`
            : undefined,
        },
        ...(request.input.restartWorkloads
          ? [
              {
                permission: workloadRestartPermission,
                refusal: `You are not allowed to restart the workloads of ${ref}`,
              },
            ]
          : []),
        ...(request.input.installAgent === false
          ? []
          : [
              {
                permission: agentInstallPermission,
                refusal: request.input.installAgent
                  ? `You are not allowed to install the Pod Identity agent on ${request.input.clusterName}`
                  : undefined,
              },
            ]),
      ];
    case 'verify':
      return [
        {
          permission: verificationCreatePermission,
          refusal: `You are not allowed to verify ${ref}`,
        },
        {
          permission: associationReadPermission,
          refusal: `You are not allowed to see the AWS identity of ${ref}, nor a report about it`,
        },
      ];
    case 'teardown':
      return [
        {
          permission: associationDeletePermission,
          refusal: `You are not allowed to remove the AWS identity of ${ref}`,
        },
        ...(request.input.entityRef
          ? []
          : [
              {
                permission: orphanRemovePermission,
                refusal: `You are not allowed to remove the AWS identity of ${ref} without naming its component`,
              },
            ]),
        { permission: associationReadPermission },
        ...(request.input.removeAgent
          ? [
              {
                permission: agentInstallPermission,
                refusal: `You are not allowed to remove the Pod Identity agent from ${request.input.clusterName}`,
              },
            ]
          : []),
      ];
    case 'restart':
      return [
        {
          permission: workloadRestartPermission,
          refusal: `You are not allowed to restart the workloads of ${ref}`,
        },
        {
          permission: associationReadPermission,
          refusal: `You are not allowed to see the AWS identity of ${ref}, nor which of its pods need a restart`,
        },
        // Without it the restart is not verified at its end
        { permission: verificationCreatePermission },
      ];
    case 'migrate':
      return [
        {
          permission: migrationCreatePermission,
          refusal: `You are not allowed to move ${ref} from IRSA to Pod Identity`,
        },
        ...(request.input.until === 'moved'
          ? [
              {
                permission: workloadRestartPermission,
                refusal: `You are not allowed to restart the workloads of ${ref}`,
              },
            ]
          : []),
        // Without it the move is not verified at its end
        ...(request.input.until === 'moved' ||
        request.input.until === 'finished'
          ? [{ permission: verificationCreatePermission }]
          : []),
        {
          permission: associationReadPermission,
          refusal: `You are not allowed to see the AWS identity of ${ref}, nor how its move stands`,
        },
      ];
    case 'rollback':
      return [
        {
          permission: migrationRollbackPermission,
          refusal: `You are not allowed to take ${ref} back to IRSA`,
        },
        {
          permission: associationReadPermission,
          refusal: `You are not allowed to see the AWS identity of ${ref}, nor how its move stands`,
        },
      ];
    default:
      throw new InputError(
        `Unknown kind of operation: ${(request as { kind: string }).kind}`,
      );
  }
}

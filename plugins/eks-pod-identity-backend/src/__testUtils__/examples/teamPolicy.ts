import {
  AuthorizeResult,
  isResourcePermission,
} from '@backstage/plugin-permission-common';
import type { PermissionPolicy } from '@backstage/plugin-permission-node';
import {
  createPodIdentityConditionalDecision,
  podIdentityConditions,
} from 'backstage-plugin-eks-pod-identity-backend';
import { RESOURCE_TYPE_SERVICE_ACCOUNT } from 'backstage-plugin-eks-pod-identity-common';

/** group:default/payments may work in the namespaces payments and payments-*; everybody who is signed in may read. */
export const teamPolicy: PermissionPolicy = {
  async handle({ permission }, user) {
    if (!user) return { result: AuthorizeResult.DENY };
    // What your policy says of everything else
    if (!isResourcePermission(permission, RESOURCE_TYPE_SERVICE_ACCOUNT)) {
      return { result: AuthorizeResult.ALLOW };
    }
    if (permission.attributes.action === 'read') {
      return { result: AuthorizeResult.ALLOW };
    }
    const namespaces = user.info.ownershipEntityRefs
      .filter(ref => ref.startsWith('group:default/'))
      .map(ref => ref.slice('group:default/'.length))
      .flatMap(team => [team, `${team}-*`]);
    return createPodIdentityConditionalDecision(
      permission,
      podIdentityConditions.isInNamespace({ namespaces }),
    );
  },
};

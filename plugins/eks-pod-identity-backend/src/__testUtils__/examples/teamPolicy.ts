import { createBackendModule } from '@backstage/backend-plugin-api';
import {
  AuthorizeResult,
  isPermission,
  isResourcePermission,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import type {
  PolicyQuery,
  PolicyQueryUser,
} from '@backstage/plugin-permission-node';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';
import {
  createPodIdentityConditionalDecision,
  podIdentityConditions,
} from 'backstage-plugin-eks-pod-identity-backend';
import {
  associationReadPermission,
  RESOURCE_TYPE_SERVICE_ACCOUNT,
} from 'backstage-plugin-eks-pod-identity-common';

/** group:default/payments may work in the namespaces payments and payments-*; everybody who is signed in may read. */
async function handle(
  { permission }: PolicyQuery,
  user?: PolicyQueryUser,
): Promise<PolicyDecision> {
  if (!user) return { result: AuthorizeResult.DENY };
  if (
    isPermission(permission, associationReadPermission) ||
    !isResourcePermission(permission, RESOURCE_TYPE_SERVICE_ACCOUNT)
  ) {
    // What your policy says of everything else
    return { result: AuthorizeResult.ALLOW };
  }
  const names = user.info.ownershipEntityRefs
    .filter(ref => ref.startsWith('group:default/'))
    .map(ref => ref.slice('group:default/'.length));
  return createPodIdentityConditionalDecision(
    permission,
    podIdentityConditions.isInNamespace({
      namespaces: names.flatMap(name => [name, `${name}-*`]),
    }),
  );
}

export default createBackendModule({
  pluginId: 'permission',
  moduleId: 'team-policy',
  register(env) {
    env.registerInit({
      deps: { policy: policyExtensionPoint },
      async init({ policy }) {
        policy.setPolicy({ handle });
      },
    });
  },
});

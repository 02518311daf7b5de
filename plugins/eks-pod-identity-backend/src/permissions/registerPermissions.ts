import type { PermissionsRegistryService } from '@backstage/backend-plugin-api';
import type {
  PermissionCondition,
  PermissionCriteria,
} from '@backstage/plugin-permission-common';
import {
  createConditionAuthorizer,
  createConditionTransformer,
} from '@backstage/plugin-permission-node';
import {
  basicPermissions,
  type ServiceAccountRef,
  serviceAccountPermissions,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { type Store, tryParseRef } from '../store';
import type { ConditionJudge } from './Authorizer';
import type { FleetCriteria } from '../store/criteria';
import {
  type ServiceAccountResource,
  serviceAccountResourceRef,
  serviceAccountRules,
} from './permissionRules';

/**
 * Registers the permissions and their resource type. A resource is a value, not a row: every well-formed reference
 * resolves, so that a policy can also judge the creation of something that does not exist yet.
 */
export function registerPermissions(
  registry: PermissionsRegistryService,
  store: Pick<Store, 'owners'>,
) {
  registry.addResourceType({
    resourceRef: serviceAccountResourceRef,
    permissions: serviceAccountPermissions,
    rules: Object.values(serviceAccountRules),
    getResources: resourceRefs => resourcesOf(resourceRefs, store),
  });
  registry.addPermissions(basicPermissions);
}

async function resourcesOf(
  resourceRefs: string[],
  store: Pick<Store, 'owners'>,
): Promise<(ServiceAccountResource | undefined)[]> {
  const refs = resourceRefs.map(tryParseRef);
  const owners = await store.owners.findMany(
    refs.filter((ref): ref is ServiceAccountRef => ref !== undefined),
  );
  return refs.map(
    ref =>
      ref && {
        ...ref,
        ownerRefs: owners.get(stringifyServiceAccountRef(ref))?.ownerRefs ?? [],
      },
  );
}

/** How conditional decisions of the policy are used; the resource type must be registered. */
export function serviceAccountDecisions(
  registry: PermissionsRegistryService,
  store: Pick<Store, 'owners'>,
): ConditionJudge & {
  toCriteria(
    conditions: PermissionCriteria<PermissionCondition>,
  ): FleetCriteria;
} {
  const rules = registry.getPermissionRuleset(serviceAccountResourceRef);
  return {
    toCriteria: createConditionTransformer(rules),
    isAllowed: createConditionAuthorizer(rules),
    resourcesOf: resourceRefs => resourcesOf(resourceRefs, store),
  };
}

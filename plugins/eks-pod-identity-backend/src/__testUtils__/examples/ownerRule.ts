import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import {
  createConditionFactory,
  createPermissionRule,
} from '@backstage/plugin-permission-node';
import { serviceAccountResourceRef } from 'backstage-plugin-eks-pod-identity-backend';
import { z } from 'zod/v3';

/** Before the first association an identity has no owner: a namespace with the name of the team counts too. */
const isOfTeam = createPermissionRule({
  name: 'IS_OF_TEAM',
  description: 'Allow what the team owns, and namespaces of its own',
  resourceRef: serviceAccountResourceRef,
  paramsSchema: z.object({ team: z.string() }),
  // One service account, which need not have an identity yet
  apply: ({ namespace, ownerRefs }, { team }) =>
    ownerRefs.includes(`group:default/${team}`) || namespace === team,
  // The same for lists, which are read from the database
  toQuery: ({ team }) => ({
    anyOf: [
      { key: 'owner' as const, values: [`group:default/${team}`] },
      { key: 'namespace' as const, values: [team] },
    ],
  }),
});

/** For a policy: `createPodIdentityConditionalDecision(permission, ofTeam({ team: 'payments' }))`. */
export const ofTeam = createConditionFactory(isOfTeam);

export default createBackendModule({
  pluginId: 'eks-pod-identity',
  moduleId: 'owner-rule',
  register(env) {
    env.registerInit({
      deps: { permissions: coreServices.permissionsRegistry },
      async init({ permissions }) {
        permissions.addPermissionRules([isOfTeam]);
      },
    });
  },
});

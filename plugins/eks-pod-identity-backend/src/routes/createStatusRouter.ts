import type {
  HttpAuthService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  accessEndpoints,
  choiceEndpoints,
  documentEndpoints,
  entityRefSchema,
  fleetEndpoints,
  identityEndpoints,
  serviceAccountRefSchema,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type express from 'express';
import Router from 'express-promise-router';
import { checksPage, permissionsPage } from 'eks-pod-identity-engine/portal';
import type { Authorizer } from '../permissions/Authorizer';
import { requireEntity } from '../permissions/EntityDirectory';
import type { UsageQueries } from '../evidence/UsageQueries';
import type { PickerOptions } from '../status/PickerOptions';
import type { FreshLooks } from '../sweep/FreshLooks';
import type { RoleChoices } from '../status/RoleChoices';
import type { ProposedTargets } from '../status/ProposedTargets';
import type { Access } from '../status/Access';
import type { Fleet } from '../status/Fleet';
import type { Identities } from '../status/Identities';
import type { Moves } from '../status/Moves';
import type { RolePermissions } from '../status/RolePermissions';
import { failureHandler } from './failures';
import { serve } from './serve';
import { cleanAddress, parseInput } from './validate';

export interface StatusRouterOptions {
  access: Access;
  moves: Moves;
  rolePermissions: RolePermissions;
  logger: LoggerService;
  httpAuth: HttpAuthService;
  catalog: CatalogService;
  authorizer: Authorizer;
  identities: Identities;
  fresh: Pick<FreshLooks, 'opened'>;
  fleet: Fleet;
  pickers: PickerOptions;
  uses: UsageQueries;
  proposals: ProposedTargets;
  roles: RoleChoices;
}

const entityRefOf = (at: { kind: string; namespace: string; name: string }) =>
  parseInput(
    entityRefSchema,
    `${at.kind}:${at.namespace}/${at.name}`,
    'entity reference',
  );

/** What pages and forms read. */
export function createStatusRouter(
  options: StatusRouterOptions,
): express.Router {
  const router = Router();
  router.use(cleanAddress);
  serveIdentities(router, options);
  serveFleet(router, options);
  serveAccess(router, options);
  serveChoices(router, options);
  serveDocuments(router, options);
  router.use(failureHandler(options.logger));
  return router;
}

function serveIdentities(router: express.Router, options: StatusRouterOptions) {
  const { authorizer, catalog, fresh, identities, rolePermissions, uses } =
    options;
  serve(router, options, identityEndpoints, {
    async getIdentity({ at, caller }) {
      return identities.ofRef(at, caller);
    },

    async getPermissions({ at, caller }) {
      return rolePermissions.of(at, caller);
    },

    async getUse({ at, caller }) {
      await authorizer.requireRead(at, caller);
      return uses.of(at, caller, { refresh: false });
    },

    async refreshUse({ at, caller }) {
      await authorizer.requireRead(at, caller);
      return uses.of(at, caller, { refresh: true });
    },

    async getEntityIdentities({ at, caller }) {
      const entityRef = entityRefOf(at);
      const loading = requireEntity(catalog, entityRef, caller);
      const answer = await identities.ofEntity({ entityRef, loading }, caller);
      const looks = fresh.opened(answer.identities);
      for (const identity of answer.identities) {
        if (looks.has(stringifyServiceAccountRef(identity.ref))) {
          identity.looking = true;
        }
      }
      return answer;
    },
  });
}

function serveFleet(router: express.Router, options: StatusRouterOptions) {
  const { fleet } = options;
  serve(router, options, fleetEndpoints, {
    async listAssociations({ query, caller }) {
      const { cursor, limit, sort, order, ...filter } = query;
      const page = {
        cursor,
        limit: limit ?? 50,
        sort: { by: sort ?? 'status', descending: order === 'desc' },
      };
      return fleet.associations(filter, page, caller);
    },

    async listCauses({ query, caller }) {
      const { cursor: _, limit: __, sort: ___, order: ____, ...filter } = query;
      return { items: await fleet.causes(filter, caller) };
    },

    async listClusters({ caller }) {
      return { items: await fleet.clusters(caller) };
    },
  });
}

function serveAccess(router: express.Router, options: StatusRouterOptions) {
  const { access, moves } = options;
  serve(router, options, accessEndpoints, {
    async listAccess({ query, caller }) {
      const { cursor, limit, sort, order, ...filter } = query;
      const descending = order === 'desc';
      const page = { cursor, limit: limit ?? 50, sort, descending };
      return access.list(filter, page, caller);
    },

    async getAccessProgress({ query, caller }) {
      return access.progress(query, caller);
    },

    async listMoveRecords({ caller }) {
      return { items: await moves.records(caller) };
    },

    async planMove({ at, caller }) {
      return moves.plan(at, caller);
    },
  });
}

function serveChoices(router: express.Router, options: StatusRouterOptions) {
  const { catalog, pickers, proposals, roles } = options;
  serve(router, options, choiceEndpoints, {
    async listNamespaces({ at, caller }) {
      return { items: await pickers.namespaces(at, caller) };
    },

    async listServiceAccounts({ at: { cluster, namespace }, caller }) {
      const items = await pickers.serviceAccounts(cluster, namespace, caller);
      return { items };
    },

    async listServiceAccountChoices({ at: { cluster, namespace }, caller }) {
      return { items: await pickers.choices(cluster, namespace, caller) };
    },

    async listRoleChoices({ at, query, caller }) {
      const { entityRef, serviceAccount, q = '' } = query;
      const ref = parseInput(
        serviceAccountRefSchema,
        { ...at, serviceAccount },
        'service account',
      );
      const loading = () => requireEntity(catalog, entityRef, caller);
      return roles.of(ref, loading, q, caller);
    },

    async getProposals({ at, caller }) {
      const entity = await requireEntity(catalog, entityRefOf(at), caller);
      return proposals.of(entity, caller);
    },

    async listPolicies({ query, caller }) {
      return { items: await pickers.policies(query, caller) };
    },
  });
}

function serveDocuments(router: express.Router, options: StatusRouterOptions) {
  const { authorizer } = options;
  serve(router, options, documentEndpoints, {
    async getChecksPage({ caller }) {
      await authorizer.decide([], caller, { forPage: true });
      return { markdown: checksPage() };
    },

    async getPermissionsPage({ caller }) {
      await authorizer.decide([], caller, { forPage: true });
      return { markdown: permissionsPage() };
    },
  });
}

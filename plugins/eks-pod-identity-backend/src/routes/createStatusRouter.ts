import type {
  HttpAuthService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  associationPageSchema,
  associationSortSchema,
  associationUseSchema,
  checksPageSchema,
  permissionsPageSchema,
  clustersSchema,
  entityIdentitiesSchema,
  entityRefSchema,
  identitySchema,
  identityStatusSchema,
  namespaceSchema,
  policyChoiceSchema,
  proposalsSchema,
  roleChoicesSchema,
  serviceAccountChoiceSchema,
  serviceAccountRefSchema,
  serviceAccountSchema,
  stringifyServiceAccountRef,
  useOfIdentitySchema,
} from 'backstage-plugin-eks-pod-identity-common';
import type express from 'express';
import type { Request, Response } from 'express';
import Router from 'express-promise-router';
import { z } from 'zod/v3';
import { checksPage, permissionsPage } from 'eks-pod-identity-engine/portal';
import type { Authorizer } from '../permissions/Authorizer';
import { requireEntity } from '../permissions/EntityDirectory';
import { alreadyShown, Reader } from '../permissions/Reader';
import type { UsageQueries } from '../evidence/UsageQueries';
import type { PickerOptions } from '../status/PickerOptions';
import type { FreshLooks } from '../sweep/FreshLooks';
import type { RoleChoices } from '../status/RoleChoices';
import type { ProposedTargets } from '../status/ProposedTargets';
import type { Fleet } from '../status/Fleet';
import type { Identities } from '../status/Identities';
import { databaseErrorHandler } from './databaseErrors';
import type { Caller } from '../permissions/caller';
import { sendCacheable } from './http';
import { cleanAddress, parseInput } from './validate';

export interface StatusRouterOptions {
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

const flag = z
  .enum(['true', 'false'])
  .transform(value => value === 'true')
  .optional();

export const fleetQuerySchema = z
  .object({
    cluster: z.string().max(100).optional(),
    status: identityStatusSchema.optional(),
    owner: z.enum(['portal', 'addon', 'external']).optional(),
    ownedBy: entityRefSchema.optional(),
    orphan: flag,
    drift: flag,
    use: associationUseSchema.optional(),
    q: z.string().max(200).optional(),
    sort: associationSortSchema.optional(),
    order: z.enum(['asc', 'desc']).optional(),
    cursor: z.string().max(1000).optional(),
    limit: z.coerce.number().int().min(1).max(200).optional(),
  })
  .strict();

export const policyQuerySchema = z
  .object({
    q: z.string().max(200).optional(),
    cluster: z.string().max(100).optional(),
  })
  .strict();

export const roleQuerySchema = z
  .object({
    entityRef: entityRefSchema,
    serviceAccount: serviceAccountSchema,
    q: z.string().max(200).optional(),
  })
  .strict();

export const namesSchema = z.object({ items: z.array(z.string()) });

/** What pages and forms read: parse, authorise, hand on. */
export function createStatusRouter(
  options: StatusRouterOptions,
): express.Router {
  const { authorizer, catalog, fleet, httpAuth, identities, logger } = options;
  const { pickers, proposals, roles, uses } = options;
  const router = Router();
  router.use(cleanAddress);
  const callerOf = (request: Request): Promise<Caller> =>
    httpAuth.credentials(request, { allow: ['user', 'service'] });

  const entityRefOf = (req: Request): string => {
    const { kind, namespace, name } = req.params;
    return parseInput(
      entityRefSchema,
      `${kind}:${namespace}/${name}`,
      'entity reference',
    );
  };

  router.get('/v1/entities/:kind/:namespace/:name', async (req, res) => {
    const caller = await callerOf(req);
    const entityRef = entityRefOf(req);
    const loading = requireEntity(catalog, entityRef, caller);
    const answer = await identities.ofEntity({ entityRef, loading }, caller);
    const looks = options.fresh.opened(answer.identities);
    for (const identity of answer.identities) {
      if (looks.has(stringifyServiceAccountRef(identity.ref))) {
        identity.looking = true;
      }
    }
    const reader = new Reader({ authorizer, catalog, logger }, caller);
    const shown = await reader.show(
      entityIdentitiesSchema,
      entityIdentitiesSchema.parse(answer),
    );
    sendCacheable(req, res, shown, caller);
  });

  router.get(
    '/v1/service-accounts/:cluster/:namespace/:name',
    async (req, res) => {
      const caller = await callerOf(req);
      const { cluster, namespace, name } = req.params;
      const ref = parseInput(
        serviceAccountRefSchema,
        { cluster, namespace, serviceAccount: name },
        'service account',
      );
      const identity = await identities.ofRef(ref, caller);
      const reader = new Reader({ authorizer, catalog, logger }, caller);
      const shown = await reader.show(
        identitySchema,
        identitySchema.parse(identity),
      );
      sendCacheable(req, res, shown, caller);
    },
  );

  const useOf = async (req: Request, res: Response, refresh: boolean) => {
    const caller = await callerOf(req);
    const { cluster, namespace, name } = req.params;
    const ref = parseInput(
      serviceAccountRefSchema,
      { cluster, namespace, serviceAccount: name },
      'service account',
    );
    await authorizer.requireRead(ref, caller);
    const use = await uses.of(ref, caller, { refresh });
    const shown = alreadyShown(useOfIdentitySchema.parse(use));
    if (refresh) res.json(shown);
    else sendCacheable(req, res, shown, caller);
  };
  const usePath = '/v1/service-accounts/:cluster/:namespace/:name/use';
  router.get(usePath, (req, res) => useOf(req, res, false));
  router.post(usePath, (req, res) => useOf(req, res, true));

  router.get('/v1/associations', async (req, res) => {
    const caller = await callerOf(req);
    const { cursor, limit, sort, order, ...query } = parseInput(
      fleetQuerySchema,
      req.query,
      'query',
    );
    const page = await fleet.associations(
      query,
      {
        cursor,
        limit: limit ?? 50,
        sort: { by: sort ?? 'status', descending: order === 'desc' },
      },
      caller,
    );
    sendCacheable(
      req,
      res,
      alreadyShown(associationPageSchema.parse(page)),
      caller,
    );
  });

  router.get('/v1/clusters', async (req, res) => {
    const caller = await callerOf(req);
    const items = await fleet.clusters(caller);
    sendCacheable(
      req,
      res,
      alreadyShown(clustersSchema.parse({ items })),
      caller,
    );
  });

  router.get('/v1/clusters/:id/namespaces', async (req, res) => {
    const caller = await callerOf(req);
    const items = await pickers.namespaces(req.params.id, caller);
    sendCacheable(req, res, alreadyShown(namesSchema.parse({ items })), caller);
  });

  router.get(
    '/v1/clusters/:id/namespaces/:namespace/service-accounts',
    async (req, res) => {
      const caller = await callerOf(req);
      const namespace = parseInput(
        namespaceSchema,
        req.params.namespace,
        'namespace',
      );
      const items = await pickers.serviceAccounts(
        req.params.id,
        namespace,
        caller,
      );
      sendCacheable(
        req,
        res,
        alreadyShown(namesSchema.parse({ items })),
        caller,
      );
    },
  );

  router.get(
    '/v1/clusters/:id/namespaces/:namespace/service-account-choices',
    async (req, res) => {
      const caller = await callerOf(req);
      const namespace = parseInput(
        namespaceSchema,
        req.params.namespace,
        'namespace',
      );
      const items = await pickers.choices(req.params.id, namespace, caller);
      sendCacheable(
        req,
        res,
        alreadyShown(
          z
            .object({ items: z.array(serviceAccountChoiceSchema) })
            .parse({ items }),
        ),
        caller,
      );
    },
  );

  router.get(
    '/v1/clusters/:id/namespaces/:namespace/role-choices',
    async (req, res) => {
      const caller = await callerOf(req);
      const {
        entityRef,
        serviceAccount,
        q = '',
      } = parseInput(roleQuerySchema, req.query, 'query');
      const ref = parseInput(
        serviceAccountRefSchema,
        {
          cluster: req.params.id,
          namespace: req.params.namespace,
          serviceAccount,
        },
        'service account',
      );
      const answer = await roles.of(
        ref,
        () => requireEntity(catalog, entityRef, caller),
        q,
        caller,
      );
      sendCacheable(
        req,
        res,
        alreadyShown(roleChoicesSchema.parse(answer)),
        caller,
      );
    },
  );

  router.get(
    '/v1/entities/:kind/:namespace/:name/proposals',
    async (req, res) => {
      const caller = await callerOf(req);
      const entity = await requireEntity(catalog, entityRefOf(req), caller);
      const answer = await proposals.of(entity, caller);
      sendCacheable(
        req,
        res,
        alreadyShown(proposalsSchema.parse(answer)),
        caller,
      );
    },
  );

  router.get('/v1/policies', async (req, res) => {
    const caller = await callerOf(req);
    const query = parseInput(policyQuerySchema, req.query, 'query');
    const items = await pickers.policies(query, caller);
    sendCacheable(
      req,
      res,
      alreadyShown(
        z.object({ items: z.array(policyChoiceSchema) }).parse({ items }),
      ),
      caller,
    );
  });

  router.get('/v1/docs/checks', async (req, res) => {
    const caller = await callerOf(req);
    await authorizer.decide([], caller, { forPage: true });
    const page = checksPageSchema.parse({ markdown: checksPage() });
    sendCacheable(req, res, alreadyShown(page), caller);
  });

  router.get('/v1/docs/permissions', async (req, res) => {
    const caller = await callerOf(req);
    await authorizer.decide([], caller, { forPage: true });
    const page = permissionsPageSchema.parse({ markdown: permissionsPage() });
    sendCacheable(req, res, alreadyShown(page), caller);
  });

  router.use(databaseErrorHandler(logger));
  return router;
}

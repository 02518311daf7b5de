import type { LoggerService } from '@backstage/backend-plugin-api';
import type { HttpAuthService } from '@backstage/backend-plugin-api';
import {
  clusterSetupSchema,
  clusterSweepPermission,
  setupReadPermission,
  setupSchema,
  sweepStartedSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clusters } from 'eks-pod-identity-engine';
import type express from 'express';
import type { Request } from 'express';
import Router from 'express-promise-router';
import type { Administrators } from '../permissions/Administrators';
import type { Authorizer } from '../permissions/Authorizer';
import { type Caller, initiatorOf } from '../permissions/caller';
import {
  type ClusterVisibility,
  pickCluster,
} from '../permissions/ClusterVisibility';
import { alreadyShown } from '../permissions/Reader';
import type { PortalFindings } from '../setup/PortalFindings';
import type { Setups } from '../setup/Setups';
import type { SweepOrders } from '../sweep/SweepOrders';
import { databaseErrorHandler } from './databaseErrors';
import { sendCacheable, sendJson } from './http';
import { cleanAddress } from './validate';

export interface ClusterRouterOptions {
  administrators: Pick<Administrators, 'require'>;
  authorizer: Pick<Authorizer, 'requireBasic'>;
  clusters: Clusters;
  findings: Pick<PortalFindings, 'all'>;
  httpAuth: HttpAuthService;
  logger: LoggerService;
  setups: Setups;
  sweeps: SweepOrders;
  visibility: Pick<ClusterVisibility, 'of'>;
}

/** What concerns a whole cluster: the portal's own set-up there, and looking at it now. */
export function createClusterRouter(
  options: ClusterRouterOptions,
): express.Router {
  const { administrators, authorizer, clusters, httpAuth, setups } = options;
  const router = Router();
  router.use(cleanAddress);
  const callerOf = (request: Request): Promise<Caller> =>
    httpAuth.credentials(request, { allow: ['user', 'service'] });

  /** Answers name roles and rights of the portal, so that they are for those who can mend them. */
  const readerOf = async (request: Request): Promise<Caller> => {
    const caller = await callerOf(request);
    await authorizer.requireBasic(
      'You may not see the set-up of the portal',
      setupReadPermission,
      caller,
    );
    await administrators.require(
      caller,
      'The set-up names roles and rights of the portal: only an administrator of this portal (eksPodIdentity.administrators) sees it',
    );
    return caller;
  };

  router.get('/v1/setup', async (req, res) => {
    const caller = await readerOf(req);
    const answer = setupSchema.parse({
      portal: await options.findings.all(),
      clusters: await setups.all(clusters.list()),
    });
    sendCacheable(req, res, alreadyShown(answer), caller);
  });

  router.get('/v1/clusters/:id/setup', async (req, res) => {
    const caller = await readerOf(req);
    const cluster = pickCluster(req.params.id, clusters.list());
    const answer = clusterSetupSchema.parse(await setups.of(cluster));
    sendCacheable(req, res, alreadyShown(answer), caller);
  });

  router.post('/v1/clusters/:id/setup', async (req, res) => {
    const caller = await readerOf(req);
    const cluster = pickCluster(req.params.id, clusters.list());
    const key = initiatorOf(caller).name;
    const answer = await setups.look(cluster, { lane: 'person', key });
    sendJson(res, alreadyShown(clusterSetupSchema.parse(answer)));
  });

  router.post('/v1/clusters/:id/sweep', async (req, res) => {
    const caller = await callerOf(req);
    await authorizer.requireBasic(
      'You may not have a cluster looked at',
      clusterSweepPermission,
      caller,
    );
    const visible = await options.visibility.of(caller, { forPage: true });
    const { id } = pickCluster(req.params.id, visible);
    const started = await options.sweeps.order(id);
    res.status(202);
    sendJson(
      res,
      alreadyShown(sweepStartedSchema.parse({ cluster: id, started })),
    );
  });

  router.use(databaseErrorHandler(options.logger));
  return router;
}

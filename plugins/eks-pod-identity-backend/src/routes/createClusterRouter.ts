import type { LoggerService } from '@backstage/backend-plugin-api';
import type { HttpAuthService } from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  clusterEndpoints,
  clusterSweepPermission,
  setupReadPermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clusters } from 'eks-pod-identity-engine';
import type express from 'express';
import Router from 'express-promise-router';
import type { Administrators } from '../permissions/Administrators';
import type { Authorizer } from '../permissions/Authorizer';
import { type Caller, initiatorOf } from '../permissions/caller';
import {
  type ClusterVisibility,
  pickCluster,
} from '../permissions/ClusterVisibility';
import type { PortalFindings } from '../setup/PortalFindings';
import type { Setups } from '../setup/Setups';
import type { SweepOrders } from '../sweep/SweepOrders';
import { failureHandler } from './failures';
import { serve } from './serve';
import { cleanAddress } from './validate';

export interface ClusterRouterOptions {
  administrators: Pick<Administrators, 'require'>;
  authorizer: Pick<Authorizer, 'readable' | 'requireBasic'>;
  catalog: CatalogService;
  clusters: Clusters;
  findings: Pick<PortalFindings, 'all'>;
  httpAuth: HttpAuthService;
  logger: LoggerService;
  setups: Setups;
  sweeps: SweepOrders;
  visibility: Pick<ClusterVisibility, 'of'>;
}

/** What concerns a whole cluster: the portal's own setup there, and looking at it now. */
export function createClusterRouter(
  options: ClusterRouterOptions,
): express.Router {
  const { administrators, authorizer, clusters, setups } = options;
  const router = Router();
  router.use(cleanAddress);

  /** Answers name roles and rights of the portal, so that they are for those who can fix them. */
  const requireReader = async (caller: Caller): Promise<void> => {
    await authorizer.requireBasic(
      'You are not allowed to see the setup of the portal',
      setupReadPermission,
      caller,
    );
    await administrators.require(
      caller,
      'The setup names roles and rights of the portal: only an administrator of this portal (eksPodIdentity.administrators) sees it',
    );
  };

  serve(router, options, clusterEndpoints, {
    async sweepCluster({ at, caller }) {
      await authorizer.requireBasic(
        'You are not allowed to start a sweep',
        clusterSweepPermission,
        caller,
      );
      const visible = await options.visibility.of(caller, { forPage: true });
      const { id } = pickCluster(at, visible);
      return { cluster: id, started: await options.sweeps.order(id) };
    },

    async getSetup({ caller }) {
      await requireReader(caller);
      return {
        portal: await options.findings.all(),
        clusters: await setups.all(clusters.list()),
      };
    },

    async getClusterSetup({ at, caller }) {
      await requireReader(caller);
      return setups.of(pickCluster(at, clusters.list()));
    },

    async refreshClusterSetup({ at, caller }) {
      await requireReader(caller);
      const cluster = pickCluster(at, clusters.list());
      const key = initiatorOf(caller).name;
      return setups.look(cluster, { lane: 'person', key });
    },
  });

  router.use(failureHandler(options.logger));
  return router;
}

import type {
  SchedulerService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import type express from 'express';
import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { EngineConfig } from 'eks-pod-identity-engine';
import type { EvidenceReader } from '../evidence/EvidenceReader';
import { EvidenceView } from '../evidence/EvidenceView';
import { UsageQueries } from '../evidence/UsageQueries';
import type { Administrators } from '../permissions/Administrators';
import type { EntityDirectory } from '../permissions/EntityDirectory';
import { Records } from '../permissions/Records';
import { SweepOrders } from '../sweep/SweepOrders';
import {
  type ClusterRouterOptions,
  createClusterRouter,
} from './createClusterRouter';
import { createRouter, type RouterOptions } from './createRouter';
import {
  createStatusRouter,
  type StatusRouterOptions,
} from './createStatusRouter';

interface Sources {
  administrators: Administrators;
  config: EngineConfig;
  entities: EntityDirectory;
  /** Undefined where the use of identities is not read. */
  reader: EvidenceReader | undefined;
  scheduler: SchedulerService;
  userInfo: UserInfoService;
  /** The use of an identity was read: its cards ask again. */
  onUseChanged(ref: ServiceAccountRef): Promise<void>;
}

/** Everything that the plugin answers over HTTP. */
export function createRouters(
  options: Sources &
    Omit<RouterOptions, 'records'> &
    Omit<StatusRouterOptions, 'uses'> &
    Omit<ClusterRouterOptions, 'sweeps'>,
): express.Router[] {
  const { authorizer, clusters, reader, scheduler, store } = options;
  const view = new EvidenceView({ authorizer, clusters });
  const changed = options.onUseChanged;
  return [
    createRouter({ ...options, records: new Records(options) }),
    createStatusRouter({
      ...options,
      uses: new UsageQueries({ changed, clusters, reader, store, view }),
    }),
    createClusterRouter({
      ...options,
      sweeps: new SweepOrders({
        leases: store.leases,
        states: store.clusterStates,
        scheduler,
      }),
    }),
  ];
}

import { SandboxCore } from '../../core/contract';
import { InternalClient } from './client';
import { DeploymentController } from './deployments';
import { EventRecorder } from './events';
import { JobController } from './jobs';
import { ReplicaSetController } from './replicaSets';
import { StatefulSetController } from './statefulSets';

/** The controllers of all kinds that own pods, except DaemonSets. CronJobs are stored but never start a Job. */
export const workloadControllers = (
  core: SandboxCore,
  client: InternalClient,
  events: EventRecorder,
) => [
  new DeploymentController(core, client, events),
  new ReplicaSetController(core, client, events),
  new StatefulSetController(core, client, events),
  new JobController(core, client, events),
];

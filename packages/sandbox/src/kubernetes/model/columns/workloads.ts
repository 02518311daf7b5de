import { KubeObject } from '../../types';
import {
  ageColumn,
  Column,
  column,
  containersColumn,
  humanDuration,
  imagesColumn,
  labelMap,
  nameColumn,
  selectorColumn,
} from './column';

const integer = (name: string, value: Column['value']) =>
  column(name, value, { type: 'integer' });

export const deploymentColumns: Column[] = [
  nameColumn,
  column(
    'Ready',
    o => `${o.status?.readyReplicas ?? 0}/${o.spec.replicas ?? 1}`,
  ),
  integer('Up-to-date', o => o.status?.updatedReplicas ?? 0),
  integer('Available', o => o.status?.availableReplicas ?? 0),
  ageColumn,
  containersColumn,
  imagesColumn,
  selectorColumn,
];

export const replicaSetColumns: Column[] = [
  nameColumn,
  integer('Desired', o => o.spec.replicas ?? 1),
  integer('Current', o => o.status?.replicas ?? 0),
  integer('Ready', o => o.status?.readyReplicas ?? 0),
  ageColumn,
  containersColumn,
  imagesColumn,
  selectorColumn,
];

export const statefulSetColumns: Column[] = [
  nameColumn,
  column(
    'Ready',
    o => `${o.status?.readyReplicas ?? 0}/${o.spec.replicas ?? 1}`,
  ),
  ageColumn,
  containersColumn,
  imagesColumn,
];

export const daemonSetColumns: Column[] = [
  nameColumn,
  integer('Desired', o => o.status?.desiredNumberScheduled ?? 0),
  integer('Current', o => o.status?.currentNumberScheduled ?? 0),
  integer('Ready', o => o.status?.numberReady ?? 0),
  integer('Up-to-date', o => o.status?.updatedNumberScheduled ?? 0),
  integer('Available', o => o.status?.numberAvailable ?? 0),
  column('Node Selector', o => labelMap(o.spec.template?.spec?.nodeSelector)),
  ageColumn,
  containersColumn,
  imagesColumn,
  selectorColumn,
];

const hasCondition = (o: KubeObject, type: string) =>
  (o.status?.conditions ?? []).some(
    (c: any) => c.type === type && c.status === 'True',
  );

function jobStatus(job: KubeObject): string {
  if (hasCondition(job, 'Complete')) return 'Complete';
  if (hasCondition(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp) return 'Terminating';
  return hasCondition(job, 'Suspended') ? 'Suspended' : 'Running';
}

export const jobColumns: Column[] = [
  nameColumn,
  column('Status', jobStatus),
  column(
    'Completions',
    o => `${o.status?.succeeded ?? 0}/${o.spec.completions ?? 1}`,
  ),
  column('Duration', (o, now) => {
    if (!o.status?.startTime) return '';
    const end = o.status.completionTime
      ? Date.parse(o.status.completionTime)
      : now;
    return humanDuration(end - Date.parse(o.status.startTime));
  }),
  ageColumn,
  containersColumn,
  imagesColumn,
  selectorColumn,
];

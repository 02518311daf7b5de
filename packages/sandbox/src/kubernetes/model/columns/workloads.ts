import {
  ageColumn,
  Column,
  column,
  containersColumn,
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

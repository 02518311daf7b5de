import { KubeObject } from '../../types';
import {
  ageColumn,
  Column,
  column,
  containersColumn,
  createdAtColumn,
  humanDuration,
  imagesColumn,
  labelMap,
  nameColumn,
  selectorColumn,
  selectorText,
  since,
  wide,
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

export const cronJobColumns: Column[] = [
  nameColumn,
  column('Schedule', o => o.spec.schedule),
  column('Timezone', o => o.spec.timeZone ?? '<none>'),
  column('Suspend', o => (o.spec.suspend ? 'True' : 'False')),
  integer('Active', o => (o.status?.active ?? []).length),
  column('Last Schedule', (o, now) =>
    o.status?.lastScheduleTime
      ? since(o.status.lastScheduleTime, now)
      : '<none>',
  ),
  ageColumn,
  containersColumn,
  imagesColumn,
  wide('Selector', () => '<none>'),
];

export const roleColumns: Column[] = [nameColumn, createdAtColumn];

const subjects = (kind: string) => (o: KubeObject) =>
  (o.subjects ?? [])
    .filter((s: any) => s.kind === kind)
    .map((s: any) => (s.namespace ? `${s.namespace}/${s.name}` : s.name))
    .join(', ');

export const bindingColumns: Column[] = [
  nameColumn,
  column('Role', o => `${o.roleRef?.kind}/${o.roleRef?.name}`),
  ageColumn,
  wide('Users', subjects('User')),
  wide('Groups', subjects('Group')),
  wide('ServiceAccounts', subjects('ServiceAccount')),
];

export const webhookConfigurationColumns: Column[] = [
  nameColumn,
  integer('Webhooks', o => (o.webhooks ?? []).length),
  ageColumn,
];

export const admissionPolicyColumns: Column[] = [
  nameColumn,
  integer('Validations', o => (o.spec?.validations ?? []).length),
  column('ParamKind', o =>
    o.spec?.paramKind
      ? `${o.spec.paramKind.apiVersion}/${o.spec.paramKind.kind}`
      : '<unset>',
  ),
  ageColumn,
];

export const admissionPolicyBindingColumns: Column[] = [
  nameColumn,
  column('PolicyName', o => o.spec?.policyName ?? ''),
  column('ParamRef', o => o.spec?.paramRef?.name ?? '<unset>'),
  ageColumn,
];

export const networkPolicyColumns: Column[] = [
  nameColumn,
  column('Pod-Selector', o => selectorText(o.spec?.podSelector)),
  ageColumn,
];

export const podDisruptionBudgetColumns: Column[] = [
  nameColumn,
  column('Min Available', o => String(o.spec?.minAvailable ?? 'N/A')),
  column('Max Unavailable', o => String(o.spec?.maxUnavailable ?? 'N/A')),
  integer('Allowed Disruptions', o => o.status?.disruptionsAllowed ?? 0),
  ageColumn,
];

export const leaseColumns: Column[] = [
  nameColumn,
  column('Holder', o => o.spec?.holderIdentity ?? ''),
  ageColumn,
];

export const priorityClassColumns: Column[] = [
  nameColumn,
  integer('Value', o => o.value ?? 0),
  column('Global-Default', o => String(o.globalDefault ?? false)),
  ageColumn,
  wide('PreemptionPolicy', o => o.preemptionPolicy ?? 'PreemptLowerPriority'),
];

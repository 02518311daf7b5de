import { KubeObject } from '../../types';
import { ageColumn, Column, column, nameColumn, since, wide } from './column';

export const namespaceColumns: Column[] = [
  nameColumn,
  column('Status', o => o.status?.phase ?? 'Active'),
  ageColumn,
];

function readiness(condition: { status: string } | undefined): string {
  if (!condition) return 'Unknown';
  return condition.status === 'True' ? 'Ready' : 'NotReady';
}

function nodeStatus(node: KubeObject): string {
  const ready = (node.status?.conditions ?? []).find(
    (c: any) => c.type === 'Ready',
  );
  const words = [readiness(ready)];
  if (node.spec?.unschedulable) words.push('SchedulingDisabled');
  return words.join(',');
}

const address = (node: KubeObject, type: string) =>
  (node.status?.addresses ?? []).find((a: any) => a.type === type)?.address ??
  '<none>';

const nodeInfo = (field: string) => (node: KubeObject) =>
  node.status?.nodeInfo?.[field] ?? '<unknown>';

const ROLE_LABEL = 'node-role.kubernetes.io/';

export const nodeColumns: Column[] = [
  nameColumn,
  column('Status', nodeStatus),
  column('Roles', node => {
    const roles = Object.keys(node.metadata.labels ?? {})
      .filter(key => key.startsWith(ROLE_LABEL))
      .map(key => key.slice(ROLE_LABEL.length));
    return roles.length ? roles.sort().join(',') : '<none>';
  }),
  ageColumn,
  column('Version', node => node.status?.nodeInfo?.kubeletVersion ?? ''),
  wide('Internal-IP', node => address(node, 'InternalIP')),
  wide('External-IP', node => address(node, 'ExternalIP')),
  wide('OS-Image', nodeInfo('osImage')),
  wide('Kernel-Version', nodeInfo('kernelVersion')),
  wide('Container-Runtime', nodeInfo('containerRuntimeVersion')),
];

const seen = (event: KubeObject, now: number) => {
  const last = event.series?.lastObservedTime ?? event.lastTimestamp;
  const first = event.firstTimestamp ?? event.eventTime;
  const times = event.series?.count ?? event.count ?? 1;
  return times > 1 && last
    ? `${since(last, now)} (x${times} over ${since(first, now)})`
    : since(last ?? first, now);
};

export const eventColumns: Column[] = [
  column('Last Seen', seen),
  column('Type', e => e.type ?? 'Normal'),
  column('Reason', e => e.reason ?? ''),
  column('Object', e => {
    const { kind, name } = e.involvedObject ?? {};
    return name
      ? `${String(kind).toLowerCase()}/${name}`
      : String(kind).toLowerCase();
  }),
  wide('Subobject', e => e.involvedObject?.fieldPath ?? ''),
  wide('Source', e =>
    [e.source?.component, e.source?.host].filter(Boolean).join(', '),
  ),
  column('Message', e => String(e.message ?? '').trim()),
  wide('First Seen', (e, now) => since(e.firstTimestamp ?? e.eventTime, now)),
  wide('Count', e => e.count ?? 1),
  wide('Name', e => e.metadata.name),
];

import * as core from './columns/core';
import { Column, DEFAULT_COLUMNS } from './columns/column';
import { podColumns } from './columns/pods';
import * as workloads from './columns/workloads';
import { ResourceDef, Subresource } from './resourceDef';
import resources from './apiResources.json';

const ALL_VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

const status = ({ kind, group }: Short): Subresource => ({
  name: 'status',
  group,
  version: 'v1',
  kind,
  verbs: ['get', 'patch', 'update'],
});

const COLUMNS: Record<string, Column[]> = {
  events: core.eventColumns,
  namespaces: core.namespaceColumns,
  nodes: core.nodeColumns,
  pods: podColumns,
  daemonsets: workloads.daemonSetColumns,
  deployments: workloads.deploymentColumns,
};

const FIELDS: Record<string, ResourceDef['fields']> = {
  pods: pod => ({
    'spec.nodeName': pod.spec?.nodeName ?? '',
    'spec.restartPolicy': pod.spec?.restartPolicy ?? '',
    'spec.schedulerName': pod.spec?.schedulerName ?? '',
    'spec.serviceAccountName': pod.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': String(pod.spec?.hostNetwork ?? false),
    'status.phase': pod.status?.phase ?? '',
    'status.podIP': pod.status?.podIP ?? '',
    'status.nominatedNodeName': pod.status?.nominatedNodeName ?? '',
  }),
  events: event => {
    const involved = event.involvedObject ?? {};
    return {
      'involvedObject.kind': involved.kind ?? '',
      'involvedObject.namespace': involved.namespace ?? '',
      'involvedObject.name': involved.name ?? '',
      'involvedObject.uid': involved.uid ?? '',
      'involvedObject.apiVersion': involved.apiVersion ?? '',
      'involvedObject.resourceVersion': involved.resourceVersion ?? '',
      'involvedObject.fieldPath': involved.fieldPath ?? '',
      reason: event.reason ?? '',
      reportingComponent: event.reportingComponent ?? '',
      source: event.source?.component ?? '',
      type: event.type ?? '',
    };
  },
  namespaces: ns => ({ 'status.phase': ns.status?.phase ?? '' }),
  nodes: node => ({
    'spec.unschedulable': String(node.spec?.unschedulable ?? false),
  }),
  secrets: secret => ({ type: secret.type ?? '' }),
  replicasets: rs => ({
    'status.replicas': String(rs.status?.replicas ?? 0),
  }),
  jobs: job => ({ 'status.successful': String(job.status?.succeeded ?? 0) }),
};

/** What differs from one resource to the next. */
type Short = Partial<ResourceDef> &
  Pick<ResourceDef, 'group' | 'resource' | 'kind'> & { hasStatus?: boolean };

/** Every resource that the API servers serve, core group first. */
export const RESOURCES: ResourceDef[] = (resources as Short[]).map(
  ({ hasStatus, ...rest }) => ({
    version: 'v1',
    singular: rest.kind.toLowerCase(),
    namespaced: true,
    verbs: ALL_VERBS,
    schema: `V1${rest.kind}`,
    columns: rest.virtual ? [] : COLUMNS[rest.resource] ?? DEFAULT_COLUMNS,
    fields: FIELDS[rest.resource],
    ...rest,
    subresources: [
      ...(hasStatus ? [status(rest)] : []),
      ...(rest.subresources ?? []),
    ],
  }),
);

import { KubeObject } from '../types';
import * as core from './columns/core';
import { DEFAULT_COLUMNS } from './columns/column';
import { podColumns } from './columns/pods';
import * as workloads from './columns/workloads';
import { ResourceDef, Subresource } from './resourceDef';

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

const status = (kind: string, group: string): Subresource => ({
  name: 'status',
  group,
  version: 'v1',
  kind,
  verbs: ['get', 'patch', 'update'],
});

const scale: Subresource = {
  name: 'scale',
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  verbs: ['get', 'patch', 'update'],
};

type Short = Partial<ResourceDef> &
  Pick<ResourceDef, 'resource' | 'kind'> & { hasStatus?: boolean };

function define(group: string, short: Short): ResourceDef {
  const { hasStatus, ...rest } = short;
  return {
    group,
    version: 'v1',
    singular: rest.kind.toLowerCase(),
    namespaced: true,
    verbs: ALL_VERBS,
    schema: `V1${rest.kind}`,
    columns: DEFAULT_COLUMNS,
    ...rest,
    subresources: [
      ...(hasStatus ? [status(rest.kind, group)] : []),
      ...(rest.subresources ?? []),
    ],
  };
}

const review = (group: string, resource: string, kind: string) =>
  define(group, {
    resource,
    kind,
    columns: [],
    namespaced: false,
    verbs: ['create'],
    virtual: true,
  });

const podFields = (pod: KubeObject) => ({
  'spec.nodeName': pod.spec?.nodeName ?? '',
  'spec.restartPolicy': pod.spec?.restartPolicy ?? '',
  'spec.schedulerName': pod.spec?.schedulerName ?? '',
  'spec.serviceAccountName': pod.spec?.serviceAccountName ?? '',
  'spec.hostNetwork': String(pod.spec?.hostNetwork ?? false),
  'status.phase': pod.status?.phase ?? '',
  'status.podIP': pod.status?.podIP ?? '',
  'status.nominatedNodeName': pod.status?.nominatedNodeName ?? '',
});

const eventFields = (event: KubeObject) => {
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
};

const podSubresources: Subresource[] = [
  {
    name: 'attach',
    group: '',
    version: 'v1',
    kind: 'PodAttachOptions',
    verbs: ['create', 'get'],
  },
  {
    name: 'exec',
    group: '',
    version: 'v1',
    kind: 'PodExecOptions',
    verbs: ['create', 'get'],
  },
  {
    name: 'binding',
    group: '',
    version: 'v1',
    kind: 'Binding',
    verbs: ['create'],
  },
  {
    name: 'ephemeralcontainers',
    group: '',
    version: 'v1',
    kind: 'Pod',
    verbs: ['get', 'patch', 'update'],
  },
  {
    name: 'eviction',
    group: 'policy',
    version: 'v1',
    kind: 'Eviction',
    verbs: ['create'],
  },
  { name: 'log', group: '', version: 'v1', kind: 'Pod', verbs: ['get'] },
];

const token: Subresource = {
  name: 'token',
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  verbs: ['create'],
};

const finalize: Subresource = {
  name: 'finalize',
  group: '',
  version: 'v1',
  kind: 'Namespace',
  verbs: ['update'],
};

const AUTHZ = 'authorization.k8s.io';
const AUTHN = 'authentication.k8s.io';
const RBAC = 'rbac.authorization.k8s.io';
const ADMISSION = 'admissionregistration.k8s.io';

/** Every resource that the API servers serve, core group first. */
export const RESOURCES: ResourceDef[] = [
  define('', {
    resource: 'configmaps',
    kind: 'ConfigMap',
    shortNames: ['cm'],
  }),
  define('', {
    resource: 'events',
    kind: 'Event',
    shortNames: ['ev'],
    columns: core.eventColumns,
    schema: 'CoreV1Event',
    fields: eventFields,
  }),
  define('', {
    resource: 'limitranges',
    kind: 'LimitRange',
    shortNames: ['limits'],
  }),
  define('', {
    resource: 'namespaces',
    kind: 'Namespace',
    shortNames: ['ns'],
    namespaced: false,
    columns: core.namespaceColumns,
    hasStatus: true,
    subresources: [finalize],
    fields: ns => ({ 'status.phase': ns.status?.phase ?? '' }),
  }),
  define('', {
    resource: 'nodes',
    kind: 'Node',
    shortNames: ['no'],
    namespaced: false,
    columns: core.nodeColumns,
    hasStatus: true,
    fields: node => ({
      'spec.unschedulable': String(node.spec?.unschedulable ?? false),
    }),
  }),
  define('', {
    resource: 'pods',
    kind: 'Pod',
    shortNames: ['po'],
    categories: ['all'],
    columns: podColumns,
    hasStatus: true,
    subresources: podSubresources,
    fields: podFields,
  }),
  define('', {
    resource: 'resourcequotas',
    kind: 'ResourceQuota',
    shortNames: ['quota'],
    hasStatus: true,
  }),
  define('', {
    resource: 'secrets',
    kind: 'Secret',
    fields: secret => ({ type: secret.type ?? '' }),
  }),
  define('', {
    resource: 'serviceaccounts',
    kind: 'ServiceAccount',
    shortNames: ['sa'],
    subresources: [token],
  }),
  define('', {
    resource: 'services',
    kind: 'Service',
    shortNames: ['svc'],
    categories: ['all'],
    hasStatus: true,
  }),
  define('apps', {
    resource: 'controllerrevisions',
    kind: 'ControllerRevision',
  }),
  define('apps', {
    resource: 'daemonsets',
    kind: 'DaemonSet',
    shortNames: ['ds'],
    categories: ['all'],
    columns: workloads.daemonSetColumns,
    hasStatus: true,
  }),
  define('apps', {
    resource: 'deployments',
    kind: 'Deployment',
    shortNames: ['deploy'],
    categories: ['all'],
    columns: workloads.deploymentColumns,
    hasStatus: true,
    subresources: [scale],
  }),
  define('apps', {
    resource: 'replicasets',
    kind: 'ReplicaSet',
    shortNames: ['rs'],
    categories: ['all'],
    hasStatus: true,
    subresources: [scale],
    fields: rs => ({ 'status.replicas': String(rs.status?.replicas ?? 0) }),
  }),
  define('apps', {
    resource: 'statefulsets',
    kind: 'StatefulSet',
    shortNames: ['sts'],
    categories: ['all'],
    hasStatus: true,
    subresources: [scale],
  }),
  define('batch', {
    resource: 'cronjobs',
    kind: 'CronJob',
    shortNames: ['cj'],
    categories: ['all'],
    hasStatus: true,
  }),
  define('batch', {
    resource: 'jobs',
    kind: 'Job',
    categories: ['all'],
    hasStatus: true,
    fields: job => ({
      'status.successful': String(job.status?.succeeded ?? 0),
    }),
  }),
  define(RBAC, {
    resource: 'clusterrolebindings',
    kind: 'ClusterRoleBinding',
    namespaced: false,
  }),
  define(RBAC, {
    resource: 'clusterroles',
    kind: 'ClusterRole',
    namespaced: false,
  }),
  define(RBAC, {
    resource: 'rolebindings',
    kind: 'RoleBinding',
  }),
  define(RBAC, {
    resource: 'roles',
    kind: 'Role',
  }),
  define(ADMISSION, {
    resource: 'mutatingwebhookconfigurations',
    kind: 'MutatingWebhookConfiguration',
    categories: ['api-extensions'],
    namespaced: false,
  }),
  define(ADMISSION, {
    resource: 'validatingadmissionpolicies',
    kind: 'ValidatingAdmissionPolicy',
    categories: ['api-extensions'],
    namespaced: false,
    hasStatus: true,
  }),
  define(ADMISSION, {
    resource: 'validatingadmissionpolicybindings',
    kind: 'ValidatingAdmissionPolicyBinding',
    categories: ['api-extensions'],
    namespaced: false,
  }),
  define(ADMISSION, {
    resource: 'validatingwebhookconfigurations',
    kind: 'ValidatingWebhookConfiguration',
    categories: ['api-extensions'],
    namespaced: false,
  }),
  define('networking.k8s.io', {
    resource: 'networkpolicies',
    kind: 'NetworkPolicy',
    singular: 'networkpolicy',
    shortNames: ['netpol'],
  }),
  review(AUTHZ, 'selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
  review(AUTHZ, 'selfsubjectrulesreviews', 'SelfSubjectRulesReview'),
  review(AUTHN, 'selfsubjectreviews', 'SelfSubjectReview'),
];

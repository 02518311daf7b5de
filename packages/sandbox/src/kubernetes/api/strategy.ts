import { FIXED_IN_STATUS } from '../patch/fieldSets';
import { KubeObject, ManagedFieldsEntry } from '../types';
import { TEMPLATE_GENERATION } from '../validation/defaults';

/** Kinds with a generation that counts changes of the spec. */
const WITH_GENERATION = new Set([
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'NetworkPolicy',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);

/** The status of a new object: what its fields are in Go, where some are written when they are zero. */
const FIRST_STATUS: Record<string, object> = {
  CronJob: {},
  DaemonSet: {
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
  },
  Deployment: {},
  Job: {},
  ReplicaSet: { replicas: 0 },
  ResourceQuota: {},
  Service: { loadBalancer: {} },
  StatefulSet: { replicas: 0, availableReplicas: 0 },
  ValidatingAdmissionPolicy: {},
};

const POD_QOS_RESOURCES = ['cpu', 'memory'];

function qosClass(spec: any): string {
  const containers: any[] = [
    ...spec.containers,
    ...(spec.initContainers ?? []),
  ];
  const parts = containers.flatMap(c => [
    c.resources?.limits ?? {},
    c.resources?.requests ?? {},
  ]);
  if (
    parts.every(part => POD_QOS_RESOURCES.every(r => part[r] === undefined))
  ) {
    return 'BestEffort';
  }
  const guaranteed = containers.every(c =>
    POD_QOS_RESOURCES.every(
      r =>
        c.resources?.limits?.[r] !== undefined &&
        c.resources.limits[r] === c.resources.requests?.[r],
    ),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** Services that have no address inside the cluster. */
const hasAddress = ({ type, clusterIP }: any) =>
  type !== 'ExternalName' && clusterIP !== 'None';

/** Gives a new Service its address, from the range that EKS uses beside a VPC in 10.0.0.0/8. */
export function giveAddress({ spec }: KubeObject, random: () => number): void {
  if (!hasAddress(spec)) {
    return;
  }
  const octet = () => 1 + Math.floor(random() * 254);
  spec.clusterIP ??= `172.20.${octet()}.${octet()}`;
  spec.clusterIPs ??= [spec.clusterIP];
  spec.ipFamilies ??= ['IPv4'];
  spec.ipFamilyPolicy ??= 'SingleStack';
}

const same = (a: unknown, b: unknown) =>
  JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

function countTemplates(
  { kind, metadata, spec }: KubeObject,
  before?: KubeObject,
) {
  if (kind !== 'DaemonSet') {
    return;
  }
  const last = Number(before?.metadata.annotations?.[TEMPLATE_GENERATION] ?? 0);
  const changed = !same(spec.template, before?.spec.template);
  metadata.annotations = {
    ...metadata.annotations,
    [TEMPLATE_GENERATION]: String(changed ? last + 1 : last),
  };
}

/** Sets the fields that the API server writes into a new object; drops the client's status. */
export function prepareForCreate(object: KubeObject): void {
  delete object.status;
  if (WITH_GENERATION.has(object.kind)) {
    object.metadata.generation = 1;
  }
  if (object.kind === 'Pod') {
    object.status = { phase: 'Pending', qosClass: qosClass(object.spec) };
  }
  if (object.kind === 'Namespace') {
    object.spec = { ...object.spec, finalizers: ['kubernetes'] };
    object.status = { phase: 'Active' };
  }
  const status = FIRST_STATUS[object.kind];
  if (status) {
    object.status = { ...status };
  }
  countTemplates(object);
  if (object.kind === 'Job' && !object.spec.selector) {
    const labels = {
      'batch.kubernetes.io/controller-uid': object.metadata.uid!,
      'batch.kubernetes.io/job-name': object.metadata.name,
      'controller-uid': object.metadata.uid!,
      'job-name': object.metadata.name,
    };
    object.spec.selector = {
      matchLabels: {
        'batch.kubernetes.io/controller-uid': object.metadata.uid,
      },
    };
    object.spec.template.metadata.labels = {
      ...object.spec.template.metadata.labels,
      ...labels,
    };
    object.metadata.labels ??= { ...object.spec.template.metadata.labels };
  }
}

/** What generation counts: webhook configurations have no spec. */
const specOf = ({ spec, webhooks }: KubeObject) => spec ?? webhooks;

/** Carries over the fields that an update cannot change, and counts changes of the spec. */
export function prepareForUpdate(
  object: KubeObject,
  before: KubeObject,
  subresource?: string,
): void {
  const { metadata } = object;
  const old = before.metadata;
  metadata.uid = old.uid;
  metadata.name = old.name;
  metadata.namespace = old.namespace;
  metadata.creationTimestamp = old.creationTimestamp;
  metadata.deletionTimestamp = old.deletionTimestamp;
  metadata.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds;
  metadata.generation = old.generation;
  metadata.resourceVersion = old.resourceVersion;
  if (old.generateName) {
    metadata.generateName = old.generateName;
  }
  if (subresource !== 'status' && before.status !== undefined) {
    object.status = before.status;
  }
  countTemplates(object, before);
  if (object.kind === 'Namespace' && subresource !== 'finalize') {
    object.spec = before.spec;
  }
  if (
    WITH_GENERATION.has(object.kind) &&
    !same(specOf(object), specOf(before))
  ) {
    metadata.generation = (old.generation ?? 1) + 1;
  }
  for (const key of Object.keys(metadata) as (keyof typeof metadata)[]) {
    const value = metadata[key];
    if (value === undefined || (Array.isArray(value) && !value.length)) {
      delete metadata[key];
    }
  }
}

/** The result of a write to `/ephemeralcontainers`: the new object's ephemeral containers, and all else from the old one. */
export const withEphemeralContainersOf = (
  { spec, metadata }: KubeObject,
  before: KubeObject,
): KubeObject => ({
  ...before,
  metadata: {
    ...before.metadata,
    managedFields: metadata.managedFields ?? before.metadata.managedFields,
  },
  spec: { ...before.spec, ephemeralContainers: spec?.ephemeralContainers },
});

/** The result of a write to `/status`: the new object's status and metadata, and all else from the old one. */
export function withStatusOf(
  object: KubeObject,
  before: KubeObject,
): KubeObject {
  const kept = (FIXED_IN_STATUS[before.kind] ?? []).map(name => [
    name,
    (before.metadata as any)[name],
  ]);
  return {
    ...before,
    metadata: { ...object.metadata, ...Object.fromEntries(kept) },
    status: object.status,
  };
}

/** Whether two JSON-like values are equal; undefined fields count as absent. */
function isEqual(a: any, b: any): boolean {
  if (a === b) {
    return true;
  }
  if (!a || !b || typeof a !== 'object' || typeof b !== 'object') {
    return false;
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => isEqual(item, b[index]))
    );
  }
  const keysOf = (o: object) =>
    Object.keys(o).filter(key => (o as any)[key] !== undefined);
  const keys = keysOf(a);
  return (
    keys.length === keysOf(b).length &&
    keys.every(key => isEqual(a[key], b[key]))
  );
}

const withoutTimes = (entries: ManagedFieldsEntry[] | undefined) =>
  entries?.map(entry => ({ ...entry, time: undefined }));

/** Whether two objects are the same for watchers; differences only in the times of managedFields do not count. */
export function isSame(a: KubeObject, b: KubeObject): boolean {
  const {
    managedFields: mineBefore,
    resourceVersion: _a,
    ...metadataA
  } = a.metadata;
  const {
    managedFields: mineAfter,
    resourceVersion: _b,
    ...metadataB
  } = b.metadata;
  return (
    isEqual({ ...a, metadata: metadataA }, { ...b, metadata: metadataB }) &&
    isEqual(withoutTimes(mineBefore), withoutTimes(mineAfter))
  );
}

/** JSON with sorted keys: equal for equal values. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, item) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(
          Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : item,
  );
}

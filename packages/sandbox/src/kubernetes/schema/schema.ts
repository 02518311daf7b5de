import schemas from './schemas.generated.json';

/** Type of a field: a scalar, a kind, a list or map of one, or anything. */
export type FieldType =
  | {
      type: 'scalar';
      scalar: 'string' | 'number' | 'boolean' | 'Date' | 'IntOrString';
    }
  | { type: 'object'; model: string }
  | { type: 'list'; item: FieldType }
  | { type: 'map'; value: FieldType }
  | { type: 'any' };

export interface Field {
  name: string;
  type: FieldType;
}

const SCALARS = new Set(['string', 'number', 'boolean', 'Date', 'IntOrString']);

function parseType(text: string): FieldType {
  if (text.endsWith('[]')) {
    return { type: 'list', item: parseType(text.slice(0, -2)) };
  }
  if (text.startsWith('{')) {
    return { type: 'map', value: parseType(text.slice(1, -1)) };
  }
  if (text === 'any') {
    return { type: 'any' };
  }
  return SCALARS.has(text)
    ? { type: 'scalar', scalar: text as 'string' }
    : { type: 'object', model: text };
}

const parsed = new Map<string, Map<string, Field>>();

/** Fields of a model by their JSON name; undefined when there is no such model. */
export function fieldsOf(model: string): Map<string, Field> | undefined {
  const known = parsed.get(model);
  if (known) {
    return known;
  }
  const source = (schemas as Record<string, Record<string, string>>)[model];
  if (!source) {
    return undefined;
  }
  const fields = new Map(
    Object.entries(source).map(([name, text]) => [
      name,
      { name, type: parseType(text) },
    ]),
  );
  parsed.set(model, fields);
  return fields;
}

/** Fields that hold quantities: Kubernetes accepts numbers for them and writes them as strings. */
const QUANTITY_FIELDS = new Set([
  'limits',
  'requests',
  'hard',
  'used',
  'default',
  'defaultRequest',
  'max',
  'min',
  'maxLimitRequestRatio',
  'capacity',
  'allocatable',
  'allocatedResources',
  'overhead',
  'sizeLimit',
  'divisor',
]);

export const isQuantityField = (name: string) => QUANTITY_FIELDS.has(name);

/** Times that the API server writes as null when they are not set. */
const PLAIN_TIMES = new Set([
  'eventTime',
  'firstTimestamp',
  'lastHeartbeatTime',
  'lastProbeTime',
  'lastTimestamp',
  'lastTransitionTime',
  'lastUpdateTime',
]);

export const isPlainTime = (name: string) => PLAIN_TIMES.has(name);

/** Lists that the API server keeps although they are empty; it drops all others. */
const KEPT_EMPTY = new Set([
  'V1ClusterRole.rules',
  'V1LimitRangeSpec.limits',
  'V1NodeSelector.nodeSelectorTerms',
  'V1PodSpec.containers',
  'V1PolicyRule.verbs',
  'V1Role.rules',
]);

export const keepsEmpty = (field: string) => KEPT_EMPTY.has(field);

/**
 * Lists whose items are identified by key fields, for apply: `model.field` → key fields. The first key is also the merge
 * key of strategic merge, unless `PATCH_MERGE_KEYS` has another.
 */
const LIST_KEYS: Record<string, string[]> = {
  'V1ObjectMeta.ownerReferences': ['uid'],
  'V1PodSpec.containers': ['name'],
  'V1PodSpec.initContainers': ['name'],
  'V1PodSpec.ephemeralContainers': ['name'],
  'V1PodSpec.volumes': ['name'],
  'V1PodSpec.imagePullSecrets': ['name'],
  'V1PodSpec.hostAliases': ['ip'],
  'V1PodSpec.schedulingGates': ['name'],
  'V1PodSpec.topologySpreadConstraints': ['topologyKey', 'whenUnsatisfiable'],
  'V1PodSpec.resourceClaims': ['name'],
  'V1Container.env': ['name'],
  'V1Container.ports': ['containerPort', 'protocol'],
  'V1Container.volumeMounts': ['mountPath'],
  'V1Container.volumeDevices': ['devicePath'],
  'V1EphemeralContainer.env': ['name'],
  'V1EphemeralContainer.volumeMounts': ['mountPath'],
  'V1ServiceAccount.secrets': ['name'],
  'V1ServiceSpec.ports': ['port', 'protocol'],
  'V1PodStatus.conditions': ['type'],
  'V1PodStatus.podIPs': ['ip'],
  'V1PodStatus.hostIPs': ['ip'],
  'V1NodeStatus.conditions': ['type'],
  'V1NodeStatus.addresses': ['type'],
  'V1EphemeralContainer.ports': ['containerPort', 'protocol'],
  'V1NamespaceStatus.conditions': ['type'],
  'V1DeploymentStatus.conditions': ['type'],
  'V1ReplicaSetStatus.conditions': ['type'],
  'V1StatefulSetStatus.conditions': ['type'],
  'V1DaemonSetStatus.conditions': ['type'],
  'V1MutatingWebhookConfiguration.webhooks': ['name'],
  'V1ValidatingWebhookConfiguration.webhooks': ['name'],
};

/** Lists that strategic merge merges by key although apply replaces them as a whole. */
const PATCH_MERGE_KEYS: Record<string, string> = {
  'V1NodeSpec.taints': 'key',
  'V1JobStatus.conditions': 'type',
  'V1NodeStatus.addresses': 'type',
  'V1ServiceAccount.imagePullSecrets': 'name',
};

/** Lists of scalars that are sets: merged by value. */
const SETS = new Set(['V1ObjectMeta.finalizers', 'V1NodeSpec.podCIDRs']);

/** Sets for apply, which strategic merge replaces as a whole. */
const APPLY_SETS = new Set([
  'V1ValidatingAdmissionPolicyBindingSpec.validationActions',
]);

/** Objects that apply owns as a whole. */
const ATOMIC = new Set([
  'V1MatchResources',
  'V1OwnerReference',
  'V1LabelSelector',
  'V1NodeSelector',
  'V1ObjectReference',
  'V1LocalObjectReference',
  'V1ConfigMapKeySelector',
  'V1SecretKeySelector',
  'V1ObjectFieldSelector',
  'V1ResourceFieldSelector',
  'V1RoleRef',
]);

const ATOMIC_FIELDS = new Set([
  'V1PodSpec.nodeSelector',
  'V1ServiceSpec.selector',
]);

/** Key fields of an associative list, or undefined when the list is atomic. */
export const listKeys = (model: string, field: string): string[] | undefined =>
  LIST_KEYS[`${model}.${field}`];

export const patchMergeKey = (
  model: string,
  field: string,
): string | undefined =>
  PATCH_MERGE_KEYS[`${model}.${field}`] ?? LIST_KEYS[`${model}.${field}`]?.[0];

export const isPatchSet = (model: string, field: string) =>
  SETS.has(`${model}.${field}`);

export const isSet = (model: string, field: string) =>
  isPatchSet(model, field) || APPLY_SETS.has(`${model}.${field}`);

export const isAtomicModel = (model: string) => ATOMIC.has(model);

export const isAtomic = (model: string, field: string, type: FieldType) =>
  ATOMIC_FIELDS.has(`${model}.${field}`) ||
  (type.type === 'object' && isAtomicModel(type.model));

/** Default value of a key field. */
export const keyDefault = (key: string) =>
  key === 'protocol' ? 'TCP' : undefined;

/** Metadata of a stored object. */
interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time?: string;
  fieldsType: 'FieldsV1';
  fieldsV1: FieldsV1;
  subresource?: string;
}

/** Kubernetes' format for a set of fields: a tree of `f:name`, `k:{…}`, `v:…` and `.`. */
export interface FieldsV1 {
  [key: string]: FieldsV1;
}

/** Any Kubernetes object; `spec`, `status` and the rest are untyped JSON. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: any;
}

/** The authenticated user of a request. */
export interface UserInfo {
  username: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
  /** The AWS principal behind the user, if there is one. */
  principalArn?: string;
  /** ARNs of the EKS access policies that apply to this user. */
  accessPolicies?: string[];
}

/** Context of a request: user, API server and options. */
export interface RequestContext {
  user: UserInfo;
  /** Number of the API server, 0-based, that took the connection. */
  apiServer: number;
  /** True for the sandbox's controllers and kubelets, which are not authorised and count as internal. */
  internal: boolean;
  dryRun: boolean;
  fieldManager: string;
  fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  /** Texts for `Warning:` response headers. */
  warnings: string[];
}

export const isoTime = (epochMs: number) =>
  new Date(Math.floor(epochMs / 1000) * 1000).toISOString().replace('.000', '');

/** A deep copy of JSON-like data that may be changed, save managedFields: they are only replaced. */
export function clone<T>(value: T): T {
  if (value === null || typeof value !== 'object') {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(clone) as T;
  }
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    copy[key] = key === 'managedFields' ? item : clone(item);
  }
  return copy as T;
}

/** A copy that a write may change. For the status only metadata and status are copied; the rest is the stored, frozen object. */
export function cloneFor(object: KubeObject, subresource?: string): KubeObject {
  const { metadata, status } = object;
  return subresource === 'status'
    ? { ...object, ...clone({ metadata, status }) }
    : clone(object);
}

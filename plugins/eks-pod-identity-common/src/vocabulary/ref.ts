import { InputError } from '@backstage/errors';
import { z } from 'zod/v3';
import { plain } from './disclosure';
import { object } from './schema';

/**
 * A Kubernetes service account on a configured cluster; written `cluster/namespace/serviceaccount`.
 *
 * `cluster` is the id from app-config, unique in the portal, not the EKS name. Refs match exactly: they are never
 * joined with `-` and never compared by substring.
 *
 * @public
 */
export interface ServiceAccountRef {
  cluster: string;
  namespace: string;
  serviceAccount: string;
}

/** Valid cluster ids in app-config. @public */
export const CLUSTER_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** RFC 1123 label: Kubernetes' rule for namespace names, at most 63 characters. @public */
export const NAMESPACE_PATTERN = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** RFC 1123 subdomain: Kubernetes' rule for names of service accounts, at most 253 characters. @public */
export const SERVICE_ACCOUNT_PATTERN =
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** @public */
export const clusterIdSchema = z
  .string()
  .max(100)
  .regex(
    CLUSTER_ID_PATTERN,
    'must start with a letter or digit and contain only letters, digits, "_", "." and "-"',
  );

const NOT_A_NAMESPACE =
  'must be a Kubernetes namespace name: at most 63 lower-case letters, digits and "-", starting and ending with a letter or digit';

const NOT_A_SERVICE_ACCOUNT =
  'must be a Kubernetes service account name: at most 253 lower-case letters, digits, "-" and ".", starting and ending with a letter or digit';

/** @public */
export const namespaceSchema = z
  .string()
  .max(63, NOT_A_NAMESPACE)
  .regex(NAMESPACE_PATTERN, NOT_A_NAMESPACE);

/** @public */
export const serviceAccountSchema = z
  .string()
  .max(253, NOT_A_SERVICE_ACCOUNT)
  .regex(SERVICE_ACCOUNT_PATTERN, NOT_A_SERVICE_ACCOUNT);

/** @public */
export const serviceAccountRefSchema = object<ServiceAccountRef>({
  cluster: plain(clusterIdSchema),
  namespace: plain(namespaceSchema),
  serviceAccount: plain(serviceAccountSchema),
});

/** Writes `cluster/namespace/serviceaccount`. @public */
export function stringifyServiceAccountRef(ref: ServiceAccountRef): string {
  return `${ref.cluster}/${ref.namespace}/${ref.serviceAccount}`;
}

/** A text as a message quotes it: shortened there, but parsed whole. */
const quoted = (text: string) =>
  `"${text.length > 400 ? `${text.slice(0, 400)}…` : text}"`;

/** Reads `cluster/namespace/serviceaccount`, or says in a sentence which part is invalid. */
export function readServiceAccountRef(
  text: string,
): { ref: ServiceAccountRef } | { problem: string } {
  const [cluster, namespace, serviceAccount, ...more] = text
    .trim()
    .split('/', 4);
  const isNone = `${quoted(text)} is not a service account reference`;
  if (serviceAccount === undefined || more.length > 0) {
    return {
      problem: `${isNone}: write it as <cluster>/<namespace>/<serviceaccount>`,
    };
  }
  const parsed = serviceAccountRefSchema.safeParse({
    cluster,
    namespace,
    serviceAccount,
  });
  if (parsed.success) return { ref: parsed.data };
  const [{ path, message }] = parsed.error.issues;
  return { problem: `${isNone}: ${path.join('.')} ${message}` };
}

/**
 * Parses `cluster/namespace/serviceaccount`.
 *
 * @throws InputError that names the invalid part
 * @public
 */
export function parseServiceAccountRef(text: string): ServiceAccountRef {
  const read = readServiceAccountRef(text);
  if ('problem' in read) throw new InputError(read.problem);
  return read.ref;
}

import { InputError } from '@backstage/errors';
import { z } from 'zod/v3';
import { plain } from './disclosure';

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
export const serviceAccountRefSchema = z.object({
  cluster: plain(clusterIdSchema),
  namespace: plain(namespaceSchema),
  serviceAccount: plain(serviceAccountSchema),
});

/** Writes `cluster/namespace/serviceaccount`. @public */
export function stringifyServiceAccountRef(ref: ServiceAccountRef): string {
  return `${ref.cluster}/${ref.namespace}/${ref.serviceAccount}`;
}

/**
 * Parses `cluster/namespace/serviceaccount`.
 *
 * @throws InputError that names the invalid part
 * @public
 */
export function parseServiceAccountRef(text: string): ServiceAccountRef {
  const parts = text.trim().split('/');
  if (parts.length !== 3) {
    throw new InputError(
      `"${text}" is not a service account reference: write it as <cluster>/<namespace>/<serviceaccount>`,
    );
  }
  const [cluster, namespace, serviceAccount] = parts;
  const parsed = serviceAccountRefSchema.safeParse({
    cluster,
    namespace,
    serviceAccount,
  });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new InputError(
      `"${text}" is not a service account reference: ${issue.path.join('.')} ${
        issue.message
      }`,
    );
  }
  return parsed.data;
}

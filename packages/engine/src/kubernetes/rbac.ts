import { isKubernetesError, rbacRule, type KubernetesError } from './errors';
import { groupOf } from './paths';
import type { KubernetesApi, KubernetesCallOptions } from './types';

/** Why a call was answered with 403. */
export type ForbiddenCause =
  /** RBAC: `rule` is what to grant. */
  | { by: 'rbac'; rule: string }
  /** Admission: Pod Security, a quota, a LimitRange, a missing service account, a policy engine. */
  | { by: 'admission'; message: string }
  /** The access review failed. */
  | { by: 'unknown'; message: string };

/**
 * Distinguishes RBAC from admission. Both answer 403, so a 403 counts as RBAC only if a SelfSubjectAccessReview says
 * that the caller lacks the right.
 */
export async function explainForbidden(
  api: Pick<KubernetesApi, 'canI'>,
  error: KubernetesError,
  options?: KubernetesCallOptions,
): Promise<ForbiddenCause> {
  if (error.kind === 'quota') {
    return { by: 'admission', message: error.message };
  }
  const { verb, resource, namespace } = error;
  if (!verb || !resource) return { by: 'unknown', message: error.message };
  const group = groupOf(resource);
  try {
    const { allowed } = await api.canI(
      { verb, resource, group, namespace },
      options,
    );
    return allowed
      ? { by: 'admission', message: error.message }
      : { by: 'rbac', rule: rbacRule({ verb, resource }) };
  } catch (reviewError) {
    if (isKubernetesError(reviewError, 'aborted')) throw reviewError;
    return { by: 'unknown', message: error.message };
  }
}

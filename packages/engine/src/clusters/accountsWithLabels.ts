import { InputError } from '@backstage/errors';
import { toBackstageError } from '../aws/toBackstageError';
import { isKubernetesError } from '../kubernetes/errors';
import type { ClusterSession } from './types';

/**
 * The service accounts with these labels, as `namespace/name`.
 *
 * @param query - `namespace`, or all; `labelSelector` as kubectl takes it: `team=payments,tier in (web, api)`
 * @throws InputError where the API server takes it for no selector; other errors of `@backstage/errors` where it does not tell
 * @public
 */
export async function accountsWithLabels(
  session: ClusterSession,
  query: { namespace?: string; labelSelector: string },
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  try {
    const api = await session.kubernetes({ signal });
    const found = await api.selectServiceAccounts(query, { signal });
    return new Set(
      found.map(
        ({ metadata }) => `${metadata?.namespace ?? ''}/${metadata?.name}`,
      ),
    );
  } catch (error) {
    if (isKubernetesError(error, 'bad-request')) {
      throw new InputError(
        `"${query.labelSelector}" is no label selector: ${error.message}`,
      );
    }
    throw toBackstageError(error, {
      doing: 'list service accounts by their labels',
      cluster: session.cluster,
    });
  }
}

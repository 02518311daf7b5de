import { SPREAD_MS } from 'backstage-plugin-eks-pod-identity-common';
import type { Collector } from '../framework/collecting';
import { known } from '../framework/fact';
import { applicationProof } from '../workloads/obtainedByPods';
import { fingerprintOf } from './fingerprint';

/**
 * Where a pod ran, what that obtained decides. Without a portal nothing tells when a trust policy was changed.
 * What was obtained while AWS may have been spreading the last change may go by the policy before it.
 */
export const collectUsedAsItIs: Collector<'usedAsItIs'> = async c => {
  if ((await c.get('podRun')).known) return known(false);
  const [fingerprint, used] = await Promise.all([
    fingerprintOf(c),
    applicationProof(c),
  ]);
  if (!fingerprint || !used) return known(false);
  const since = await c.operation.unchangedSince?.(fingerprint);
  return known(since !== undefined && Date.parse(used.at) > since + SPREAD_MS);
};

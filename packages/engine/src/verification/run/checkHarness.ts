import type {
  CheckResult,
  PodIdentityCheck,
  PodIdentityCheckFacts,
} from 'backstage-plugin-eks-pod-identity-common';
import { ManualClock } from '../../async/ManualClock';
import type { CheckContext } from '../framework/check';
import { lacking } from '../framework/fact';
import { runChecks } from '../framework/runner';
import { adaptCheckTo, assertCheckId } from './additionalChecks';

/** Runs a check of an adopter in a test. @public */
export interface CheckHarness {
  /**
   * The answer of the check as a report would have it: what it throws is an answer too, and secrets are taken out.
   *
   * @throws InputError for a check that the portal would refuse
   */
  run(check: PodIdentityCheck): Promise<CheckResult>;
}

const REF = {
  cluster: 'test',
  namespace: 'default',
  serviceAccount: 'default',
};

const CLUSTER: PodIdentityCheckFacts['cluster'] = {
  id: 'test',
  name: 'test',
  title: 'test',
  region: 'eu-west-1',
  accountId: '111122223333',
  partition: 'aws',
  arn: 'arn:aws:eks:eu-west-1:111122223333:cluster/test',
};

/**
 * A verification in which an adopter's check sees these facts, without a cluster or AWS. What is left out could not be
 * read; the cluster and the service account have names for a test.
 *
 * @public
 */
export function checkHarness(
  facts: Partial<PodIdentityCheckFacts> = {},
): CheckHarness {
  const seen = { ref: REF, cluster: CLUSTER, ...facts };
  const clock = new ManualClock();
  return {
    async run(check) {
      assertCheckId(check);
      const { signal } = new AbortController();
      const { results } = await runChecks({
        checks: [adaptCheckTo(check, seen, signal)],
        facts: {
          get: async () =>
            lacking({ kind: 'off', sentence: 'A test has no cluster.' }),
        },
        // All else of a run is for our own checks
        context: { ref: seen.ref, now: clock.now() } as CheckContext,
        clock,
        onLack: ({ sentence }) => ({ status: 'unknown', message: sentence }),
        docsUrl: () => check.docsUrl,
        onResult: async () => {},
      });
      return results[0];
    },
  };
}

import type {
  CheckResult,
  PodIdentityCheck,
  PodIdentityCheckFacts,
} from 'backstage-plugin-eks-pod-identity-common';
import { ManualClock } from '../../async/ManualClock';
import type { CheckContext } from '../framework/check';
import { type Fact, known, lacking } from '../framework/fact';
import type { FactReader, FactTypes } from '../framework/facts';
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
  const policies = facts.role?.inlinePolicies;
  const made: { [N in keyof FactTypes]?: Fact<FactTypes[N]> } = policies
    ? { inlinePolicies: known(policies) }
    : {};
  const reader: FactReader = {
    get: async name =>
      made[name] ??
      lacking({ kind: 'off', sentence: `The test has no ${name}.` }),
  };
  return {
    async run(check) {
      assertCheckId(check);
      const { signal } = new AbortController();
      const { results } = await runChecks({
        checks: [adaptCheckTo(check, seen, signal)],
        facts: reader,
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

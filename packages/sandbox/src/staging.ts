import { SCENARIOS } from './scenarios';
import type { ScenarioContext } from './scenarios/scenario';
import { STAGING } from './seed/clusters';

/**
 * The identities of the cluster shop-staging and the scenario that breaks each, so that a visitor of the demo sees how each
 * is explained. The last one looks right until a pod is run.
 *
 * None may touch the nodes or the agent, which all share.
 */
const BROKEN = {
  'stock-keeper': 'trust-without-tag-session',
  'price-feed': 'pods-older-than-association',
  'review-board': 'service-account-missing',
  'delivery-planner': 'static-keys',
  'returns-desk': 'irsa-annotation',
  newsletter: 'pod-opted-out',
  'wish-list': 'network-policy-for-the-workload',
};

/** Makes and breaks the identities of the cluster shop-staging. */
export async function breakStaging(context: ScenarioContext): Promise<void> {
  const { clock } = context.core;
  const { rate } = clock;
  // Pods start and end by the clock.
  clock.setRate(rate || 1);
  for (const [name, scenario] of Object.entries(BROKEN)) {
    await SCENARIOS.get(scenario)!.run(context, {
      identity: `${STAGING}/shop/${name}`,
    });
  }
  clock.setRate(rate);
}

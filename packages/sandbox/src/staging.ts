import { SCENARIOS } from './scenarios';
import type { ScenarioContext } from './scenarios/scenario';
import { STAGING } from './seed/clusters';

/**
 * The identities of the cluster shop-staging and the scenario that breaks each, so that a visitor of the demo sees how each
 * is explained.
 *
 * None may touch the agent, which all share, or move the clock.
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

/** Those of which CloudTrail tells what their program does. */
const APPLICATIONS = {
  'product-page': 'application-uses-identity',
  'review-import': 'application-behind-broken-trust-in-java',
  'supplier-sync': 'application-behind-proxy-in-go',
  'gift-cards': 'application-irsa-by-hand',
  'coupon-archive': 'application-never-used',
};

/** Makes and breaks the identities of the cluster shop-staging. */
export async function breakStaging(context: ScenarioContext): Promise<void> {
  const { clock } = context.core;
  const { rate } = clock;
  // Pods start and end by the clock.
  clock.setRate(rate || 1);
  for (const [name, scenario] of Object.entries({
    ...BROKEN,
    ...APPLICATIONS,
  })) {
    await SCENARIOS.get(scenario)!.run(context, {
      identity: `${STAGING}/shop/${name}`,
    });
  }
  clock.setRate(rate);
}

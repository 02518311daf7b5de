import { selectorMatches } from '../../kubernetes/labelSelector';
import { defineCheck, pass, warn } from '../framework/check';
import { AGENT_IPV4 } from '../framework/addresses';
import { valueOf } from '../framework/fact';
import type { NetworkPolicyFact, PodFact } from '../framework/facts/workloads';
import { openEgress } from './openEgress';
import { byOwner, inWords, noPods } from '../framework/workloadsOf';

const namesOf = (policies: readonly NetworkPolicyFact[]) =>
  policies.map(({ name }) => name).join(', ');

/** The policies that together keep a pod from the agent; none if one of them lets it through. */
function inTheWay(
  pod: PodFact,
  policies: readonly NetworkPolicyFact[],
): NetworkPolicyFact[] {
  // A pod in the network of its node is not subject to any.
  if (pod.hostNetwork) return [];
  const selecting = policies.filter(one =>
    selectorMatches(one.selector, pod.labels),
  );
  return selecting.some(one => one.allowsAgent) ? [] : selecting;
}

export const workloadsNetwork = defineCheck({
  id: 'workloads.network',
  category: 'workloads',
  title: 'The pods may reach the agent',
  question:
    'Does a NetworkPolicy that selects the running pods keep them from the agent?',
  neededBy: [],
  needs: ['pods', 'networkPolicies'],
  uses: ['podRun'],
  evaluate({ pods, networkPolicies, podRun }, { ref }) {
    if (pods.length === 0) {
      return noPods();
    }
    const answered = valueOf(podRun)?.identity.exitCode === 0;
    const onProbe = namesOf(networkPolicies.filter(one => one.selectsProbe));
    const blocked = pods
      .map(pod => ({ ...pod, policies: inTheWay(pod, networkPolicies) }))
      .filter(
        ({ policies }) =>
          policies.length > 0 &&
          // Under the very same policies the probe got through: they are not enforced as they read.
          !(answered && namesOf(policies) === onProbe),
      );
    if (blocked.length === 0) {
      return pass('No NetworkPolicy keeps the running pods from the agent.');
    }
    const policies = blocked[0].policies;
    return warn(
      `${blocked.length} of ${
        pods.length
      } running pods might not reach the agent: NetworkPolicy ${namesOf(
        policies,
      )} selects ${inWords(byOwner(blocked))} and opens no way to it.`,
      {
        expected: `egress to ${AGENT_IPV4} on TCP port 80`,
        observed: namesOf(policies),
        resource: { kind: 'networkpolicy', name: policies[0].name },
        fix: {
          cause: `A pod that a NetworkPolicy with egress rules selects reaches only what these name, and the agent of its node is an address like any other.${
            answered ? ' The probe has other labels, so it got through.' : ''
          }`,
          actions: [
            'Add the way to the agent: policies add up, so a further one is enough.',
          ],
          commands: [
            openEgress(
              // One policy that opens the way is enough for a pod.
              [...new Set(blocked.map(pod => pod.policies[0]))],
              'pod-identity-agent',
              ref.namespace,
            ),
          ],
        },
      },
    );
  },
});

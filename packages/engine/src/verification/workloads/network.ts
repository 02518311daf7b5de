import { defineCheck, pass, warn } from '../framework/check';
import { AGENT_IPV4 } from '../framework/addresses';
import { valueOf } from '../framework/fact';
import type { NetworkPolicyFact, PodFact } from '../framework/facts/workloads';
import { hashesOf, type Limits, limitsOf, namesOf } from './networkPolicies';
import { openEgress } from './openEgress';
import { byOwner, inWords, runningOf } from '../framework/workloadsOf';

/** A pod with the policies that together limit it, and what these keep it from. */
type Limited = PodFact & Limits;

const limited = (
  pod: PodFact,
  policies: readonly NetworkPolicyFact[],
): Limited => ({ ...pod, ...limitsOf(pod, policies) });

function areThose(
  policies: readonly NetworkPolicyFact[],
  hashes: readonly string[],
): boolean {
  const own = hashesOf(policies);
  return own.length === hashes.length && own.every(one => hashes.includes(one));
}

/** One policy that opens the way is enough for a pod. */
const firstOf = (pods: readonly Limited[]) => [
  ...new Set(pods.map(({ policies: [first] }) => first)),
];

const names = (pods: readonly Limited[]) =>
  `NetworkPolicy ${namesOf(pods[0].policies)} selects ${inWords(
    byOwner(pods),
  )}`;

export const workloadsNetwork = defineCheck({
  id: 'workloads.network',
  category: 'workloads',
  title: 'The pods may reach the agent',
  question:
    'Does a NetworkPolicy that selects the running pods keep them from the agent, or from everything else?',
  neededBy: [],
  needs: ['pods', 'networkPolicies'],
  uses: ['podRun', 'gotThrough'],
  evaluate({ pods: all, networkPolicies, podRun, gotThrough }, { ref, now }) {
    const seen = runningOf(all);
    if ('none' in seen) return seen.none;
    const answered = valueOf(podRun)?.identity.exitCode === 0;
    const onProbe = networkPolicies.filter(one => one.selectsProbe);
    // Under the very same policies a test pod got through: they are not enforced as they read.
    const here = {
      policies: hashesOf(onProbe),
      at: new Date(now).toISOString(),
    };
    const through = podRun.known ? answered && here : valueOf(gotThrough);
    const pods = seen.running.map(pod => limited(pod, networkPolicies));
    const barred = pods.filter(({ noAgent, noAws }) => noAgent || noAws);
    const blocked = barred.filter(
      one => !through || !areThose(one.policies, through.policies),
    );
    const of = (some: readonly unknown[]) =>
      `${some.length} of ${pods.length} running pods`;
    if (blocked.length === 0 && barred.length > 0 && through) {
      const [{ policies, noAgent }] = barred;
      const observed = namesOf(policies);
      const from = noAgent ? 'the agent' : 'AWS';
      const [day] = through.at.split('T');
      return pass(
        `The rules of NetworkPolicy ${observed} bar ${of(
          barred,
        )} from ${from}, but a test pod under the same rules got through on ${day}.`,
        { observed, gotThrough: through },
      );
    }
    if (blocked.length === 0) {
      return pass(
        pods.some(({ policies }) => policies.length > 0)
          ? 'No NetworkPolicy keeps the running pods from the agent; which services of AWS they reach under it is not looked at.'
          : 'No NetworkPolicy keeps the running pods from the agent.',
      );
    }
    const { namespace } = ref;
    const noAgent = blocked.filter(one => one.noAgent);
    const noAws = blocked.filter(one => one.noAws);
    const noAwsOnly = noAws.filter(one => !one.noAgent);
    const sentences = [
      ...(noAgent.length
        ? [
            `${of(noAgent)} might not reach the agent: ${names(
              noAgent,
            )} and opens no way to it.`,
          ]
        : []),
      ...(noAwsOnly.length
        ? [
            `${of(noAwsOnly)} might reach the agent and nothing of AWS: ${names(
              noAwsOnly,
            )} and opens no way to any service.`,
          ]
        : []),
    ];
    const [{ policies }] = blocked;
    return warn(sentences as [string, ...string[]], {
      expected: noAgent.length
        ? `egress to ${AGENT_IPV4} on TCP port 80`
        : 'egress to services of AWS on TCP port 443',
      observed: namesOf(policies),
      resource: { kind: 'networkpolicy', name: policies[0].name },
      lacking: [{ how: 'identity', pods: blocked.map(({ name }) => name) }],
      fix: {
        cause: `A pod that a NetworkPolicy with egress rules selects reaches only what these name, ${
          noAgent.length
            ? 'and the agent of its node is an address like any other'
            : 'and with credentials alone it can call nothing'
        }.${answered ? ' The probe has other labels, so it got through.' : ''}`,
        actions: [
          ...(noAgent.length
            ? [
                'Add the way to the agent: policies add up, so a further one is enough.',
              ]
            : []),
          ...(noAws.length
            ? [
                'Add the way to AWS and to DNS. The command opens port 443 of every address: narrow it to the endpoints of your VPC where it has some.',
              ]
            : []),
        ],
        commands: [
          ...(noAgent.length
            ? [openEgress(firstOf(noAgent), 'pod-identity-agent', namespace)]
            : []),
          ...(noAws.length
            ? [openEgress(firstOf(noAws), 'aws-and-dns', namespace)]
            : []),
        ],
      },
    });
  },
});

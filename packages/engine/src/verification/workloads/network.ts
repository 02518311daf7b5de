import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import { defineCheck, note, pass, warn } from '../framework/check';
import { AGENT_IPV4 } from '../framework/addresses';
import { type Fact, valueOf } from '../framework/fact';
import { listed } from '../../text/listed';
import type {
  NetworkPolicyFact,
  PodFact,
  WorkloadsFact,
} from '../framework/facts/workloads';
import { hashesOf, type Limits, limitsOf, namesOf } from './networkPolicies';
import { openEgress } from './openEgress';
import { hasNoPod, ownWorkloads } from './templates';
import { byOwner, inWords, runningOf } from '../framework/workloadsOf';

/** A pod with the policies that together limit it, and the first thing that these keep it from. */
type Limited = PodFact & Limits & { from?: 'the agent' | 'AWS' | 'DNS' };

/** Something called AWS with keys of the pods while this pod ran. */
function calledAws({ createdAt = 0 }: PodFact, evidence?: Evidence): boolean {
  const { uses = [], denied = [], staticKeys = [] } = evidence ?? {};
  return [...uses, ...denied, ...staticKeys].some(
    ({ lastAt }) => Date.parse(lastAt) >= createdAt,
  );
}

function limited(
  pod: PodFact,
  policies: readonly NetworkPolicyFact[],
  evidence?: Evidence,
): Limited {
  const limits = limitsOf(pod, policies);
  // What a proxy looks up, a pod need not.
  const noDns =
    limits.noDns &&
    !pod.containers.some(({ proxy }) => proxy) &&
    !calledAws(pod, evidence);
  const beyond = noDns ? 'DNS' : undefined;
  const afterAgent = limits.noAws ? 'AWS' : beyond;
  const from = limits.noAgent ? 'the agent' : afterAgent;
  return { ...pod, ...limits, noDns, from };
}

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

const names = (pods: readonly Limited[], isNext: boolean) =>
  `NetworkPolicy ${namesOf(pods[0].policies)} selects ${
    isNext ? 'them' : inWords(byOwner(pods))
  }`;

/** Templates of workloads that run no pod. */
function idleOf(
  workloads: Fact<WorkloadsFact>,
  pods: readonly PodFact[],
): PodFact[] {
  const found = valueOf(workloads)?.found ?? [];
  return ownWorkloads(found, pods)
    .filter(one => hasNoPod(one, pods, found))
    .map(({ template }) => template);
}

export const workloadsNetwork = defineCheck({
  id: 'workloads.network',
  category: 'workloads',
  title: 'The pods may reach the agent',
  question:
    'Does a NetworkPolicy that selects the running pods, or the next ones of a workload without any, keep them from the agent, from DNS, or from everything else?',
  neededBy: [],
  needs: ['pods', 'networkPolicies'],
  uses: ['podRun', 'gotThrough', 'evidence', 'workloads'],
  evaluate(
    { pods: all, networkPolicies, podRun, gotThrough, evidence, workloads },
    { ref, now },
  ) {
    const seen = runningOf(all);
    const answered = valueOf(podRun)?.identity.exitCode === 0;
    const onProbe = networkPolicies.filter(one => one.selectsProbe);
    // Under the very same policies a test pod got through: they are not enforced as they read.
    const here = {
      policies: hashesOf(onProbe),
      at: new Date(now).toISOString(),
    };
    const through = podRun.known ? answered && here : valueOf(gotThrough);
    const judged = (some: readonly PodFact[]) =>
      some.map(pod => limited(pod, networkPolicies, valueOf(evidence)));
    const isBlocked = ({ from, policies }: Limited) =>
      from !== undefined && !(through && areThose(policies, through.policies));
    const running = judged('running' in seen ? seen.running : []);
    const idle = running.some(isBlocked) ? [] : judged(idleOf(workloads, all));
    const isNext = idle.some(isBlocked);
    if ('none' in seen && !isNext) return seen.none;
    const pods = isNext ? idle : running;
    const barred = pods.filter(({ from }) => from);
    const blocked = barred.filter(isBlocked);
    const of = (some: readonly Limited[]) =>
      isNext
        ? `The next pods of ${listed(
            some.map(({ owner }) => `${owner.kind} ${owner.name}`),
          )}`
        : `${some.length} of ${pods.length} running pods`;
    const despiteRules = barred.filter(one => !blocked.includes(one));
    const [first] = despiteRules;
    const kept = first && through ? { gotThrough: through } : {};
    const alike = despiteRules.filter(({ from }) => from === first.from);
    const proof =
      first && through
        ? [
            `The rules of NetworkPolicy ${namesOf(first.policies)} bar ${of(
              alike,
            )} from ${
              first.from
            }, but a test pod under the same rules got through on ${
              through.at.split('T')[0]
            }.`,
          ]
        : [];
    if (blocked.length === 0 && proof.length > 0) {
      return pass(proof[0], { observed: namesOf(first.policies), ...kept });
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
    // The way to AWS is opened with that to DNS.
    const noDns = blocked.filter(one => one.noDns && !one.noAws);
    // Pods get credentials without DNS, which rules of other kinds may open.
    const lacking = blocked.filter(one => one.noAgent || one.noAws);
    const sentences = [
      ...(noAgent.length
        ? [
            `${of(noAgent)} might not reach the agent: ${names(
              noAgent,
              isNext,
            )} and opens no way to it.`,
          ]
        : []),
      ...(noAwsOnly.length
        ? [
            `${of(noAwsOnly)} might reach the agent and nothing of AWS: ${names(
              noAwsOnly,
              isNext,
            )} and opens no way to any service.`,
          ]
        : []),
      ...(noDns.length
        ? [
            `${of(noDns)} might find no service of AWS: ${names(
              noDns,
              isNext,
            )} and opens no way to DNS; rules of other kinds than NetworkPolicy were not looked at.`,
          ]
        : []),
    ] as [string, ...string[]];
    const [{ policies }] = lacking.length ? lacking : noDns;
    const expectedBeyond = noAws.length
      ? 'egress to services of AWS on TCP port 443'
      : 'egress to DNS on UDP and TCP port 53';
    const beyond = noAws.length
      ? 'and with credentials alone it can call nothing'
      : 'and without DNS it does not learn the address of any service';
    const found = {
      expected: noAgent.length
        ? `egress to ${AGENT_IPV4} on TCP port 80`
        : expectedBeyond,
      observed: namesOf(policies),
      resource: { kind: 'networkpolicy', name: policies[0].name },
      fix: {
        cause: `A pod that a NetworkPolicy with egress rules selects reaches only what these name, ${
          noAgent.length
            ? 'and the agent of its node is an address like any other'
            : beyond
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
          ...(noDns.length
            ? [
                'Unless other rules open DNS, add the way to it. The command opens port 53 of every address: narrow it to the DNS of your cluster where you like.',
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
          ...(noDns.length
            ? [openEgress(firstOf(noDns), 'way-to-dns', namespace)]
            : []),
        ],
      },
    };
    if (lacking.length === 0) {
      const [lead] = sentences;
      return note([lead, ...proof], { ...found, ...kept });
    }
    return warn(sentences, {
      ...found,
      lacking: [
        {
          how: 'identity',
          pods: lacking.map(({ name, owner }) =>
            isNext ? `${owner.kind} ${owner.name}` : name,
          ),
        },
      ],
    });
  },
});

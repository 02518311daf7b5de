import {
  MANAGED_BY,
  MANAGED_BY_LABEL,
} from 'backstage-plugin-eks-pod-identity-common';
import { selectorMatches } from '../../kubernetes/labelSelector';
import type { V1NetworkPolicy } from '../../kubernetes/objects';
import { PROBE_LABEL } from '../probe/podSpec';
import { isInNetwork } from '../../network/addresses';
import { AGENT_IPV4, AGENT_IPV6 } from '../framework/addresses';
import type { Collecting, Collector } from '../framework/collecting';
import { hashOf } from '../framework/canonical';
import type { FactName } from '../framework/facts';
import type { AskedFact } from '../framework/request';
import { type Fact, known, valueOf } from '../framework/fact';
import { andThen, askKubernetes } from '../access/askKubernetes';
import type { NetworkPolicyFact, PodFact } from '../framework/facts/workloads';

/** The port of the agent. */
const PORT = 80;
const DNS = 53;
/** The probe's own labels; it carries none of the workload's. */
const PROBE_LABELS = { [MANAGED_BY_LABEL]: MANAGED_BY, [PROBE_LABEL]: 'true' };

type Egress = NonNullable<
  NonNullable<V1NetworkPolicy['spec']>['egress']
>[number];

export function limitsEgress(spec: V1NetworkPolicy['spec']): boolean {
  const types = spec?.policyTypes;
  return types ? types.includes('Egress') : spec?.egress !== undefined;
}

function opensPort({ ports = [] }: Egress): boolean {
  return (
    ports.length === 0 ||
    ports.some(({ protocol = 'TCP', port, endPort }) => {
      if (protocol !== 'TCP') return false;
      if (port === undefined) return true;
      // A name means a port of a pod, and the agent is an address of the node.
      const first = Number(port);
      return first <= PORT && PORT <= (endPort ?? first);
    })
  );
}

function opensAddress({ to = [] }: Egress, address: string): boolean {
  return (
    to.length === 0 ||
    to.some(
      ({ ipBlock }) =>
        ipBlock &&
        isInNetwork(ipBlock.cidr, address) &&
        !(ipBlock.except ?? []).some(one => isInNetwork(one, address)),
    )
  );
}

/** A block of nothing but link-local addresses, where the agent and IMDS are. */
const OF_NODE =
  /^(169\.254\.[\d.]+\/(1[6-9]|2\d|3[0-2])|fd00:ec2:[\da-f:]*\/(3[2-9]|[4-9]\d|1[0-2]\d))$/i;

const isDns = ({ port, endPort }: NonNullable<Egress['ports']>[number]) =>
  /^(53|dns(-tcp)?)$/.test(`${port}`) && endPort === undefined;

/** Where no DNS can be; NodeLocal DNSCache has another address of the node. */
const NO_DNS = [
  `${AGENT_IPV4}/32`,
  `${AGENT_IPV6}/128`,
  '169.254.169.254/32',
  'fd00:ec2::254/128',
];

/** Whether a rule opens a way on port 53. Behind a name of a port there may be that one. */
function opensDns({ to = [], ports = [] }: Egress): boolean {
  const addresses =
    to.length === 0 ||
    to.some(({ ipBlock }) => !ipBlock || !NO_DNS.includes(ipBlock.cidr));
  const port53 = ports.some(({ protocol = 'TCP', port = DNS, endPort }) => {
    if (protocol !== 'TCP' && protocol !== 'UDP') return false;
    const first = Number(port);
    return Number.isNaN(first) || (first <= DNS && DNS <= (endPort ?? first));
  });
  return addresses && (ports.length === 0 || port53);
}

/** Whether a rule opens something that could lead to AWS, if only a proxy. */
function opensMore({ to = [], ports = [] }: Egress): boolean {
  const addresses =
    to.length === 0 ||
    to.some(({ ipBlock }) => !ipBlock || !OF_NODE.test(ipBlock.cidr));
  return addresses && (ports.length === 0 || !ports.every(isDns));
}

export function networkPolicyFact(
  policy: V1NetworkPolicy,
  agentAddress: string,
): NetworkPolicyFact {
  const { podSelector: selector, egress } = policy.spec ?? {};
  const name = policy.metadata?.name ?? '';
  return {
    name,
    hash: hashOf({ name, selector, egress }).slice(0, 16),
    selector,
    selectsProbe: selectorMatches(selector, PROBE_LABELS),
    allowsAgent: (egress ?? []).some(
      rule => opensPort(rule) && opensAddress(rule, agentAddress),
    ),
    opensMore: (egress ?? []).some(opensMore),
    opensDns: (egress ?? []).some(opensDns),
  };
}

/** The policies that together limit a pod, and what these keep it from. */
export interface Limits {
  policies: NetworkPolicyFact[];
  noAgent: boolean;
  /** Nothing else is open either that could lead to AWS. */
  noAws: boolean;
  /** No way is open by which names could be looked up. */
  noDns: boolean;
}

/** What limits a pod of the namespace of these policies. */
export function limitsOf(
  pod: Pick<PodFact, 'hostNetwork' | 'labels'>,
  policies: readonly NetworkPolicyFact[],
): Limits {
  // A pod in the network of its node is not subject to any.
  const selecting = pod.hostNetwork
    ? []
    : policies.filter(one => selectorMatches(one.selector, pod.labels));
  const any = selecting.length > 0;
  return {
    policies: selecting,
    noAgent: any && !selecting.some(one => one.allowsAgent),
    noAws: any && selecting.every(one => one.opensMore === false),
    noDns: any && selecting.every(one => one.opensDns === false),
  };
}

type Asked = Pick<AskedFact<FactName>, 'read' | 'signal' | 'get'>;

/** All policies of a namespace. */
export const listPolicies = (namespace: string, c: Asked) =>
  askKubernetes(
    c,
    {
      verb: 'list',
      resource: 'networkpolicies',
      group: 'networking.k8s.io',
      namespace,
    },
    (kubernetes, signal) =>
      kubernetes.listNetworkPolicies(namespace, { signal }),
  );

/** Those of the policies that limit what pods can reach. */
export async function limitingPolicies(
  policies: Fact<V1NetworkPolicy[]>,
  c: Pick<Asked, 'get'>,
): Promise<Fact<NetworkPolicyFact[]>> {
  const cluster = valueOf(await c.get('cluster'));
  const address = cluster?.ipFamily === 'ipv6' ? AGENT_IPV6 : AGENT_IPV4;
  return andThen(policies, all =>
    all
      .filter(({ spec }) => limitsEgress(spec))
      .map(policy => networkPolicyFact(policy, address)),
  );
}

export const collectNetworkPolicies: Collector<'networkPolicies'> = async c =>
  limitingPolicies(await listPolicies(c.request.ref.namespace, c), c);

/** In the way of the probe as it reads. */
const bars = (policy: NetworkPolicyFact) =>
  !policy.allowsAgent ||
  policy.opensMore === false ||
  policy.opensDns === false;

export const namesOf = (policies: readonly NetworkPolicyFact[]) =>
  policies.map(({ name }) => name).join(', ');

/** By their contents. A bundle of an older engine has only names, which are enough within one run and equal no hash. */
export const hashesOf = (policies: readonly NetworkPolicyFact[]) =>
  policies.map(({ hash, name }) => hash ?? name).sort();

/** A run without a pod learns from the last proof; that is asked for only where a policy is in the way. */
export const collectGotThrough: Collector<'gotThrough'> = async c => {
  const policies = valueOf(await c.get('networkPolicies')) ?? [];
  if (!policies.some(one => one.selectsProbe && bars(one))) return known(null);
  const proof = await c.operation.lastProof?.();
  const check = proof?.checks.find(({ id }) => id === 'workloads.network');
  const isGood = check?.status === 'pass' || check?.status === 'note';
  const through = isGood ? check.gotThrough : undefined;
  if (!through) return known(null);
  // The network plugin may have begun to enforce them since.
  const age = c.operation.clock.now() - Date.parse(through.at);
  return known(age < c.operation.config.proof.maxAgeMs ? through : null);
};

async function agentTimedOut(c: Collecting): Promise<boolean> {
  const run = valueOf(await c.get('podRun'));
  return /connect timeout|could not connect|read timeout/i.test(
    run?.identity.text ?? '',
  );
}

/** Those that select the probe; of interest only when the agent could not be reached. */
export const collectEgressPolicies: Collector<'egressPolicies'> = async c => {
  if (!(await agentTimedOut(c))) return known({ policies: [] });
  const policies: Fact<NetworkPolicyFact[]> = await c.get('networkPolicies');
  return andThen(policies, all => ({
    policies: all.filter(one => one.selectsProbe),
  }));
};

import { AGENT_IPV4, AGENT_IPV6 } from '../framework/addresses';
import type { NetworkPolicyFact } from '../framework/facts/workloads';
import { type Command, kubectl } from '../../text/bash';
import { redact } from '../../text/redact';

const PORTS_OF_DNS = [
  { protocol: 'UDP', port: 53 },
  { protocol: 'TCP', port: 53 },
];

/** What pods have to reach, by what is added to the name of the policy in the way. */
const EGRESS = {
  // `-dns` alone would be a likely name of another policy, which the command would replace.
  'way-to-dns': [{ ports: PORTS_OF_DNS }],
  'pod-identity-agent': [
    {
      to: [
        { ipBlock: { cidr: `${AGENT_IPV4}/32` } },
        { ipBlock: { cidr: `${AGENT_IPV6}/128` } },
      ],
      ports: [{ protocol: 'TCP', port: 80 }],
    },
  ],
  'aws-and-dns': [
    {
      ports: [{ protocol: 'TCP', port: 443 }, ...PORTS_OF_DNS],
    },
  ],
};

/**
 * Adds a policy beside each of those in the way, for the pods that it selects: policies add up. Each has a name of its
 * own, so that a later one does not replace an earlier one.
 */
export function openEgress(
  policies: readonly NetworkPolicyFact[],
  to: keyof typeof EGRESS,
  namespace: string,
): Command {
  const apply = kubectl('apply', { namespace })`-f -`;
  const manifests = policies.map(({ name, selector }) =>
    JSON.stringify({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `${name}-${to}`, namespace },
      spec: {
        podSelector: selector ?? {},
        policyTypes: ['Egress'],
        egress: EGRESS[to],
      },
    }),
  );
  // Kubernetes limits names and selectors to letters, digits, dots, dashes, slashes and underscores.
  const lines = [`${apply.text} <<'EOF'`, ...manifests.map(redact), 'EOF'];
  return { ...apply, text: lines.join('\n') };
}

import { matchesLabelSelector } from '../model/selectors';
import { KubeObject } from '../types';

const toNumber = (ip: string) =>
  ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

function inCidr(ip: string, cidr: string): boolean {
  const [base, bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(toNumber(ip) / size) === Math.floor(toNumber(base) / size);
}

const isEgress = (policy: KubeObject) =>
  policy.spec?.policyTypes?.includes('Egress') ??
  policy.spec?.egress !== undefined;

function ruleAllows(rule: any, ip: string, port: number): boolean {
  const toIt =
    !rule.to?.length ||
    rule.to.some(
      (peer: any) =>
        peer.ipBlock &&
        inCidr(ip, peer.ipBlock.cidr) &&
        !(peer.ipBlock.except ?? []).some((cidr: string) => inCidr(ip, cidr)),
    );
  const byPort =
    !rule.ports?.length ||
    rule.ports.some((p: any) => p.port === undefined || p.port === port);
  return toIt && byPort;
}

/** Whether the network policies of a pod's namespace let it reach an address. */
export function egressAllowed(
  pod: KubeObject,
  policies: KubeObject[],
  ip: string,
  port: number,
): boolean {
  const selecting = policies.filter(
    policy =>
      isEgress(policy) &&
      matchesLabelSelector(policy.spec.podSelector, pod.metadata.labels),
  );
  return (
    selecting.length === 0 ||
    selecting.some(policy =>
      (policy.spec.egress ?? []).some((rule: any) =>
        ruleAllows(rule, ip, port),
      ),
    )
  );
}

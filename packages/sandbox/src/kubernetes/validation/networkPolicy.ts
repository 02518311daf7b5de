import { BlockList, isIP } from 'node:net';
import { FieldError, fieldErrors } from '../model/status';
import { portName } from '../model/names';
import { portErrors } from './ports';
import { validateLabelSelector } from './scheduling';

const { invalid, required, forbidden, notSupported } = fieldErrors;

const CIDR_TEXT =
  'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

interface Cidr {
  address: string;
  bits: number;
  family: 'ipv4' | 'ipv6';
}

function parseCidr(text: string): Cidr | undefined {
  const [address, bits = '', ...more] = text.split('/');
  const version = isIP(address);
  const fits =
    version !== 0 &&
    more.length === 0 &&
    /^\d{1,3}$/.test(bits) &&
    Number(bits) <= (version === 4 ? 32 : 128);
  return fits
    ? { address, bits: Number(bits), family: version === 4 ? 'ipv4' : 'ipv6' }
    : undefined;
}

function isStrictSubset(inner: Cidr, outer: Cidr): boolean {
  const block = new BlockList();
  block.addSubnet(outer.address, outer.bits, outer.family);
  return (
    inner.family === outer.family &&
    inner.bits > outer.bits &&
    block.check(inner.address, inner.family)
  );
}

function validateIpBlock({ cidr, except }: any, field: string): FieldError[] {
  if (!cidr) {
    return [required(`${field}.cidr`)];
  }
  const outer = parseCidr(cidr);
  if (!outer) {
    return [invalid(`${field}.cidr`, cidr, CIDR_TEXT)];
  }
  return (except ?? []).flatMap((text: string, i: number) => {
    const at = `${field}.except[${i}]`;
    const inner = parseCidr(text);
    if (!inner) {
      return [invalid(at, text, CIDR_TEXT)];
    }
    return isStrictSubset(inner, outer)
      ? []
      : [invalid(at, text, 'must be a strict subset of `cidr`')];
  });
}

function validatePeer(peer: any, field: string): FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  return [
    ...(podSelector
      ? validateLabelSelector(podSelector, `${field}.podSelector`)
      : []),
    ...(namespaceSelector
      ? validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`)
      : []),
    ...(ipBlock ? validateIpBlock(ipBlock, `${field}.ipBlock`) : []),
    ...(!podSelector && !namespaceSelector && !ipBlock
      ? [required(field, 'must specify a peer')]
      : []),
    ...(ipBlock && (podSelector || namespaceSelector)
      ? [forbidden(field, 'may not specify both ipBlock and another peer')]
      : []),
  ];
}

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];

function endPortFault({ port, endPort }: any): string | undefined {
  if (endPort === undefined) {
    return undefined;
  }
  if (port === undefined) {
    return 'may not be specified when `port` is not specified';
  }
  if (typeof port !== 'number') {
    return 'may not be specified when `port` is non-numeric';
  }
  return endPort < port ? 'must be greater than or equal to `port`' : undefined;
}

function validatePort(entry: any, field: string): FieldError[] {
  const { protocol, port, endPort } = entry;
  const fault = endPortFault(entry);
  return [
    ...(protocol && !PROTOCOLS.includes(protocol)
      ? [notSupported(`${field}.protocol`, protocol, PROTOCOLS)]
      : []),
    ...(typeof port === 'number' ? portErrors(port, `${field}.port`) : []),
    ...(typeof port === 'string'
      ? portName(port).map(text => invalid(`${field}.port`, port, text))
      : []),
    ...(fault ? [invalid(`${field}.endPort`, endPort, fault)] : []),
  ];
}

const validateRules = (
  rules: any[] = [],
  field: string,
  peers: 'from' | 'to',
): FieldError[] =>
  rules.flatMap((rule, i) => [
    ...(rule.ports ?? []).flatMap((port: any, at: number) =>
      validatePort(port, `${field}[${i}].ports[${at}]`),
    ),
    ...(rule[peers] ?? []).flatMap((peer: any, at: number) =>
      validatePeer(peer, `${field}[${i}].${peers}[${at}]`),
    ),
  ]);

const POLICY_TYPES = ['Ingress', 'Egress'];

/** The spec of a NetworkPolicy. */
export const validateNetworkPolicy = (spec: any = {}): FieldError[] => [
  ...validateLabelSelector(spec.podSelector, 'spec.podSelector'),
  ...validateRules(spec.ingress, 'spec.ingress', 'from'),
  ...validateRules(spec.egress, 'spec.egress', 'to'),
  ...(spec.policyTypes ?? []).flatMap((type: string, i: number) =>
    POLICY_TYPES.includes(type)
      ? []
      : [notSupported(`spec.policyTypes[${i}]`, type, POLICY_TYPES)],
  ),
];

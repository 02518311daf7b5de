import { BlockList, isIP } from 'node:net';

const familyOf = (address: string) =>
  isIP(address) === 6 ? ('ipv6' as const) : ('ipv4' as const);

/** Whether a network in CIDR notation holds an address; false for text that is none. */
export function isInNetwork(cidr: string, address: string): boolean {
  const [network, bits, ...more] = cidr.split('/');
  if (more.length || !isIP(network) || !/^\d{1,3}$/.test(bits ?? '')) {
    return false;
  }
  const family = familyOf(address);
  if (familyOf(network) !== family) return false;
  if (Number(bits) > (family === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(address, family);
}

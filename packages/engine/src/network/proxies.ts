import { isIP } from 'node:net';
import { ServiceUnavailableError } from '@backstage/errors';
import { isInNetwork } from './addresses';

/** The proxy by which a call goes. */
export interface Proxy {
  /** Without a user and a password: `http://proxy.example.com:3128`. */
  url: string;
  /** `proxy.example.com:3128` */
  host: string;
  /** Secret value of the header `proxy-authorization`, where the setting has a user. */
  authorization?: string;
  /** Which setting names it: `HTTPS_PROXY`, or `proxy-url` of a kubeconfig. */
  setting: string;
}

type Environment = Record<string, string | undefined>;

/** Where no proxy leads: this machine, and what answers on its link, such as the sources of credentials of AWS. */
const NEARBY = [
  '127.0.0.0/8',
  '::1/128',
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::/32',
];

const isNearby = (host: string) =>
  isIP(host)
    ? NEARBY.some(network => isInNetwork(network, host))
    : host === 'localhost' || host.endsWith('.localhost');

/** `[name]:443`, `name:443` or `name`; an IPv6 address without brackets is none of them. */
const ENTRY = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/;

/**
 * Whether a list as in NO_PROXY exempts a host, as Go reads it, and with it kubectl: an address, a network, a name with
 * all names below it, with a dot before it those alone, or everything. Each may have a port.
 *
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 */
export function exempts(
  noProxy: string,
  { host, port }: { host: string; port: number },
): boolean {
  return noProxy.split(',').some(text => {
    const [, bracketed, plain, ofPort] = ENTRY.exec(text.trim()) ?? [];
    const entry = (bracketed ?? plain ?? text.trim()).toLowerCase();
    if (!entry || (ofPort && Number(ofPort) !== port)) return false;
    if (entry === '*' || entry === host || isInNetwork(entry, host)) {
      return true;
    }
    const below = entry.replace(/^\*?\.?/, '.');
    return !isIP(host) && host.endsWith(below);
  });
}

/** The variable that is set, in small letters first, as the AWS CLI and curl read them. */
function settingOf(env: Environment, name: string): string | undefined {
  return [name.toLowerCase(), name].find(one => env[one]);
}

/** Whether the environment names a proxy for any call. @public */
export const usesProxies = (env: Environment = process.env): boolean =>
  ['HTTPS_PROXY', 'HTTP_PROXY'].some(name => settingOf(env, name));

/**
 * The proxy that an address names; one without a scheme speaks HTTP.
 *
 * @throws ServiceUnavailableError without the address, which may hold a password
 */
export function proxyAt(address: string, setting: string): Proxy {
  try {
    const url = new URL(
      address.includes('://') ? address : `http://${address}`,
    );
    if (!/^https?:$/.test(url.protocol)) throw new Error('another protocol');
    const { origin, host, username, password } = url;
    const [user, secret] = [username, password].map(decodeURIComponent);
    return {
      url: origin,
      host,
      setting,
      ...(user || secret
        ? {
            authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString(
              'base64',
            )}`,
          }
        : {}),
    };
  } catch {
    throw new ServiceUnavailableError(
      `${setting} names no proxy that can be used. Write it as http://proxy.example.com:3128, or as http://user:password@proxy.example.com:3128 with special characters of the password as in %40 for @.`,
    );
  }
}

/**
 * The proxy by which the environment has calls to a URL go: HTTPS_PROXY or HTTP_PROXY by its scheme, unless NO_PROXY
 * exempts the host. Nothing goes by a proxy that stays on this machine or its link.
 *
 * @throws ServiceUnavailableError where the variable names no proxy
 */
export function proxyOf(
  { protocol, hostname, port }: URL,
  env: Environment = process.env,
): Proxy | undefined {
  const secure = protocol === 'https:';
  const setting = settingOf(env, secure ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (!setting) return undefined;
  const host = hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const noProxy = env.no_proxy || env.NO_PROXY || '';
  const target = { host, port: Number(port) || (secure ? 443 : 80) };
  return isNearby(host) || exempts(noProxy, target)
    ? undefined
    : proxyAt(env[setting]!, setting);
}

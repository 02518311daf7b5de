import type { Voice } from '../text/voice';
import type { ProxyTrouble } from './ProxyError';

/** How a call ended that got no answer. */
export interface NoAnswer {
  /** Of Node or the SDK, or `PROXY_407`. */
  code: string;
  proxy?: ProxyTrouble;
}

const UNKNOWN_NAME = /^(ENOTFOUND|EAI_AGAIN)$/;
const LATE = /^(TimeoutError|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/;
const UNTRUSTED =
  /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER_CERT(?:_LOCALLY)?|VERIFY_LEAF_SIGNATURE))$/;

const placeOf = (setting: string, { my }: Voice) =>
  setting === 'proxy-url'
    ? 'proxy-url of the kubeconfig'
    : `${setting} in ${my} environment`;

function ofProxy(
  { code, proxy }: { code: string; proxy: ProxyTrouble },
  voice: Voice,
): { cause: string; action: string } {
  const { host, target, status } = proxy;
  const { me } = voice;
  const setting = placeOf(proxy.setting, voice);
  const [name] = target.split(/:\d+$/);
  const past =
    proxy.setting === 'proxy-url'
      ? `if ${name} is reached without the proxy, take proxy-url out of the kubeconfig`
      : `if ${name} is reached without the proxy, as a private endpoint is, add it to NO_PROXY in ${voice.my} environment`;
  if (status === 407) {
    return {
      cause: `The proxy ${host} does not accept who ${me} is (407).`,
      action: `Give ${setting} a user and a password that the proxy knows, as in http://user:password@${host}.`,
    };
  }
  if (status && status < 500) {
    return {
      cause: `The proxy ${host} refuses the way to ${target} (${status}).`,
      action: `Have the proxy allow ${target}; ${past}.`,
    };
  }
  if (status || LATE.test(code)) {
    return {
      cause: `The proxy ${host} found no way to ${target}${
        status ? ` (${status})` : ' in time'
      }.`,
      action: `Check ${setting}, and whether the proxy reaches ${target}; ${past}.`,
    };
  }
  if (UNKNOWN_NAME.test(code)) {
    return {
      cause: `DNS gives ${voice.host} no address of the proxy ${host}.`,
      action: `Correct ${setting}, or the DNS of ${voice.host}.`,
    };
  }
  return {
    cause:
      code === 'ECONNREFUSED'
        ? `Nothing takes connections at the proxy ${host}.`
        : `The proxy ${host} cannot be used (${code}).`,
    action: `Check ${setting}, and that the proxy runs.`,
  };
}

/**
 * Why a call got no answer, and what to do; undefined where the code does not tell.
 *
 * @param api - whose answer is missing
 * @param region - how a sentence names where that of AWS is written
 */
export function explainNoAnswer(
  { code, proxy }: NoAnswer,
  api: 'AWS' | 'Kubernetes',
  voice: Voice,
  region = 'the region',
): { cause: string; action: string } | undefined {
  if (proxy) return ofProxy({ code, proxy }, voice);
  const { me, my, host } = voice;
  const byProxy = `if ${host} gets there by a proxy alone, set HTTPS_PROXY in ${my} environment, and do not exempt the host in NO_PROXY.`;
  if (UNKNOWN_NAME.test(code)) {
    return {
      cause: `DNS gives ${host} no address for that name.`,
      action: `Check ${
        api === 'AWS' ? region : 'the endpoint'
      } and the DNS of ${host}; ${byProxy}`,
    };
  }
  if (code === 'ECONNREFUSED') {
    return {
      cause: 'Nothing takes connections there, or a firewall refuses them.',
      action: `Check ${
        api === 'AWS' ? 'AWS_ENDPOINT_URL, if it is set, ' : ''
      }the firewalls and the network of ${host}; ${byProxy}`,
    };
  }
  if (LATE.test(code)) {
    return {
      cause: `No answer came in time; a firewall may drop what ${me} sends.`,
      action: `Check the firewalls and the network of ${host}; ${byProxy}`,
    };
  }
  if (UNTRUSTED.test(code)) {
    return {
      cause:
        'Something on the way answers with a certificate of its own, as a proxy does that reads the traffic.',
      action:
        api === 'AWS'
          ? `If that is meant, name the file of its certificate authority in NODE_EXTRA_CA_CERTS in ${my} environment, and start again.`
          : `Let it pass on unread what goes to the cluster, or exempt the host in NO_PROXY in ${my} environment.`,
    };
  }
  return undefined;
}

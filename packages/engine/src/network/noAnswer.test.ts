import { PORTAL, PROGRAM } from '../text/voice';
import { explainNoAnswer } from './noAnswer';
import { ProxyError } from './ProxyError';

const proxy = {
  host: 'proxy.example.com:3128',
  setting: 'HTTPS_PROXY',
  target: 'sts.eu-west-1.amazonaws.com:443',
};

const said = (...args: Parameters<typeof explainNoAnswer>) => {
  const { cause, action } = explainNoAnswer(...args)!;
  return `${cause} ${action}`;
};

describe('explainNoAnswer', () => {
  it.each([
    [
      'ENOTFOUND',
      "DNS gives the portal's host no address for that name. Check the region and the DNS of the portal's host; if the portal's host gets there by a proxy alone, set HTTPS_PROXY in the portal's environment, and do not exempt the host in NO_PROXY.",
    ],
    [
      'ECONNREFUSED',
      "Nothing takes connections there, or a firewall refuses them. Check AWS_ENDPOINT_URL, if it is set, the firewalls and the network of the portal's host; if the portal's host gets there by a proxy alone, set HTTPS_PROXY in the portal's environment, and do not exempt the host in NO_PROXY.",
    ],
    [
      'ETIMEDOUT',
      "No answer came in time; a firewall may drop what the portal sends. Check the firewalls and the network of the portal's host; if the portal's host gets there by a proxy alone, set HTTPS_PROXY in the portal's environment, and do not exempt the host in NO_PROXY.",
    ],
    [
      'SELF_SIGNED_CERT_IN_CHAIN',
      "Something on the way answers with a certificate of its own, as a proxy does that reads the traffic. If that is meant, name the file of its certificate authority in NODE_EXTRA_CA_CERTS in the portal's environment, and start again.",
    ],
  ])('tells of %s from AWS', (code, words) => {
    expect(said({ code }, 'AWS', PORTAL)).toBe(words);
    const theirs = said({ code }, 'AWS', PROGRAM);
    expect(theirs).not.toContain('portal');
    expect(theirs).toContain('in your environment');
  });

  it('speaks of a cluster by its endpoint, and of its own authority', () => {
    expect(said({ code: 'EAI_AGAIN' }, 'Kubernetes', PROGRAM)).toMatch(
      /^DNS gives this machine no address for that name\. Check the endpoint and the DNS of this machine;/,
    );
    expect(
      said({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'Kubernetes', PROGRAM),
    ).toMatch(
      /Let it pass on unread what goes to the cluster, or exempt the host in NO_PROXY in your environment\.$/,
    );
  });

  it.each([
    [
      { code: 'ENOTFOUND' },
      'DNS gives this machine no address of the proxy proxy.example.com:3128. Correct HTTPS_PROXY in your environment, or the DNS of this machine.',
    ],
    [
      { code: 'ECONNREFUSED' },
      'Nothing takes connections at the proxy proxy.example.com:3128. Check HTTPS_PROXY in your environment, and that the proxy runs.',
    ],
    [
      { code: 'ECONNRESET' },
      'The proxy proxy.example.com:3128 cannot be used (ECONNRESET). Check HTTPS_PROXY in your environment, and that the proxy runs.',
    ],
    [
      { code: 'ETIMEDOUT' },
      'The proxy proxy.example.com:3128 found no way to sts.eu-west-1.amazonaws.com:443 in time. Check HTTPS_PROXY in your environment, and whether the proxy reaches sts.eu-west-1.amazonaws.com:443; if sts.eu-west-1.amazonaws.com is reached without the proxy, as a private endpoint is, add it to NO_PROXY in your environment.',
    ],
  ])('tells of the proxy itself: %j', (how, words) => {
    expect(said({ ...how, proxy }, 'AWS', PROGRAM)).toBe(words);
  });

  it('leaves to others what a code does not tell', () => {
    expect(
      explainNoAnswer({ code: 'ECONNRESET' }, 'AWS', PORTAL),
    ).toBeUndefined();
  });
});

describe('ProxyError', () => {
  it.each([
    [{ code: 'ENOTFOUND', message: 'm' }, 'ENOTFOUND'],
    [{ code: 'UND_ERR_CONNECT_TIMEOUT', message: 'm' }, 'ETIMEDOUT'],
    [{ code: 'UND_ERR_SOCKET', message: 'm' }, 'ECONNRESET'],
    [{ message: 'm' }, 'ECONNRESET'],
  ])('has of %j the code %s', (cause, code) => {
    expect(new ProxyError(proxy, cause)).toMatchObject({
      code,
      message:
        'the proxy proxy.example.com:3128 opened no way to sts.eu-west-1.amazonaws.com:443: m',
    });
  });
});

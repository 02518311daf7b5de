import { proxyAt, proxyOf, usesProxies } from './proxies';

const PROXY = 'http://proxy.example.com:3128';
const API = 'https://ABC.gr7.eu-west-1.eks.amazonaws.com';

const hostFor = (url: string, env: Record<string, string>) =>
  proxyOf(new URL(url), env)?.host;

describe('proxyOf', () => {
  it.each<[string, Record<string, string>, string, string | undefined]>([
    ['nothing is set', {}, API, undefined],
    ['HTTPS_PROXY', { HTTPS_PROXY: PROXY }, API, 'proxy.example.com:3128'],
    ['https_proxy', { https_proxy: PROXY }, API, 'proxy.example.com:3128'],
    [
      'small letters first',
      { https_proxy: PROXY, HTTPS_PROXY: 'http://other:1' },
      API,
      'proxy.example.com:3128',
    ],
    [
      'an empty variable is none',
      { https_proxy: '', HTTPS_PROXY: PROXY },
      API,
      'proxy.example.com:3128',
    ],
    ['HTTP_PROXY for HTTPS', { HTTP_PROXY: PROXY }, API, undefined],
    ['HTTPS_PROXY for HTTP', { HTTPS_PROXY: PROXY }, 'http://a.b', undefined],
    [
      'HTTP_PROXY',
      { HTTP_PROXY: PROXY },
      'http://a.b',
      'proxy.example.com:3128',
    ],
    ['no scheme', { HTTPS_PROXY: 'p:3128' }, API, 'p:3128'],
    ['a proxy behind TLS', { HTTPS_PROXY: 'https://p' }, API, 'p'],
  ])('%s', (_, env, url, host) => {
    expect(hostFor(url, env)).toBe(host);
    expect(usesProxies(env)).toBe(Object.keys(env).length > 0);
  });

  // As golang.org/x/net/http/httpproxy, which kubectl uses
  it.each([
    ['*', API, true],
    ['eks.amazonaws.com', API, true],
    ['.eks.amazonaws.com', API, true],
    ['*.eks.amazonaws.com', API, true],
    ['EKS.amazonaws.com', API, true],
    ['abc.gr7.eu-west-1.eks.amazonaws.com', API, true],
    ['.abc.gr7.eu-west-1.eks.amazonaws.com', API, false],
    ['s.amazonaws.com', API, false],
    ['other.com, .amazonaws.com', API, true],
    ['amazonaws.com:443', API, true],
    ['amazonaws.com:8443', API, false],
    ['amazonaws.com:8443', `${API}:8443`, true],
    ['', API, false],
    [',', API, false],
    ['10.0.0.0/8', 'https://10.100.0.1', true],
    ['10.100.0.1', 'https://10.100.0.1', true],
    ['0.0.1', 'https://10.100.0.1', false],
    ['172.16.0.0/12', 'https://10.100.0.1', false],
    ['fd00::/8', 'https://[fd12::1]', true],
    ['[fd12::1]:443', 'https://[fd12::1]', true],
    ['fd12::1', 'https://[fd12::1]', true],
    ['fd12::2', 'https://[fd12::1]', false],
  ])('NO_PROXY=%s exempts %s: %s', (NO_PROXY, url, exempt) => {
    const host = hostFor(url, { HTTPS_PROXY: PROXY, NO_PROXY });
    expect(host === undefined).toBe(exempt);
    expect(hostFor(url, { HTTPS_PROXY: PROXY, no_proxy: NO_PROXY })).toBe(host);
  });

  it.each([
    'localhost',
    'api.localhost',
    '127.0.0.1',
    '127.1.2.3',
    '[::1]',
    '169.254.170.23',
    '169.254.169.254',
    '[fe80::1]',
    '[fd00:ec2::23]',
    '[fd00:ec2::254]',
  ])('sends nothing for %s through a proxy', host => {
    const env = { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY };
    expect(hostFor(`http://${host}/v1/credentials`, env)).toBeUndefined();
    expect(hostFor(`https://${host}:8443`, env)).toBeUndefined();
  });
});

describe('proxyAt', () => {
  it('keeps user and password out of all but the header', () => {
    const { authorization, ...shown } = proxyAt(
      'http://ada:p%40ss@proxy.example.com:3128',
      'HTTPS_PROXY',
    );
    expect(shown).toEqual({
      url: 'http://proxy.example.com:3128',
      host: 'proxy.example.com:3128',
      setting: 'HTTPS_PROXY',
    });
    expect(authorization).toBe(
      `Basic ${Buffer.from('ada:p@ss').toString('base64')}`,
    );
  });

  it.each([
    'http://ada:geheim@',
    'http://ada:geheim%@proxy',
    'http://ada:ge heim@pro xy:port',
    'socks5://ada:geheim@proxy:1080',
  ])('refuses %s without repeating it', address => {
    const error = (() => {
      try {
        return proxyAt(address, 'HTTPS_PROXY');
      } catch (caught) {
        return caught as Error;
      }
    })();
    expect(error).toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringMatching(/^HTTPS_PROXY names no proxy/),
    });
    expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toMatch(
      /geheim|heim/,
    );
    expect((error as Error).cause).toBeUndefined();
  });
});

import { startSandbox, type Sandbox, useEndpoint } from 'eks-sandbox';
import { toAwsBackstageError } from '../aws/errors';
import { toKubernetesBackstageError } from '../kubernetes/errors';
import { TestProxy, useProxies } from '../network/__testUtils__/TestProxy';
import { ApiSwitch } from './__testUtils__/ApiSwitch';
import { portal } from './__testUtils__/portal';

const AWS = 'aws.sandbox.invalid';
const API = 'api.sandbox.invalid';
const PASSWORD = 'geheim-7';
const AS_HEADER = `Basic ${Buffer.from(`ada:${PASSWORD}`).toString('base64')}`;

const keysOf = ({ backstage }: Sandbox['credentials']) => ({
  accessKeyId: backstage.accessKeyId,
  secretAccessKey: backstage.secretAccessKey,
});

describe('A portal behind a proxy', () => {
  let sandbox: Sandbox;
  let api: ApiSwitch;
  let proxy: TestProxy;
  let undo: Array<() => void>;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ['payments-prod'] });
    proxy = await TestProxy.start();
  });
  afterAll(async () => {
    await proxy.stop();
    await sandbox.stop();
  });
  beforeEach(async () => {
    proxy.reset();
    api = await ApiSwitch.start(sandbox, 'payments-prod');
    await api.set('named');
    undo = [useEndpoint(`http://${AWS}:${api.awsPort}`)];
  });
  afterEach(async () => {
    undo.reverse().forEach(one => one());
    await api.stop();
  });

  const withPassword = () => `http://ada:${PASSWORD}@${proxy.host}`;

  const use = (settings: Record<string, string>) =>
    undo.push(useProxies(settings));

  const both = (url: string) => ({ HTTP_PROXY: url, HTTPS_PROXY: url });

  const clustersOf = (more: Partial<Parameters<typeof portal>[0]> = {}) =>
    portal({
      sandbox,
      aws: {
        accounts: [
          { accountId: sandbox.accountId, ...keysOf(sandbox.credentials) },
        ],
      },
      clusters: [{ name: 'payments-prod', roles: sandbox.credentials.roles }],
      section: { timings: { retryPause: 1 } },
      ...more,
    }).clusters;

  /** Asks AWS, as a role that it assumes, and Kubernetes. */
  async function ask(clusters = clustersOf()) {
    const session = clusters.session('payments-prod', 'read');
    const cluster = clusters.get('payments-prod');
    try {
      const described = await session
        .describeCluster({ fresh: true })
        .then(({ name }) => name)
        .catch(error =>
          toAwsBackstageError(error, { doing: 'describe it', cluster }),
        );
      const nodes = await session
        .kubernetes()
        .then(kubernetes => kubernetes.listNodes())
        .then(({ length }) => length)
        .catch(error =>
          toKubernetesBackstageError(error, { doing: 'list nodes', cluster }),
        );
      return { described, nodes };
    } finally {
      await clusters.close();
    }
  }

  const reached = { described: 'payments-prod', nodes: expect.any(Number) };

  /** Of the Kubernetes API alone: AWS names it before. */
  const kubernetesAccess = () => async () => {
    const { certificateAuthorityData, endpoint } = sandbox.connections()[0];
    return {
      endpoint: endpoint.replace('127.0.0.1', API),
      ca: Buffer.from(certificateAuthorityData, 'base64').toString(),
      token: { get: async () => 'none', forget: () => {} },
    };
  };

  const failures = async () => {
    const clusters = clustersOf({ kubernetesAccess: kubernetesAccess() });
    const { described, nodes } = await ask(clusters);
    const words = [described, nodes].map(one => {
      expect(one).toBeInstanceOf(Error);
      const { message, stack, cause } = one as Error;
      // What a log may print of it
      expect(`${message}${stack}${cause}`).not.toContain(PASSWORD);
      return message;
    });
    expect(JSON.stringify([described, nodes])).not.toContain(AS_HEADER);
    return { aws: words[0], kubernetes: words[1] };
  };

  it('goes by it for AWS, STS and Kubernetes, says who asks, and keeps its tunnels', async () => {
    use(both(withPassword()));
    const clusters = clustersOf();
    const session = clusters.session('payments-prod', 'read');
    for (let times = 0; times < 3; times++) {
      await session.describeCluster({ fresh: true });
      const kubernetes = await session.kubernetes();
      await kubernetes.listNodes();
      expect(await kubernetes.addresses()).toEqual(['', '', '']);
    }
    // One that assumes the role, and one of the SDK's clients
    expect(proxy.asked).toEqual([
      `${AWS}:${api.awsPort}`,
      `${AWS}:${api.awsPort}`,
      `${API}:${new URL(api.endpoint).port}`,
    ]);
    expect(proxy.authorization).toBe(AS_HEADER);
    expect(proxy.forwarded).toEqual([]);
    await clusters.close();
  });

  it('opens a new tunnel for each dry run, which a proxy leads where it will', async () => {
    use(both(proxy.url));
    const clusters = clustersOf();
    const kubernetes = await clusters
      .session('payments-prod', 'verify')
      .kubernetes();
    proxy.reset();
    const pod = {
      metadata: { name: 'p', namespace: 'payments' },
      spec: { containers: [{ name: 'a', image: 'b' }] },
    };
    for (const address of ['', '10.0.0.1', undefined]) {
      await kubernetes.dryRunPod('payments', pod, { address });
    }
    expect(proxy.hosts).toEqual([API]);
    expect(proxy.asked).toHaveLength(3);
    await clusters.close();
  });

  it('leaves it aside for this machine', async () => {
    await api.set('open');
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${api.awsPort}`;
    use(both(proxy.url));
    expect(await ask()).toEqual(reached);
    expect(proxy.asked).toEqual([]);
  });

  it.each([
    ['no proxy', {}],
    ['NO_PROXY for all names below one', { NO_PROXY: 'example.com,invalid' }],
    ['no_proxy for each name', { no_proxy: `${AWS},${API}` }],
  ])('goes straight with %s', async (_, settings) => {
    use(
      'NO_PROXY' in settings || 'no_proxy' in settings
        ? { ...both(proxy.url), ...settings }
        : {},
    );
    const { aws, kubernetes } = await failures();
    expect(aws).toMatch(
      /^Could not describe it .*No answer: getaddrinfo (?:ENOTFOUND|EAI_AGAIN) aws\.sandbox\.invalid\. The portal cannot reach AWS in eu-west-1\. DNS gives the portal's host no address for that name\. Check the region and the DNS of the portal's host; if the portal's host gets there by a proxy alone, set HTTPS_PROXY in the portal's environment, and do not exempt the host in NO_PROXY\.$/,
    );
    expect(kubernetes).toMatch(
      /^Could not list nodes .*getaddrinfo (?:ENOTFOUND|EAI_AGAIN) api\.sandbox\.invalid\. .*public access CIDRs.* DNS gives the portal's host no address for that name\. Check the endpoint and the DNS .*HTTPS_PROXY/,
    );
    expect(proxy.asked).toEqual([]);
  });

  it.each([
    [
      407,
      /[Tt]he proxy 127\.0\.0\.1:\d+ answered 407 to the call of \S+\. (.* )?The proxy \S+ does not accept who the portal is \(407\)\. Give HTTPS?_PROXY in the portal's environment a user and a password that the proxy knows, as in http:\/\/user:password@127\.0\.0\.1:\d+\.$/,
    ],
    [
      403,
      /The proxy \S+ refuses the way to (aws|api)\.sandbox\.invalid:\d+ \(403\)\. Have the proxy allow \S+; if (aws|api)\.sandbox\.invalid is reached without the proxy, as a private endpoint is, add it to NO_PROXY in the portal's environment\.$/,
    ],
    [
      503,
      /The proxy \S+ found no way to (aws|api)\.sandbox\.invalid:\d+ \(503\)\. Check HTTPS?_PROXY in the portal's environment, and whether the proxy reaches \S+; if .* NO_PROXY/,
    ],
  ])('says what to do where it answers %s', async (refusal, words) => {
    use(both(withPassword()));
    proxy.refusal = refusal;
    const { aws, kubernetes } = await failures();
    expect(aws).toMatch(words);
    expect(kubernetes).toMatch(words);
    // A refusal stays one
    expect(proxy.asked).toHaveLength(refusal < 500 ? 2 : proxy.asked.length);
  });

  it('says so where it never answers', async () => {
    use(both(withPassword()));
    proxy.refusal = 'silence';
    const clusters = clustersOf({
      kubernetesAccess: kubernetesAccess(),
      // wall time: it never answers, so any pause ends as this does
      section: { timings: { retryPause: 1, connectTimeout: 100 } },
    });
    const { described, nodes } = await ask(clusters);
    const words =
      /The proxy \S+ found no way to \S+ in time\. Check HTTPS?_PROXY in the portal's environment/;
    expect(`${described}`).toMatch(words);
    expect(`${nodes}`).toMatch(words);
  });

  it('says so where nothing listens there, or nobody knows its name', async () => {
    const gone = await TestProxy.start();
    const { host } = gone;
    await gone.stop();
    use(both(`http://ada:${PASSWORD}@${host}`));
    const closed =
      /Nothing takes connections at the proxy 127\.0\.0\.1:\d+\. Check HTTPS?_PROXY in the portal's environment, and that the proxy runs\.$/;
    const first = await failures();
    expect(first.aws).toMatch(closed);
    expect(first.kubernetes).toMatch(closed);
    use(both(`http://ada:${PASSWORD}@proxy.invalid:3128`));
    const unknown =
      /DNS gives the portal's host no address of the proxy proxy\.invalid:3128\. Correct HTTPS?_PROXY in the portal's environment, or the DNS of the portal's host\.$/;
    const second = await failures();
    expect(second.aws).toMatch(unknown);
    expect(second.kubernetes).toMatch(unknown);
  });

  it('says so where the setting names none', async () => {
    use(both(`socks5://ada:${PASSWORD}@proxy:1080`));
    const { aws, kubernetes } = await failures();
    expect(aws).toMatch(/^HTTP_PROXY names no proxy that can be used\./);
    expect(kubernetes).toMatch(/^HTTPS_PROXY names no proxy that can be used/);
  });

  it("goes by it for the role of an account in Backstage's configuration", async () => {
    use(both(proxy.url));
    const { roles } = sandbox.credentials;
    const clusters = clustersOf({
      aws: {
        mainAccount: keysOf(sandbox.credentials),
        accounts: [
          {
            accountId: sandbox.accountId,
            roleName: roles.read.split(':role/')[1],
            region: sandbox.region,
          },
        ],
      },
      clusters: [{ name: 'payments-prod' }],
    });
    const { described, nodes } = await ask(clusters);
    expect(`${described} ${nodes}`).toMatch(/^payments-prod \d+$/);
    expect(proxy.hosts).toEqual([API, AWS]);
  });
});

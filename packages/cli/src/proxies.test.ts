import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// The one proxy of all tests, and the API under another name: no part of the published package.
/* eslint-disable @backstage/no-relative-monorepo-imports */
import { ApiSwitch } from '../../engine/src/clusters/__testUtils__/ApiSwitch';
import { connectionTo } from '../../engine/src/kubernetes/__testUtils__/connectionTo';
import {
  TestProxy,
  useProxies,
} from '../../engine/src/network/__testUtils__/TestProxy';
/* eslint-enable @backstage/no-relative-monorepo-imports */
import { CliWorld } from './__testUtils__/CliWorld';

const AWS = 'aws.sandbox.invalid';
const API = 'api.sandbox.invalid';
const PASSWORD = 'geheim-7';
const VERIFY = [
  'verify',
  'payments/payments-ledger',
  '--cluster=payments-prod',
  '--probe=admission',
];

describe('the program behind a proxy', () => {
  let world: CliWorld;
  let proxy: TestProxy;
  let api: ApiSwitch;
  let undo: () => void;
  const folder = mkdtempSync(join(tmpdir(), 'cli-proxies-'));

  beforeAll(async () => {
    world = await CliWorld.start();
    proxy = await TestProxy.start();
    api = await ApiSwitch.start(world.sandbox, 'payments-prod');
    await api.set('named');
    process.env.AWS_ENDPOINT_URL = `http://${AWS}:${api.awsPort}`;
    process.env.AWS_REGION = world.sandbox.region;
    world.use(world.sandbox.credentials.admin);
  });
  afterAll(async () => {
    await api.stop();
    await proxy.stop();
    await world.stop();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    proxy.reset();
    undo = () => {};
  });
  afterEach(() => undo());

  const use = (settings: Record<string, string>) => {
    undo = useProxies(settings);
  };
  const byProxy = () => {
    const url = `http://ada:${PASSWORD}@${proxy.host}`;
    return { HTTP_PROXY: url, https_proxy: url };
  };

  /** Also what it writes to a file has no password. */
  async function run(...argv: string[]) {
    let bundle = '';
    const ended = await world.run(argv, {
      writeFile: (_, text) => {
        bundle = text;
      },
    });
    const said = `${ended.stdout}${ended.stderr}${bundle}`;
    expect(said).not.toContain(PASSWORD);
    expect(said).not.toContain(
      Buffer.from(`ada:${PASSWORD}`).toString('base64'),
    );
    return ended;
  }

  it('verifies through it', async () => {
    use(byProxy());
    const { code, stdout } = await run(...VERIFY, '--bundle=facts.json');
    expect(stdout).toMatch(/^✓ admission\.injects /m);
    expect(code).toBe(0);
    expect(proxy.hosts).toEqual([API, AWS]);
    expect(proxy.forwarded).toEqual([]);
  });

  it('leaves it aside for this machine', async () => {
    await api.set('open');
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${api.awsPort}`;
    use(byProxy());
    expect((await run(...VERIFY)).code).toBe(0);
    expect(proxy.asked).toEqual([]);
    process.env.AWS_ENDPOINT_URL = `http://${AWS}:${api.awsPort}`;
    await api.set('named');
  });

  it.each([
    ['without one', {}, [], 'eu-west-1', 'AWS_REGION'],
    [
      'with NO_PROXY, in a region that AWS does not have',
      { NO_PROXY: 'sandbox.invalid' },
      ['--region=eu-west-9'],
      'eu-west-9',
      '--region',
    ],
  ])('finds no AWS %s, and asks for no login', async (...row) => {
    const [, more, flags, region, where] = row;
    use('NO_PROXY' in more ? { ...byProxy(), ...more } : {});
    const { code, stderr } = await run(...VERIFY, ...flags);
    expect(stderr.replace(/: [^:]*(?=aws\.sandbox)/, ': … ')).toBe(
      `eks-pod-identity: AWS gave no answer to "who am I" in ${region}: … aws.sandbox.invalid. DNS gives this machine no address for that name. Check ${where} and the DNS of this machine; if this machine gets there by a proxy alone, set HTTPS_PROXY in your environment, and do not exempt the host in NO_PROXY.\n`,
    );
    expect(code).toBe(4);
    expect(proxy.asked).toEqual([]);
  });

  it('finds no Kubernetes where NO_PROXY exempts that alone', async () => {
    use({ ...byProxy(), NO_PROXY: API });
    const { code, stdout } = await run(...VERIFY);
    expect(code).toBe(3);
    expect(stdout).toMatch(/DNS gives this machine no address for that name/);
    expect(proxy.hosts).toEqual([AWS]);
  });

  it.each([
    [
      407,
      /does not accept who this program is \(407\)\. Give HTTP_PROXY in your environment a user and a password/,
    ],
    [
      403,
      /refuses the way to aws\.sandbox\.invalid:\d+ \(403\)\. Have the proxy allow/,
    ],
  ])('says what to do where it refuses AWS with %s', async (refusal, words) => {
    use(byProxy());
    proxy.refusal = refusal;
    const { code, stderr } = await run(...VERIFY);
    expect(stderr).toMatch(words);
    expect(stderr).not.toContain('Log in');
    expect(code).toBe(4);
  });

  it('says what to do where it refuses Kubernetes', async () => {
    use(byProxy());
    proxy.refusal = 403;
    proxy.refused = API;
    const { code, stdout } = await run(...VERIFY, '--bundle=facts.json');
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /The proxy 127\.0\.0\.1:\d+ refuses the way to api\.sandbox\.invalid:\d+\s+\(403\)/,
    );
    expect(stdout.replace(/\s+/g, ' ')).toMatch(
      /if api\.sandbox\.invalid is reached without the proxy, as a private endpoint is, add it to NO_PROXY in your environment/,
    );
  });

  it('goes by the proxy-url of a kubeconfig, whatever the environment says', async () => {
    use({});
    await api.set('open');
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${api.awsPort}`;
    const keys = world.sandbox.credentials.admin;
    const { ca, token } = connectionTo(world.sandbox, 'payments-prod', keys);
    const cluster = {
      server: `https://${API}:${new URL(api.endpoint).port}`,
      'certificate-authority-data': Buffer.from(ca).toString('base64'),
      'proxy-url': `http://ada:${PASSWORD}@${proxy.host}`,
    };
    const file = join(folder, 'kubeconfig');
    writeFileSync(
      file,
      JSON.stringify({
        'current-context': 'here',
        clusters: [{ name: 'c', cluster }],
        users: [{ name: 'u', user: { token: await token.get() } }],
        contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
      }),
    );
    const { code } = await run(...VERIFY, `--kubeconfig=${file}`);
    expect(code).toBe(0);
    expect(proxy.hosts).toEqual([API]);
  });
});

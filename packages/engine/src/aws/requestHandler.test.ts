import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { type Sandbox, startSandbox, useEndpoint } from 'eks-sandbox';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import tls from 'node:tls';
import { generate } from 'selfsigned';
import { TestProxy, useProxies } from '../network/__testUtils__/TestProxy';
import { systemClock } from '../async/clock';
import { classifyAwsError } from './classify';
import { toAwsBackstageError } from './errors';
import { localKeys } from './localKeys';
import { askedByProxies, createRequestHandler } from './requestHandler';
import { createRetryStrategy } from './retryStrategy';

const TIMEOUTS = {
  requestTimeoutMs: PATIENCE_MS,
  connectTimeoutMs: PATIENCE_MS,
};
const STS = 'sts.eu-west-1.amazonaws.com';
const PORTAL = 'portal.sso.us-east-1.amazonaws.com';

/** What the handler sends by; the SDK makes it on first use. */
async function agentsOf(handler: NodeHttpHandler): Promise<http.Agent[]> {
  const { httpsAgent, httpAgentProvider } = await (handler as any)
    .configProvider;
  return [await httpAgentProvider(), httpsAgent];
}

const shapeOf = ({ keepAlive, maxSockets, maxFreeSockets, options }: any) => ({
  keepAlive,
  maxSockets,
  maxFreeSockets,
  options,
});

describe('createRequestHandler', () => {
  it('has the agents of the SDK where the environment names no proxy', async () => {
    const restore = useProxies({ NO_PROXY: 'example.com' });
    const ours = await agentsOf(createRequestHandler(TIMEOUTS));
    const theirs = await agentsOf(new NodeHttpHandler());
    expect(ours.map(shapeOf)).toEqual(theirs.map(shapeOf));
    expect(ours.map(shapeOf)).toMatchObject([
      { keepAlive: true },
      { keepAlive: true },
    ]);
    expect(ours.map(({ createConnection }) => createConnection)).toEqual([
      http.Agent.prototype.createConnection,
      https.Agent.prototype.createConnection,
    ]);
    expect(askedByProxies(TIMEOUTS)).toEqual({});
    restore();
  });

  it('has agents that keep connections alike where it names one', async () => {
    const theirs = await agentsOf(new NodeHttpHandler());
    const restore = useProxies({ HTTPS_PROXY: 'http://proxy:3128' });
    const ours = await agentsOf(createRequestHandler(TIMEOUTS));
    expect(ours.map(shapeOf)).toEqual(theirs.map(shapeOf));
    restore();
  });
});

describe('an answer of AWS that does not end', () => {
  it('is read up to 64 MB, once', async () => {
    let asked = 0;
    let megabytes = 0;
    const server = http.createServer(async (_, response) => {
      asked += 1;
      response.writeHead(200, { 'content-type': 'text/xml' });
      const chunk = 'a'.repeat(2 ** 20);
      while (!response.destroyed) {
        megabytes += 1;
        if (response.write(chunk)) continue;
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
    });
    await new Promise<void>(done =>
      server.listen(0, '127.0.0.1', () => done()),
    );
    const sts = new STSClient({
      region: 'eu-west-1',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      requestHandler: createRequestHandler(TIMEOUTS),
      retryStrategy: createRetryStrategy(systemClock, 1),
    });
    const error = await sts
      .send(new GetCallerIdentityCommand())
      .catch(caught => caught);
    expect(classifyAwsError(error)).toMatchObject({
      kind: 'other',
      code: 'AnswerTooLong',
      message: 'it is longer than 64 MB, and more is not read',
    });
    expect(asked).toBe(1);
    // With those on their way
    expect(megabytes).toBeLessThan(80);
    sts.destroy();
    server.closeAllConnections();
    await new Promise(done => server.close(done));
  });
});

describe('AWS behind a proxy, by TLS and under its own names', () => {
  let sandbox: Sandbox;
  let proxy: TestProxy;
  let front: https.Server;
  let authority: string;
  let restore: () => void;
  let names: string[];
  const trusted = tls.getCACertificates('default');

  beforeAll(async () => {
    sandbox = await startSandbox({ scenario: 'empty' });
    proxy = await TestProxy.start();
    const made = await generate([{ name: 'commonName', value: 'AWS' }], {
      algorithm: 'sha256',
      extensions: [
        {
          name: 'subjectAltName',
          altNames: [STS, PORTAL].map(value => ({ type: 2, value })),
        },
      ],
    });
    authority = made.cert;
    const { hostname, port } = new URL(sandbox.awsEndpoint);
    front = https.createServer(
      { key: made.private, cert: made.cert },
      (request, response) => {
        const { method, headers, url: path = '' } = request;
        names.push(`${headers.host} ${path.split('?')[0]}`);
        if (path.startsWith('/federation/credentials')) {
          const roleCredentials = {
            accessKeyId: 'ASIAEXAMPLE000000000',
            secretAccessKey: 'x',
            sessionToken: 'y',
            expiration: Date.now() + 3_600_000,
          };
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify({ roleCredentials }));
          return;
        }
        request.pipe(
          http.request({ hostname, port, method, path, headers }, answer => {
            response.writeHead(answer.statusCode!, answer.headers);
            answer.pipe(response);
          }),
        );
      },
    );
    await new Promise<void>(done => front.listen(0, '127.0.0.1', done));
    proxy.ports['443'] = (front.address() as AddressInfo).port;
  });
  afterAll(async () => {
    await proxy.stop();
    front.closeAllConnections();
    await new Promise(done => front.close(done));
    await sandbox.stop();
  });
  beforeEach(() => {
    names = [];
    proxy.reset();
    const undo = [
      useEndpoint(sandbox.awsEndpoint),
      useProxies({ HTTPS_PROXY: proxy.url }),
    ];
    delete process.env.AWS_ENDPOINT_URL;
    restore = () => undo.forEach(one => one());
    tls.setDefaultCACertificates([...trusted, authority]);
  });
  afterEach(() => {
    tls.setDefaultCACertificates(trusted);
    restore();
  });

  const client = () =>
    new STSClient({
      region: 'eu-west-1',
      credentials: sandbox.credentials.admin,
      requestHandler: createRequestHandler(TIMEOUTS),
      maxAttempts: 1,
    });

  it('calls it through one tunnel, which is kept', async () => {
    const sts = client();
    for (let times = 0; times < 3; times++) {
      const { Account } = await sts.send(new GetCallerIdentityCommand({}));
      expect(Account).toBe(sandbox.accountId);
    }
    expect(proxy.asked).toEqual([`${STS}:443`]);
    expect(names).toEqual(Array(3).fill(`${STS} /`));
    expect(proxy.forwarded).toEqual([]);
    sts.destroy();
  });

  it('trusts no certificate of the proxy that it does not know', async () => {
    tls.setDefaultCACertificates(trusted);
    const handler = createRequestHandler(TIMEOUTS);
    // As the SDK's client hands it on; between the realms of Jest it keeps the text alone.
    const request: any = {
      protocol: 'https:',
      hostname: STS,
      port: 443,
      method: 'GET',
      path: '/',
      headers: {},
    };
    const error = await handler.handle(request).catch(caught => caught);
    expect(
      toAwsBackstageError(error, { doing: 'ask who calls' }).message,
    ).toMatch(
      /^Could not ask who calls\. No answer: self-signed certificate\b.*\. The portal cannot reach AWS\. Something on the way answers with a certificate of its own, .* NODE_EXTRA_CA_CERTS in the portal's environment/,
    );
    expect(names).toEqual([]);
    handler.destroy();
  });

  describe('with a profile', () => {
    let home: string;
    const before = process.env.HOME;
    beforeEach(() => {
      home = mkdtempSync(join(tmpdir(), 'home-'));
      process.env.HOME = home;
    });
    afterEach(() => {
      process.env.HOME = before;
      rmSync(home, { recursive: true });
    });

    const write = (path: string, ...lines: string[]) => {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      writeFileSync(join(home, path), lines.join('\n'));
      return join(home, path);
    };

    it('finds keys of a role that it assumes', async () => {
      const { backstage, roles } = sandbox.credentials;
      process.env.AWS_CONFIG_FILE = write(
        'config',
        '[profile base]',
        `aws_access_key_id = ${backstage.accessKeyId}`,
        `aws_secret_access_key = ${backstage.secretAccessKey}`,
        '[profile reader]',
        'source_profile = base',
        `role_arn = ${roles.read}`,
      );
      const { arn } = await localKeys({
        region: 'eu-west-1',
        profile: 'reader',
        timeouts: TIMEOUTS,
      });
      expect(arn).toContain(':assumed-role/');
      expect(names).toEqual([`${STS} /`, `${STS} /`]);
      expect(proxy.hosts).toEqual([STS]);
    });

    it('finds keys of IAM Identity Center, in its own region', async () => {
      const start = 'https://example.awsapps.com/start';
      process.env.AWS_CONFIG_FILE = write(
        'config',
        '[profile person]',
        `sso_start_url = ${start}`,
        'sso_region = us-east-1',
        `sso_account_id = ${sandbox.accountId}`,
        'sso_role_name = reader',
      );
      const name = createHash('sha1').update(start).digest('hex');
      write(
        `.aws/sso/cache/${name}.json`,
        JSON.stringify({ accessToken: 't', expiresAt: '2999-01-01T00:00:00Z' }),
      );
      const found = localKeys({
        region: 'eu-west-1',
        profile: 'person',
        timeouts: TIMEOUTS,
      });
      // These keys are none of the sandbox, which is asked with them all the same.
      await expect(found).rejects.toThrow('security token');
      expect(names).toEqual([`${PORTAL} /federation/credentials`, `${STS} /`]);
      expect(proxy.hosts).toEqual([PORTAL, STS]);
    });
  });
});

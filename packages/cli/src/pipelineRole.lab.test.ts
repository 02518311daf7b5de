/** @needs aws kubectl */
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { awsVariables } from './__testUtils__/bundles';
import { CliWorld } from './__testUtils__/CliWorld';
import { Pipeline } from './__testUtils__/pipelines';

const ROOT = resolve(__dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'docs/pipelines.md'), 'utf8');
const GITHUB = 'https://token.actions.githubusercontent.com';

/** The one block of the page with these words. */
function block(language: string, words: string): string {
  const found = [...PAGE.matchAll(/^```(\w+)\n([^]*?)^```/gm)].filter(
    ([, name, text]) => name === language && text.includes(words),
  );
  expect(found).toHaveLength(1);
  return found[0][2];
}

/** An issuer of tokens that is no cluster. */
function newIssuer() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
  });
  const part = (value: object) =>
    Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    keys: {
      keys: [
        { ...publicKey.export({ format: 'jwk' }), kty: 'RSA', kid: 'one' },
      ],
    },
    token(claims: object, key: KeyObject = privateKey) {
      const now = Math.floor(Date.now() / 1000);
      const text = [
        part({ alg: 'RS256', typ: 'JWT', kid: 'one' }),
        part({ iat: now - 60, exp: now + 3600, ...claims }),
      ].join('.');
      const signature = createSign('RSA-SHA256').update(text).sign(key);
      return `${text}.${signature.toString('base64url')}`;
    },
  };
}

describe('the role of deploy/pipelines.yaml', () => {
  let world: CliWorld;
  let pipeline: Pipeline;
  const github = newIssuer();
  const CLAIMS = {
    iss: GITHUB,
    aud: 'sts.amazonaws.com',
    sub: 'repo:acme/payments:ref:refs/heads/main',
  };

  beforeAll(async () => {
    world = await CliWorld.start();
    world.sandbox.aws.iam.putOidcIssuer({ url: GITHUB, keys: github.keys });
    pipeline = new Pipeline(awsVariables);
    const deploy = join(pipeline.repository, 'deploy');
    mkdirSync(deploy);
    copyFileSync(
      join(ROOT, 'deploy/pipelines.yaml'),
      join(deploy, 'pipelines.yaml'),
    );
    const made = block('sh', 'deploy/pipelines.yaml');
    const { code, stderr } = await pipeline.run(['sh', '-c', made]);
    if (code !== 0) throw new Error(stderr);
  });
  afterAll(async () => {
    pipeline.end();
    await world.stop();
  });

  const role = () =>
    parse(block('yaml', 'actions/verify-identity')).jobs.deploy.steps.find(
      ({ uses }: { uses?: string }) => uses?.includes('aws-credentials'),
    ).with['role-to-assume'];

  /** As the workflow's step assumes it, and without any keys. */
  async function assume(token: string) {
    pipeline.write('token', token);
    const ended = await pipeline.run(
      [
        ...['aws', 'sts', 'assume-role-with-web-identity'],
        ...['--region', 'eu-west-1', '--role-session-name', 'GitHubActions'],
        ...['--web-identity-token', 'file://token', '--role-arn', role()],
      ],
      { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
    );
    return ended.code === 0
      ? JSON.parse(ended.stdout).Credentials
      : /\((\w+)\)/.exec(ended.stderr)![1];
  }

  it('verifies with a pod, by the token of its branch, and changes nothing', async () => {
    const session = await assume(github.token(CLAIMS));
    const keys = {
      AWS_ACCESS_KEY_ID: session.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: session.SecretAccessKey,
      AWS_SESSION_TOKEN: session.SessionToken,
    };
    const before = { ...process.env };
    Object.assign(process.env, keys);
    const verified = await world.run([
      ...['verify', 'payments/payments-ledger', '--cluster', 'payments-prod'],
      ...['--output', 'json'],
    ]);
    delete process.env.AWS_SESSION_TOKEN;
    Object.assign(process.env, before);
    expect(verified).toMatchObject({ code: 0 });
    const [{ status, checks }] = JSON.parse(verified.stdout).reports;
    expect(status).toBe('verified');
    expect(
      checks.filter(({ status: of }: { status: string }) => of === 'unknown'),
    ).toEqual([]);

    const write = await pipeline.run(
      [
        ...['aws', 'eks', 'create-pod-identity-association'],
        ...['--region', 'eu-west-1', '--cluster-name', 'payments-prod'],
        ...['--namespace', 'payments', '--service-account', 'new'],
        ...['--role-arn', role()],
      ],
      keys,
    );
    expect(write).toMatchObject({
      code: 254,
      stderr: expect.stringContaining('AccessDeniedException'),
    });
  });

  it.each<[string, object, string]>([
    [
      'another branch',
      { sub: 'repo:acme/payments:ref:refs/heads/try' },
      'AccessDenied',
    ],
    [
      'a branch that begins with the name',
      { sub: 'repo:acme/payments:ref:refs/heads/main2' },
      'AccessDenied',
    ],
    [
      'a pull request',
      { sub: 'repo:acme/payments:pull_request' },
      'AccessDenied',
    ],
    [
      'another repository',
      { sub: 'repo:evil/payments:ref:refs/heads/main' },
      'AccessDenied',
    ],
    [
      'another audience',
      { aud: 'https://github.com/acme' },
      'InvalidIdentityToken',
    ],
    ['another issuer', { iss: 'https://gitlab.com' }, 'InvalidIdentityToken'],
    ['yesterday', { exp: 1_700_000_000 }, 'ExpiredTokenException'],
  ])('is refused to a token of %s', async (_, claims, code) => {
    expect(await assume(github.token({ ...CLAIMS, ...claims }))).toBe(code);
  });

  it('is refused to a token that another key has signed', async () => {
    expect(await assume(newIssuer().token(CLAIMS))).toBe(
      'InvalidIdentityToken',
    );
  });
});

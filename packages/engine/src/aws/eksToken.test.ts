import type { AwsKeys } from '../aws/credentials';
import { ManualClock } from '../async/ManualClock';
import { createTokenSource } from './eksToken';

const KEYS: AwsKeys = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'session+token/=',
};
const MINUTE = 60_000;

function source(
  keys: Partial<AwsKeys> = {},
  region = 'eu-west-1',
  clock = new ManualClock(),
) {
  let loads = 0;
  const tokens = createTokenSource({
    clusterName: 'payments-prod',
    region,
    clock,
    credentials: async () => {
      loads += 1;
      return { ...KEYS, ...keys };
    },
  });
  return { tokens, clock, loads: () => loads };
}

function decode(token: string): URL {
  expect(token).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
  return new URL(
    Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString(),
  );
}

describe('createTokenSource', () => {
  it.each([
    ['eu-west-1', 'sts.eu-west-1.amazonaws.com'],
    ['cn-north-1', 'sts.cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', 'sts.us-gov-west-1.amazonaws.com'],
    ['us-iso-east-1', 'sts.us-iso-east-1.c2s.ic.gov'],
  ])('signs in %s for %s', async (region, host) => {
    const before = process.env.AWS_ENDPOINT_URL;
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
    try {
      const url = decode(await source({}, region).tokens.get());
      expect(url.protocol).toBe('https:');
      expect(url.host).toBe(host);
      expect(url.pathname).toBe('/');
      expect(url.searchParams.get('X-Amz-Credential')).toMatch(
        new RegExp(`/${region}/sts/aws4_request$`),
      );
    } finally {
      if (before === undefined) delete process.env.AWS_ENDPOINT_URL;
      else process.env.AWS_ENDPOINT_URL = before;
    }
  });

  it('holds only what the authenticator accepts', async () => {
    const { searchParams } = decode(await source().tokens.get());
    expect([...searchParams.keys()].sort()).toEqual([
      'Action',
      'Version',
      'X-Amz-Algorithm',
      'X-Amz-Credential',
      'X-Amz-Date',
      'X-Amz-Expires',
      'X-Amz-Security-Token',
      'X-Amz-Signature',
      'X-Amz-SignedHeaders',
    ]);
    expect(searchParams.get('Action')).toBe('GetCallerIdentity');
    expect(searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-k8s-aws-id');
    expect(searchParams.get('X-Amz-Security-Token')).toBe('session+token/=');
    expect(Number(searchParams.get('X-Amz-Expires'))).toBeLessThanOrEqual(900);
    // The name of the cluster is signed, not sent.
    expect(searchParams.toString()).not.toContain('payments-prod');
  });

  it('keeps a token for fourteen minutes', async () => {
    const { tokens, clock, loads } = source();
    const [first, same] = await Promise.all([tokens.get(), tokens.get()]);
    expect(same).toBe(first);
    expect(loads()).toBe(1);
    await clock.advance(14 * MINUTE - 1);
    expect(await tokens.get()).toBe(first);
    await clock.advance(1);
    expect(await tokens.get()).not.toBe(first);
  });

  it('keeps it no longer than until a minute before the keys expire', async () => {
    const clock = new ManualClock();
    const { tokens, loads } = source(
      { expiration: new Date(clock.now() + 5 * MINUTE) },
      'eu-west-1',
      clock,
    );
    await tokens.get();
    await clock.advance(4 * MINUTE - 1);
    await tokens.get();
    expect(loads()).toBe(1);
    await clock.advance(1);
    await tokens.get();
    expect(loads()).toBe(2);
  });

  it('forgets a token that was refused, but not the one after it', async () => {
    const { tokens, clock, loads } = source();
    const refused = await tokens.get();
    tokens.forget(refused);
    await clock.advance(1_000);
    const next = await tokens.get();
    expect(next).not.toBe(refused);
    tokens.forget(refused);
    expect(await tokens.get()).toBe(next);
    expect(loads()).toBe(2);
  });

  it('reports a token that would be too long, without showing it', async () => {
    const { tokens } = source({ sessionToken: 'S'.repeat(4_000) });
    const error = await tokens.get().catch(e => e);
    expect(error).toEqual(
      expect.objectContaining({
        name: 'KubernetesError',
        kind: 'unauthorized',
        reason: 'TokenTooLong',
      }),
    );
    expect(error.message).toMatch(
      /would have \d+ bytes, and EKS accepts at most 4096.*disableSessionTags/,
    );
    expect(error.message).not.toContain('SSSS');
  });
});

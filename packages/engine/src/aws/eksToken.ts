import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { CredentialsProvider } from './credentials';
import { stsHost } from './partition';
import type { Clock } from '../async/clock';
import { KubernetesError } from '../kubernetes/errors';
import type { TokenSource } from '../kubernetes/transport';

/** Longest token that aws-iam-authenticator accepts. Source: its pkg/token/token.go, `maxTokenLenBytes`. */
const MAX_TOKEN_BYTES = 4096;

/** The authenticator accepts a token for 15 minutes after its date, regardless of X-Amz-Expires. */
const LIFETIME_MS = 14 * 60_000;
const BEFORE_EXPIRY_MS = 60_000;

/**
 * Signs tokens for the Kubernetes API of one cluster under one role: a presigned GetCallerIdentity for the
 * regional STS host of the cluster, bound to the cluster's name.
 */
export function createTokenSource(options: {
  /** Name in EKS. */
  clusterName: string;
  region: string;
  credentials: CredentialsProvider;
  clock: Clock;
}): TokenSource {
  const { clusterName, region, credentials, clock } = options;
  let kept: { token: string; goodUntil: number } | undefined;
  let signing: Promise<string> | undefined;

  const sign = async (): Promise<string> => {
    const keys = await credentials();
    const now = clock.now();
    const hostname = stsHost(region);
    const signer = new SignatureV4({
      service: 'sts',
      region,
      credentials: keys,
      sha256: Sha256,
    });
    const { query = {} } = await signer.presign(
      {
        method: 'GET',
        protocol: 'https:',
        hostname,
        path: '/',
        headers: { host: hostname, 'x-k8s-aws-id': clusterName },
        query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      },
      { expiresIn: 60, signingDate: new Date(now) },
    );
    const search = Object.entries(query)
      .map(
        ([key, value]) =>
          `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`,
      )
      .join('&');
    const token = `k8s-aws-v1.${Buffer.from(
      `https://${hostname}/?${search}`,
    ).toString('base64url')}`;
    if (token.length > MAX_TOKEN_BYTES) {
      throw new KubernetesError({
        kind: 'unauthorized',
        reason: 'TokenTooLong',
        message: `the token for cluster ${clusterName} would have ${token.length} bytes, and EKS accepts at most ${MAX_TOKEN_BYTES}. The session of the AWS credentials carries too much: use a role with fewer session tags (for a portal that runs under Pod Identity itself: disableSessionTags on its association)`,
      });
    }
    const expiry = keys.expiration
      ? keys.expiration.getTime() - BEFORE_EXPIRY_MS
      : Infinity;
    kept = { token, goodUntil: Math.min(now + LIFETIME_MS, expiry) };
    return token;
  };

  return {
    async get() {
      if (kept && kept.goodUntil > clock.now()) return kept.token;
      signing ??= sign().finally(() => {
        signing = undefined;
      });
      return signing;
    },
    forget(token) {
      if (kept?.token === token) kept = undefined;
    },
  };
}

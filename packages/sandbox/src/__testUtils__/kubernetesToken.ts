import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { Keys } from './clients';

/** What to sign, and for whom; the defaults make a valid token. */
export interface TokenSignature {
  keys: Keys;
  region: string;
  cluster: string;
  host?: string;
  protocol?: string;
  expiresIn?: number;
  /** How long ago it was signed, milliseconds. */
  age?: number;
  action?: string;
  /** Added to the URL after signing. */
  extra?: Record<string, string>;
}

/** A `k8s-aws-v1.` token as a program signs it for the real regional STS host. */
export async function signToken(options: TokenSignature): Promise<string> {
  const host = options.host ?? `sts.${options.region}.amazonaws.com`;
  const protocol = options.protocol ?? 'https:';
  const request = await new SignatureV4({
    service: 'sts',
    region: options.region,
    credentials: options.keys,
    sha256: Sha256,
  }).presign(
    {
      method: 'GET',
      protocol,
      hostname: host,
      path: '/',
      headers: { host, 'x-k8s-aws-id': options.cluster },
      query: {
        Action: options.action ?? 'GetCallerIdentity',
        Version: '2011-06-15',
      },
    },
    {
      expiresIn: options.expiresIn ?? 60,
      signingDate: new Date(Date.now() - (options.age ?? 0)),
    },
  );
  const query = new URLSearchParams({
    ...(request.query as Record<string, string>),
    ...options.extra,
  });
  const url = `${protocol}//${host}/?${query}`;
  return `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`;
}

import {
  exportJWK,
  generateKeyPair,
  jwtVerify,
  KeyLike,
  SignJWT,
  errors,
  JWK,
} from 'jose';
import { SandboxCore, ServiceAccountClaims } from '../../core/contract';
import { randomUid } from '../api/random';
import { TokenIssuer, TokenRequestSpec } from '../http/dependencies';
import { KubeObject } from '../types';

const ALGORITHM = 'ES256';
const KEY_ID = 'sandbox-issuer';

/** A verified token: its claims and its service account's UID. */
export type VerifiedToken =
  | { ok: true; claims: ServiceAccountClaims; uid?: string }
  | { ok: false; reason: 'expired' | 'invalid' };

interface KubernetesClaims {
  namespace?: string;
  serviceaccount?: { name?: string; uid?: string };
  pod?: { name?: string; uid?: string };
}

/** Signs and verifies the service account tokens of one cluster. JWTs use the wall clock. */
export class ServiceAccountTokens implements TokenIssuer {
  private constructor(
    private readonly core: SandboxCore,
    readonly issuer: string,
    private readonly privateKey: KeyLike,
    private readonly publicKey: KeyLike,
  ) {}

  static async create(
    core: SandboxCore,
    issuer: string,
  ): Promise<ServiceAccountTokens> {
    const { privateKey, publicKey } = await generateKeyPair(ALGORITHM);
    return new ServiceAccountTokens(core, issuer, privateKey, publicKey);
  }

  async issue(
    serviceAccount: KubeObject,
    request: TokenRequestSpec,
    node?: string,
  ): Promise<{ token: string; expiresAt: Date }> {
    const { namespace, name, uid } = serviceAccount.metadata;
    const issuedAt = Math.floor(Date.now() / 1000);
    const expiresAt = issuedAt + request.expirationSeconds;
    const token = await new SignJWT({
      'kubernetes.io': {
        namespace,
        ...(node && { node: { name: node } }),
        ...(request.boundPod && { pod: request.boundPod }),
        serviceaccount: { name, uid },
      },
    })
      .setProtectedHeader({ alg: ALGORITHM, kid: KEY_ID })
      .setIssuer(this.issuer)
      .setSubject(`system:serviceaccount:${namespace}:${name}`)
      .setAudience(request.audiences)
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(expiresAt)
      .setJti(randomUid(this.core))
      .sign(this.privateKey);
    this.core.secrets.add('service account token', token);
    return { token, expiresAt: new Date(expiresAt * 1000) };
  }

  /** Checks signature, issuer and lifetime; the caller checks the audience. */
  async verify(token: string): Promise<VerifiedToken> {
    try {
      const { payload } = await jwtVerify(token, this.publicKey, {
        issuer: this.issuer,
      });
      const claims = payload['kubernetes.io'] as KubernetesClaims | undefined;
      const account = claims?.serviceaccount?.name;
      if (!claims?.namespace || !account) {
        return { ok: false, reason: 'invalid' };
      }
      return {
        ok: true,
        uid: claims.serviceaccount?.uid,
        claims: {
          namespace: claims.namespace,
          serviceAccount: account,
          podName: claims.pod?.name ?? '',
          podUid: claims.pod?.uid ?? '',
          audience: [payload.aud ?? []].flat(),
          issuer: this.issuer,
          expiresAt: payload.exp ?? 0,
        },
      };
    } catch (error) {
      const expired = error instanceof errors.JWTExpired;
      return { ok: false, reason: expired ? 'expired' : 'invalid' };
    }
  }

  /** The public key, for the issuer's JWKS. */
  async jwk(): Promise<JWK> {
    return {
      ...(await exportJWK(this.publicKey)),
      kid: KEY_ID,
      alg: ALGORITHM,
      use: 'sig',
    };
  }
}

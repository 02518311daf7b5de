import {
  SignJWT,
  exportSPKI,
  generateKeyPair,
  importSPKI,
  jwtVerify,
} from 'jose';
import { ClusterKey, KubernetesForAws } from '../core/contract';

/** The claims of a token to issue. */
export interface TokenClaims {
  namespace: string;
  serviceAccount: string;
  podName?: string;
  audience?: string;
  /** Seconds from now; negative for a token that has expired. */
  expiresIn?: number;
  issuer?: string;
}

/**
 * The part of the Kubernetes side that EKS Auth needs. It signs real tokens with a real key, for tests of the AWS side
 * alone. The tests that run both sides cover what the agent sends.
 */
export async function createTokenIssuer() {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const verifyKey = await importSPKI(await exportSPKI(publicKey), 'RS256');
  const issuer = (key: ClusterKey) =>
    `https://oidc.eks.${key.region}.amazonaws.com/id/${key.name}`;
  const installed: string[] = [];
  let selfManaged = false;

  const kubernetes: KubernetesForAws = {
    agentsReady: () => true,
    instances: () => [],
    changeInstance: () => undefined,
    connection: () => undefined,
    issuer,
    async verifyServiceAccountToken(key, token) {
      try {
        const { payload } = await jwtVerify(token, verifyKey, {
          issuer: issuer(key),
        });
        const claims = payload['kubernetes.io'] as any;
        return {
          ok: true,
          claims: {
            namespace: claims.namespace,
            serviceAccount: claims.serviceaccount.name,
            podName: claims.pod.name,
            podUid: claims.pod.uid,
            audience: [payload.aud ?? []].flat(),
            issuer: payload.iss ?? '',
            expiresAt: payload.exp ?? 0,
          },
        };
      } catch (error) {
        const expired = (error as { code?: string }).code === 'ERR_JWT_EXPIRED';
        return { ok: false, reason: expired ? 'expired' : 'invalid' };
      }
    },
    async installAgent(key, options) {
      installed.push(`${key.name} ${options.version} ${options.namespace}`);
    },
    async removeAgent(key) {
      installed.push(`${key.name} removed`);
    },
    restartPods: async () => {},
    hasSelfManagedAgent: () => selfManaged,
  };

  return {
    kubernetes,
    /** Calls to the agent's installer, oldest first. */
    installed,
    setSelfManagedAgent(value: boolean) {
      selfManaged = value;
    },
    token(key: ClusterKey, claims: TokenClaims): Promise<string> {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({
        'kubernetes.io': {
          namespace: claims.namespace,
          serviceaccount: { name: claims.serviceAccount, uid: 'sa-uid' },
          pod: { name: claims.podName ?? 'app-6c9f-x2x2x', uid: 'pod-uid' },
        },
      })
        .setProtectedHeader({ alg: 'RS256' })
        .setIssuer(claims.issuer ?? issuer(key))
        .setAudience(claims.audience ?? 'pods.eks.amazonaws.com')
        .setIssuedAt(now - 10)
        .setExpirationTime(now + (claims.expiresIn ?? 3600))
        .sign(privateKey);
    },
  };
}

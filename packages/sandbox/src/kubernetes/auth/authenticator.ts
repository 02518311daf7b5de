import { createHash } from 'node:crypto';
import {
  AccessEntry,
  AwsCaller,
  AwsForKubernetes,
  ClusterKey,
  SandboxCore,
  ServiceAccountClaims,
} from '../../core/contract';
import { unauthorized } from '../model/status';
import { KubeObject, UserInfo } from '../types';
import { mappedEntry } from './awsAuth';

const ANONYMOUS: UserInfo = {
  username: 'system:anonymous',
  groups: ['system:unauthenticated'],
};

/** Audience of the tokens that the API server accepts. */
export const API_AUDIENCE = 'https://kubernetes.default.svc';

/** Verifies a service account token of this cluster. */
export type VerifyServiceAccountToken = (
  token: string,
) => Promise<{ claims: ServiceAccountClaims; uid?: string } | undefined>;

const sessionNameOf = (arn: string) => arn.split('/').slice(2).join('/');

/** Finds the user of an `Authorization` header as EKS does: IAM tokens through access entries, else service account tokens. */
export class Authenticator {
  /** What each API server decided about tokens, by server and token. */
  readonly #decided = new Map<string, { user?: UserInfo; at: number }>();

  constructor(
    private readonly core: SandboxCore,
    private readonly cluster: ClusterKey,
    private readonly aws: () => AwsForKubernetes,
    private readonly verifyServiceAccount: VerifyServiceAccountToken,
    private readonly awsAuth: () => KubeObject | undefined,
  ) {}

  /** Forgets what was decided about tokens. */
  clear() {
    this.#decided.clear();
  }

  async authenticate(
    header: string | undefined,
    apiServer = 0,
  ): Promise<UserInfo> {
    if (!header) {
      return ANONYMOUS;
    }
    const token = header.match(/^Bearer\s+(\S+)$/i)?.[1];
    if (!token) {
      throw unauthorized();
    }
    const user = token.startsWith('k8s-aws-v1.')
      ? await this.cachedIamUser(token, apiServer)
      : await this.serviceAccountUser(token);
    if (!user) {
      throw unauthorized();
    }
    return { ...user, groups: [...user.groups, 'system:authenticated'] };
  }

  /** An API server asks again only after a while, so an access entry that is gone or new shows later on it. */
  private async cachedIamUser(
    token: string,
    apiServer: number,
  ): Promise<UserInfo | undefined> {
    const now = this.core.clock.now();
    const kept = this.core.delays.tokenCache;
    if (kept === 0) {
      return this.iamUser(token);
    }
    for (const [key, { at }] of this.#decided) {
      if (now - at >= kept) this.#decided.delete(key);
    }
    // Only a digest of a token is kept.
    const digest = createHash('sha256').update(token).digest('base64');
    const key = `${apiServer} ${digest}`;
    const known = this.#decided.get(key);
    if (known) {
      return known.user;
    }
    const user = await this.iamUser(token);
    this.#decided.set(key, { user, at: now });
    return user;
  }

  private async iamUser(token: string): Promise<UserInfo | undefined> {
    const caller = await this.aws().authenticateToken(this.cluster, token);
    const entry = caller && this.entryOf(caller);
    if (!caller || !entry) {
      return undefined;
    }
    const session = caller.arn.includes(':assumed-role/')
      ? sessionNameOf(caller.arn)
      : '';
    const [principalId] = caller.userId.split(':');
    return {
      username: this.username(entry.username, caller.arn, session),
      uid: `aws-iam-authenticator:${caller.accountId}:${principalId}`,
      groups: [...entry.groups],
      extra: {
        arn: [caller.arn],
        canonicalArn: [caller.principalArn],
        principalId: [principalId],
        sessionName: [session],
      },
      principalArn: caller.principalArn,
      accessPolicies: entry.policies,
    };
  }

  /** An access entry comes before a mapping. */
  private entryOf(caller: AwsCaller): AccessEntry | undefined {
    const aws = this.aws();
    const entry = aws
      .accessEntries(this.cluster)
      .find(e => e.principalArn === caller.principalArn);
    if (entry || !aws.readsAwsAuth(this.cluster)) {
      return entry;
    }
    return mappedEntry(this.awsAuth(), caller);
  }

  /** An entry's username may hold `{{SessionName}}`; without one, EKS uses the caller's ARN. */
  private username(template: string | undefined, arn: string, session: string) {
    return (template ?? arn)
      .replace(/\{\{SessionName\}\}/g, session.replace(/@/g, '-'))
      .replace(/\{\{SessionNameRaw\}\}/g, session);
  }

  private async serviceAccountUser(
    token: string,
  ): Promise<UserInfo | undefined> {
    const verified = await this.verifyServiceAccount(token);
    if (!verified?.claims.audience.includes(API_AUDIENCE)) {
      return undefined;
    }
    const { namespace, serviceAccount, podName, podUid } = verified.claims;
    return {
      username: `system:serviceaccount:${namespace}:${serviceAccount}`,
      uid: verified.uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
      ...(podName && {
        extra: {
          'authentication.kubernetes.io/pod-name': [podName],
          'authentication.kubernetes.io/pod-uid': [podUid],
        },
      }),
    };
  }
}

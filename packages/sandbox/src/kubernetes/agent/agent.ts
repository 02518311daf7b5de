import { decodeProtectedHeader } from 'jose';
import {
  AwsForKubernetes,
  ClusterKey,
  PodIdentityAnswer,
  SandboxCore,
  SessionCredentials,
} from '../../core/contract';
import {
  eksAuthFailure,
  EksAuthPath,
  NodeCredentials,
  noNodeCredentials,
} from './eksAuthPath';

/** How a test makes an agent behave; `body` and `status` set any answer. */
export type AgentBehaviour =
  | 'normal'
  | 'hang'
  | 'refuse'
  | 'throttle'
  | 'error'
  | { status: number; body: string };

export interface AgentAnswer {
  status: number;
  body: string;
}

/** The node of an agent, and what keeps the agent from its work there. */
export interface AgentNode {
  roleArn: string;
  instanceId: string;
  credentials?: NodeCredentials;
  eksAuth?: EksAuthPath;
}

export const CREDENTIALS_PATH = '/v1/credentials';

/** The agent renews cached credentials after this long, whatever their own lifetime. */
const LONGEST_CACHED_MS = 3 * 3600 * 1000;

/** If a renewal fails with one of these, the agent drops the cached credentials; otherwise it keeps them. */
const FINAL_ERRORS = new Set([
  'ResourceNotFoundException',
  'ExpiredTokenException',
  'InvalidTokenException',
  'AccessDeniedException',
]);

const failed = (why: string): AgentAnswer => ({
  status: 500,
  body: `error getting credentials to cache: ${why}`,
});

const TOO_MANY = { status: 429, body: 'Too Many Requests' };

const bodyOf = (c: SessionCredentials) =>
  JSON.stringify({
    AccessKeyId: c.accessKeyId,
    SecretAccessKey: c.secretAccessKey,
    Token: c.sessionToken,
    AccountId: c.accountId,
    Expiration: c.expiration.toISOString().replace(/\.\d+Z$/, 'Z'),
  });

function errorBody(answer: PodIdentityAnswer & { ok: false }): string {
  const fault = answer.statusCode >= 500 ? 'server' : 'client';
  return `[${answer.requestId}]: (${answer.code}): ${answer.message}, fault: ${fault}`;
}

/** Why the agent refuses a token without asking EKS Auth; undefined when the token is well-formed. */
function refuseToken(token: string | undefined): string | undefined {
  if (!token) {
    return 'Service account token cannot be empty';
  }
  const parts = token.split('.');
  if (parts.length !== 3) {
    return 'Service account token cannot be parsed: token is malformed: token contains an invalid number of segments';
  }
  if (/^bearer /i.test(token)) {
    return 'Service account token cannot be parsed: token is malformed: could not base64 decode header: illegal base64 data at input byte 6';
  }
  let claims: { exp?: number; nbf?: number };
  try {
    decodeProtectedHeader(token);
    claims = JSON.parse(Buffer.from(parts[1], 'base64url').toString('utf8'));
  } catch {
    return 'Service account token cannot be parsed: token is malformed: could not JSON decode header';
  }
  const now = Date.now() / 1000;
  if (claims.exp !== undefined && claims.exp < now) {
    return 'Service account token failed basic claim validations: token has invalid claims: token is expired';
  }
  if (claims.nbf !== undefined && claims.nbf > now + 5) {
    return 'Service account token failed basic claim validations: token has invalid claims: token is not valid yet';
  }
  return undefined;
}

/** The Pod Identity agent of one node: validates tokens, caches by token and calls EKS Auth. */
export class PodIdentityAgent {
  behaviour: AgentBehaviour = 'normal';
  readonly #cache = new Map<
    string,
    { credentials: SessionCredentials; at: number }
  >();

  constructor(
    private readonly core: SandboxCore,
    private readonly cluster: ClusterKey,
    private readonly aws: () => AwsForKubernetes,
    private readonly node: () => AgentNode,
  ) {}

  /** Answers `GET path` with this Authorization header. The network simulates hanging and refused connections. */
  async answer(path: string, token: string | undefined): Promise<AgentAnswer> {
    if (typeof this.behaviour === 'object') {
      return this.behaviour;
    }
    if (this.behaviour === 'throttle') {
      return TOO_MANY;
    }
    if (this.behaviour === 'error') {
      return { status: 500, body: '[]' };
    }
    if (path !== CREDENTIALS_PATH) {
      return { status: 404, body: '404 page not found\n' };
    }
    const refusal = refuseToken(token);
    return refusal ? { status: 400, body: refusal } : this.credentials(token!);
  }

  private async credentials(token: string): Promise<AgentAnswer> {
    const cached = this.#cache.get(token);
    const fresh =
      cached && this.core.clock.now() - cached.at < LONGEST_CACHED_MS;
    if (
      cached &&
      fresh &&
      cached.credentials.expiration.getTime() > Date.now()
    ) {
      return { status: 200, body: bodyOf(cached.credentials) };
    }
    const { roleArn, instanceId, credentials, eksAuth } = this.node();
    if (credentials && credentials !== 'present') {
      return failed(noNodeCredentials(credentials));
    }
    const unreachable = await eksAuthFailure(
      this.core,
      this.cluster,
      eksAuth ?? 'open',
    );
    if (unreachable) {
      return failed(unreachable);
    }
    const answer = await this.aws()
      .assumeRoleForPodIdentity(this.cluster, {
        nodeRoleArn: roleArn,
        instanceId,
        token,
      })
      .catch(error => {
        this.core.log(
          `The agent of ${instanceId} has no credentials: ${error}`,
        );
      });
    if (!answer) {
      // The role was deleted: IMDS has none to give.
      return failed(noNodeCredentials('no-instance-profile'));
    }
    if (answer.ok) {
      this.#cache.set(token, {
        credentials: answer.credentials,
        at: this.core.clock.now(),
      });
      return { status: 200, body: bodyOf(answer.credentials) };
    }
    if (cached && !FINAL_ERRORS.has(answer.code)) {
      return { status: 200, body: bodyOf(cached.credentials) };
    }
    if (answer.statusCode === 0) {
      return failed(answer.message);
    }
    this.#cache.delete(token);
    return { status: answer.statusCode, body: errorBody(answer) };
  }
}

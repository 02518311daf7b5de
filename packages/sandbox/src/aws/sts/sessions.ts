import { Parameters } from '../iam/parameters';
import { SessionCredentials } from '../../core/contract';
import { RoleRecord, SessionRecord } from '../state/types';
import { World } from '../state/world';

/** The input of a new session. */
export interface SessionRequest {
  role: RoleRecord;
  accountId: string;
  sessionName: string;
  durationSeconds: number;
  tags?: Record<string, string>;
  transitiveTags?: string[];
  policies?: string[];
  origin: SessionRecord['origin'];
  chained?: boolean;
  federatedProvider?: string;
  region: string;
}

/** Length of a session token without tags, similar to AWS's. */
const TOKEN_LENGTH = 356;

/** Creates temporary credentials. Their times are wall clock. */
export function createSession(
  world: World,
  request: SessionRequest,
): SessionRecord {
  const now = Date.now();
  const { sessions } = world.state;
  for (const [key, session] of sessions) {
    // Expired sessions are kept for a day, so that they are refused as expired rather than as unknown.
    if (session.expiresAt < now - 86_400_000) {
      sessions.delete(key);
    }
  }
  const tags = request.tags ?? {};
  const record: SessionRecord = {
    accessKeyId: world.ids.iam('ASIA'),
    secretAccessKey: world.ids.secret(),
    sessionToken: `IQoJb3JpZ2luX2Vj${world.ids.token(
      TOKEN_LENGTH + JSON.stringify(tags).length,
    )}`,
    accountId: request.accountId,
    roleArn: request.role.arn,
    roleName: request.role.name,
    roleId: request.role.roleId,
    sessionName: request.sessionName,
    issuedAt: now,
    expiresAt: now + request.durationSeconds * 1000,
    tags,
    transitiveTags: request.transitiveTags ?? [],
    policies: request.policies ?? [],
    origin: request.origin,
    chained: request.chained ?? false,
    federatedProvider: request.federatedProvider,
  };
  sessions.set(record.accessKeyId, record);
  const { secrets } = world.core;
  secrets.add('secret access key', record.secretAccessKey);
  secrets.add('session token', record.sessionToken);
  world.roleUsed(request.accountId, request.role.roleId, request.region);
  return record;
}

/** The credentials of a session, as returned to the caller. */
export function credentialsOf(session: SessionRecord): SessionCredentials {
  return {
    accessKeyId: session.accessKeyId,
    secretAccessKey: session.secretAccessKey,
    sessionToken: session.sessionToken,
    accountId: session.accountId,
    expiration: new Date(session.expiresAt),
  };
}

/** Which session is asked for, and of which role. */
export const readAsked = (parameters: Parameters) => ({
  roleArn: parameters.required('RoleArn', { minLength: 20, maxLength: 2048 }),
  sessionName: parameters.required('RoleSessionName', {
    minLength: 2,
    maxLength: 64,
    pattern: /^[\w+=,.@-]*$/,
  }),
});

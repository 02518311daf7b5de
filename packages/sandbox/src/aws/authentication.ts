import { AwsCaller } from '../core/contract';
import { AuthenticationProblem } from './errors';
import { KeyMaterial, sameText } from './http/signature';
import type { PolicyDocument } from './policy/document';
import { RequestContext } from './policy/match';
import { Asker } from './policy/evaluate';
import { SessionRecord } from './state/types';
import { World } from './state/world';

/** A caller with a known key, and the facts that policies use. */
export interface Caller extends AwsCaller {
  asker: Asker;
  session?: SessionRecord;
  userName?: string;
  /** True for the sandbox's own pods and nodes. */
  internal: boolean;
  /** Of the VPC endpoint that the call passed. */
  endpointPolicy?: PolicyDocument;
}

/** ARN of a role session, which omits the role's path. */
export function sessionArn(
  session: Pick<SessionRecord, 'roleArn' | 'roleName' | 'sessionName'>,
): string {
  const [, partition, , , accountId] = session.roleArn.split(':');
  return `arn:${partition}:sts::${accountId}:assumed-role/${session.roleName}/${session.sessionName}`;
}

/** The caller behind temporary credentials. */
export function callerOfSession(session: SessionRecord): Caller {
  const arn = sessionArn(session);
  return {
    accountId: session.accountId,
    arn,
    userId: `${session.roleId}:${session.sessionName}`,
    principalArn: session.roleArn,
    session,
    internal: session.origin !== 'sts',
    asker: {
      kind: 'aws',
      accountId: session.accountId,
      arn,
      principalArn: session.roleArn,
      uniqueId: session.roleId,
    },
  };
}

/** Finds the secret and the owner of an access key, so that the signature can be checked. */
export function lookUpKey(
  world: World,
  accessKeyId: string,
  sessionToken: string | undefined,
):
  | { ok: true; key: KeyMaterial; caller: Caller }
  | { ok: false; problem: AuthenticationProblem } {
  const no = (problem: AuthenticationProblem) => ({
    ok: false as const,
    problem,
  });
  const session = world.state.sessions.get(accessKeyId);
  if (session) {
    if (!sessionToken || !sameText(session.sessionToken, sessionToken)) {
      return no({ kind: 'invalid-token' });
    }
    if (session.expiresAt <= Date.now()) {
      return no({ kind: 'expired-token' });
    }
    return { ok: true, key: session, caller: callerOfSession(session) };
  }
  const key = world.state.accessKeys.get(accessKeyId);
  if (!key || !key.active) {
    return no({ kind: 'unknown-key', accessKeyId });
  }
  if (sessionToken) {
    return no({ kind: 'invalid-token' });
  }
  const user = world.seenUser(key.accountId, key.userName);
  if (!user) {
    return no({ kind: 'unknown-key', accessKeyId });
  }
  return {
    ok: true,
    key: { secretAccessKey: key.secretAccessKey },
    caller: {
      accountId: key.accountId,
      arn: user.arn,
      userId: user.userId,
      principalArn: user.arn,
      userName: user.name,
      internal: false,
      asker: {
        kind: 'aws',
        accountId: key.accountId,
        arn: user.arn,
        principalArn: user.arn,
        uniqueId: user.userId,
      },
    },
  };
}

/** The condition keys that describe the caller itself ("AWS global condition context keys", IAM User Guide). */
export function callerContext(
  world: World,
  caller: Caller,
  request: { region: string; sourceIp: string },
): RequestContext {
  const { session } = caller;
  const ownTags = session
    ? world.seenRole(session.accountId, session.roleName)?.tags
    : world.seenUser(caller.accountId, caller.userName ?? '')?.tags;
  const context = new RequestContext({
    'aws:PrincipalArn': caller.principalArn,
    'aws:PrincipalAccount': caller.accountId,
    'aws:PrincipalIsAWSService': 'false',
    'aws:PrincipalType': session ? 'AssumedRole' : 'User',
    'aws:userid': caller.userId,
    'aws:username': caller.userName,
    'aws:SourceIp': request.sourceIp,
    // The loopback port replaces AWS's HTTPS endpoints.
    'aws:SecureTransport': 'true',
    'aws:CurrentTime': new Date().toISOString(),
    'aws:EpochTime': String(Math.floor(Date.now() / 1000)),
    'aws:RequestedRegion': request.region,
    'aws:ViaAWSService': 'false',
    'aws:TokenIssueTime': session && new Date(session.issuedAt).toISOString(),
  });
  for (const [key, value] of Object.entries({ ...ownTags, ...session?.tags })) {
    context.add({ [`aws:PrincipalTag/${key}`]: value });
  }
  return context;
}

import {
  AccessEntry,
  AwsCaller,
  AwsForKubernetes,
  ClusterKey,
  PodIdentityAnswer,
  SessionCredentials,
} from '../core/contract';
import { callerContext, callerOfSession, lookUpKey } from './authentication';
import {
  answerAgent,
  grantPodIdentity,
  requireNodePermission,
} from './eksAuth/assumeRoleForPodIdentity';
import { honouredEntries } from './eks/accessEntries';
import { associationForWebhook } from './eks/associationStore';
import { AwsRequest, parseQuery } from './protocol/request';
import { SignatureClaim, checkSignature, readClaim } from './http/signature';
import { World, roleOfArn } from './state/world';
import { createSession, credentialsOf } from './sts/sessions';

const TOKEN_PREFIX = 'k8s-aws-v1.';
const LONGEST_TOKEN = 4096;
const FIFTEEN_MINUTES = 15 * 60_000;
const ONE_HOUR = 3600;

/** Query parameters that aws-iam-authenticator accepts; any other makes a token invalid. */
const ALLOWED_PARAMETERS = new Set([
  'action',
  'version',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
]);

function decodeToken(token: string): URL | undefined {
  if (!token.startsWith(TOKEN_PREFIX) || token.length > LONGEST_TOKEN) {
    return undefined;
  }
  const encoded = token.slice(TOKEN_PREFIX.length);
  if (!/^[\w-]+$/.test(encoded)) {
    return undefined;
  }
  try {
    return new URL(Buffer.from(encoded, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Whether a token may be signed for a host: the partition's STS, or the sandbox in its place. */
function hostAllowed(world: World, url: URL, region: string): boolean {
  const own = new URL(world.endpointUrl);
  if (url.host === own.host || url.host === `localhost:${own.port}`) {
    return url.protocol === 'http:';
  }
  return (
    url.protocol === 'https:' &&
    (url.host === 'sts.amazonaws.com' ||
      url.host === `sts.${region}.amazonaws.com` ||
      /^sts(-fips)?\.[a-z0-9-]+\.(amazonaws\.com|api\.aws)$/.test(url.host))
  );
}

function presignedRequest(url: URL, cluster: string): AwsRequest {
  return {
    method: 'GET',
    rawPath: url.pathname,
    query: parseQuery(url.search.slice(1)),
    headers: { host: url.host, 'x-k8s-aws-id': cluster },
    body: Buffer.alloc(0),
    remoteAddress: '127.0.0.1',
  };
}

function claimOf(request: AwsRequest): SignatureClaim | undefined {
  const names = Object.keys(request.query).map(name => name.toLowerCase());
  const repeated = Object.values(request.query).some(Array.isArray);
  if (repeated || names.some(name => !ALLOWED_PARAMETERS.has(name))) {
    return undefined;
  }
  if (request.query.Action !== 'GetCallerIdentity') {
    return undefined;
  }
  const claim = readClaim(request);
  if (!claim || 'problem' in claim || claim.service !== 'sts') {
    return undefined;
  }
  const expires = claim.expiresIn ?? -1;
  const age = Date.now() - claim.signedAt.getTime();
  const fine =
    claim.signedHeaders.includes('x-k8s-aws-id') &&
    Number.isInteger(expires) &&
    expires >= 0 &&
    expires <= 900 &&
    age < FIFTEEN_MINUTES &&
    age > -FIFTEEN_MINUTES;
  return fine ? claim : undefined;
}

async function authenticateToken(
  world: World,
  cluster: ClusterKey,
  token: string,
): Promise<AwsCaller | undefined> {
  const url = decodeToken(token);
  if (
    !url ||
    url.pathname !== '/' ||
    !hostAllowed(world, url, cluster.region)
  ) {
    return undefined;
  }
  const request = presignedRequest(url, cluster.name);
  const claim = claimOf(request);
  const found =
    claim && lookUpKey(world, claim.accessKeyId, claim.sessionToken);
  if (!claim || !found?.ok) {
    return undefined;
  }
  // A token is valid for 15 minutes whatever its URL says. Its age was checked above, so it is not checked again.
  const problem = await checkSignature(
    request,
    claim,
    found.key,
    claim.signedAt,
  );
  if (problem) {
    return undefined;
  }
  const { accountId, arn, userId, principalArn } = found.caller;
  return { accountId, arn, userId, principalArn };
}

function nodeSession(world: World, roleArn: string, instanceId: string) {
  const role = world.seenRoleByArn(roleArn);
  const parts = roleOfArn(roleArn);
  if (!role || !parts) {
    throw new Error(`The node role ${roleArn} does not exist`);
  }
  return createSession(world, {
    role,
    accountId: parts.accountId,
    sessionName: instanceId,
    durationSeconds: 6 * ONE_HOUR,
    origin: 'node',
    region: '',
  });
}

/** The caller for a node. Sessions last for hours and every pod's credential request needs one, so each node reuses its own. */
function nodeCaller(world: World, roleArn: string, instanceId: string) {
  for (const session of world.state.sessions.values()) {
    if (
      session.origin === 'node' &&
      session.roleArn === roleArn &&
      session.sessionName === instanceId &&
      session.expiresAt > Date.now() + 600_000
    ) {
      return callerOfSession(session);
    }
  }
  return callerOfSession(nodeSession(world, roleArn, instanceId));
}

/** The AWS side's interface for the Kubernetes side. */
export function kubernetesBridge(world: World): AwsForKubernetes {
  return {
    get endpointUrl() {
      return world.endpointUrl;
    },
    authenticateToken: (cluster, token) =>
      authenticateToken(world, cluster, token),
    accessEntries(key): AccessEntry[] {
      const cluster = world.cluster(key);
      return cluster ? honouredEntries(world, cluster) : [];
    },
    webhookIdentities(key, apiServer) {
      const now = world.now();
      const identities: { namespace: string; serviceAccount: string }[] = [];
      for (const cell of world.cluster(key)?.associations.values() ?? []) {
        const known = associationForWebhook(cell, apiServer, now);
        if (known) {
          identities.push({
            namespace: known.namespace,
            serviceAccount: known.serviceAccount,
          });
        }
      }
      return identities;
    },
    async assumeRoleForPodIdentity(key, options): Promise<PodIdentityAnswer> {
      const requestId = world.ids.uuid();
      const caller = nodeCaller(world, options.nodeRoleArn, options.instanceId);
      const answer = await answerAgent(requestId, async () => {
        const context = callerContext(world, caller, {
          region: key.region,
          sourceIp: '127.0.0.1',
        });
        requireNodePermission(world, caller, key, context);
        return grantPodIdentity(world, key, options.token);
      });
      world.core.calls.record({
        service: 'eks-auth',
        operation: 'AssumeRoleForPodIdentity',
        write: false,
        principalArn: caller.principalArn,
        cluster: key.name,
        status: answer.ok ? 200 : answer.statusCode,
        internal: true,
        at: world.now(),
      });
      return answer;
    },
    async instanceRoleCredentials(
      nodeRoleArn,
      instanceId,
    ): Promise<SessionCredentials> {
      return credentialsOf(nodeSession(world, nodeRoleArn, instanceId));
    },
  };
}

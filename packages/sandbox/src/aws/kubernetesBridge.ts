import {
  AccessEntry,
  AwsCaller,
  AwsForKubernetes,
  ClusterKey,
  FaultKind,
  PodIdentityAnswer,
  SessionCredentials,
} from '../core/contract';
import {
  Caller,
  callerContext,
  callerOfSession,
  lookUpKey,
} from './authentication';
import { eksAuthNotes, recordCall } from './cloudTrail/calls';
import { recordServiceSession, sessionNotes } from './cloudTrail/sessionEvents';
import { endpointFor } from './ec2/vpcEndpoints';
import { AwsError } from './errors';
import { faultError } from './faults';
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
import { partitionOf } from '../core/partition';

const TOKEN_PREFIX = 'k8s-aws-v1.';
const LONGEST_TOKEN = 4096;
const FIFTEEN_MINUTES = 15 * 60_000;
const ONE_HOUR = 3600;

const EKS_AUTH = 'eks-auth';
const ASSUME = 'AssumeRoleForPodIdentity';

type AgentRequest = Parameters<AwsForKubernetes['assumeRoleForPodIdentity']>[1];

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
function hostAllowed(world: World, url: URL): boolean {
  const own = new URL(world.endpointUrl);
  if (url.host === own.host || url.host === `localhost:${own.port}`) {
    return url.protocol === 'http:';
  }
  const { id, dnsSuffix, dualStackSuffix } = world.partition;
  const [service, region, ...suffix] = url.host.split('.');
  const regional =
    /^sts(-fips)?$/.test(service) &&
    /^[a-z0-9-]+$/.test(region) &&
    [dnsSuffix, dualStackSuffix].includes(suffix.join('.'));
  // Only the partition aws has an STS without a region.
  const global = id === 'aws' && url.host === `sts.${dnsSuffix}`;
  return url.protocol === 'https:' && (regional || global);
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

function claimOf(
  world: World,
  request: AwsRequest,
): SignatureClaim | undefined {
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
  const now = Date.now() + world.core.faults.skewMs;
  const age = now - claim.signedAt.getTime();
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
  if (!url || url.pathname !== '/' || !hostAllowed(world, url)) {
    return undefined;
  }
  const request = presignedRequest(url, cluster.name);
  const claim = claimOf(world, request);
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
  world.core.secrets.add('EKS token', token);
  const { accountId, arn, userId, principalArn } = found.caller;
  return { accountId, arn, userId, principalArn };
}

/** The region of an instance; that of no cluster means that the node is not there any more. */
function regionOfInstance(world: World, instanceId: string): string {
  const cluster = world
    .clusters()
    .find(key =>
      world.kubernetes
        ?.instances(key)
        .some(instance => instance.instanceId === instanceId),
    );
  return cluster?.region ?? '';
}

/** Credentials of an instance, which EC2 gets from STS and hands out by its metadata service. */
function nodeSession(world: World, roleArn: string, instanceId: string) {
  const role = world.seenRoleByArn(roleArn);
  const parts = roleOfArn(roleArn);
  if (!role || !parts) {
    throw new Error(`The node role ${roleArn} does not exist`);
  }
  const region = regionOfInstance(world, instanceId);
  const session = createSession(world, {
    role,
    accountId: parts.accountId,
    sessionName: instanceId,
    durationSeconds: 6 * ONE_HOUR,
    origin: 'node',
    region,
  });
  recordServiceSession(world, {
    session,
    region,
    service: 'ec2.amazonaws.com',
    notes: sessionNotes(session, {}),
  });
  return session;
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

/** Tries of the agent's client, which is the AWS SDK for Go with its defaults. */
const AGENT_TRIES = 3;

/** A call of an agent, which tries again after a fault. */
async function askEksAuth(
  world: World,
  key: ClusterKey,
  options: AgentRequest,
): Promise<PodIdentityAnswer> {
  const caller = nodeCaller(world, options.nodeRoleArn, options.instanceId);
  for (let attempt = 1; ; attempt++) {
    const fault = world.core.faults.next(EKS_AUTH, ASSUME);
    const answer = await answerOrFault(world, key, options.token, {
      caller,
      fault,
    });
    world.core.calls.record({
      service: EKS_AUTH,
      operation: ASSUME,
      write: false,
      principalArn: caller.principalArn,
      cluster: key.name,
      status: answer.ok ? 200 : answer.statusCode,
      ...(fault && { fault }),
      internal: true,
      at: world.now(),
    });
    if (!fault || attempt === AGENT_TRIES) {
      return answer;
    }
  }
}

async function answerOrFault(
  world: World,
  key: ClusterKey,
  token: string,
  { caller, fault }: { caller: Caller; fault: FaultKind | undefined },
): Promise<PodIdentityAnswer> {
  const requestId = world.ids.uuid();
  const error = fault && faultError(EKS_AUTH, fault);
  if (fault && !error) {
    return {
      ok: false,
      statusCode: 0,
      code: 'RequestError',
      message: noAnswer(key),
      requestId,
    };
  }
  const answer = await answerAgent(requestId, async () => {
    if (error) {
      throw error;
    }
    const context = callerContext(world, caller, {
      region: key.region,
      sourceIp: '127.0.0.1',
    });
    requireNodePermission(world, caller, key, context);
    return grantPodIdentity(world, key, token);
  });
  if (!error) {
    recordAgentCall(world, key, { caller, answer, requestId });
  }
  return answer;
}

/** As the agent's client, the AWS SDK for Go, names itself. */
const AGENT_USER_AGENT =
  'aws-sdk-go-v2/1.30.3 os/linux lang/go#1.23.4 md/GOOS#linux md/GOARCH#amd64 api/eksauth#1.6.3';

function recordAgentCall(
  world: World,
  key: ClusterKey,
  call: { caller: Caller; answer: PodIdentityAnswer; requestId: string },
): void {
  const { caller, answer, requestId } = call;
  const { session } = caller;
  if (session) {
    world.roleUsed(session.accountId, session.roleId, key.region);
  }
  recordCall(world, {
    service: EKS_AUTH,
    operation: ASSUME,
    caller,
    region: key.region,
    requestId,
    userAgent: AGENT_USER_AGENT,
    notes: eksAuthNotes(key.name),
    ...(!answer.ok && { error: new AwsError(answer.code, answer.message) }),
  });
}

/** What the SDK for Go says after its last try. */
function noAnswer({ name, region }: ClusterKey): string {
  return `unable to fetch credentials from EKS Auth: operation error EKS Auth: ${ASSUME}, exceeded maximum number of attempts, ${AGENT_TRIES}, https response error StatusCode: 0, RequestID: , request send failed, Post "https://eks-auth.${region}.${
    partitionOf(region).dualStackSuffix
  }/clusters/${name}/assume-role-for-pod-identity": EOF`;
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
    readsAwsAuth: key =>
      (world.cluster(key)?.authenticationMode ?? 'API') !== 'API',
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
    endpointFor(key, service) {
      const cluster = world.cluster(key);
      return cluster && endpointFor(world, cluster, service)?.vpcEndpointId;
    },
    assumeRoleForPodIdentity: (key, options) => askEksAuth(world, key, options),
    async instanceRoleCredentials(
      nodeRoleArn,
      instanceId,
    ): Promise<SessionCredentials> {
      return credentialsOf(nodeSession(world, nodeRoleArn, instanceId));
    },
  };
}

import {
  ClusterKey,
  PodIdentityAnswer,
  ServiceAccountClaims,
} from '../../core/contract';
import { Caller, callerContext, callerOfSession } from '../authentication';
import { authorize } from '../authorization';
import {
  recordServiceHop,
  recordServiceSession,
  sessionNotes,
} from '../cloudTrail/sessionEvents';
import { AwsError } from '../errors';
import { denialReason, denialSentence } from '../policy/denials';
import { RequestContext } from '../policy/match';
import {
  AssociationRecord,
  ClusterRecord,
  RoleRecord,
  SessionRecord,
} from '../state/types';
import { World, accountOfArn } from '../state/world';
import { mayServiceUseRole, mayUseRole } from '../sts/assumeRole';
import { sessionTagKeys } from '../sts/sessionTagKeys';
import { packedPercent } from '../sts/service';
import { createSession } from '../sts/sessions';
import { associationForEksAuth } from '../eks/associationStore';
import {
  PODS_SERVICE,
  podIdentityTags,
  serviceContext,
  sessionActions,
} from './trustRequest';

/** The audience that a pod's token must have. */
export const PODS_AUDIENCE = PODS_SERVICE;

const SIX_HOURS = 6 * 3600;
const ONE_HOUR = 3600;

const UNAUTHORIZED = new AwsError(
  'AccessDeniedException',
  'Unauthorized Exception! EKS does not have permissions to assume the associated role.',
  400,
);

/** The result of a successful call, as the HTTP API returns it. */
export interface PodIdentityGrant {
  session: SessionRecord;
  claims: ServiceAccountClaims;
  association: AssociationRecord;
}

async function verifyToken(
  world: World,
  key: ClusterKey,
  token: string,
): Promise<ServiceAccountClaims> {
  const verified = await world.kubernetes?.verifyServiceAccountToken(
    key,
    token,
  );
  if (!verified?.ok) {
    throw verified?.reason === 'expired'
      ? new AwsError(
          'ExpiredTokenException',
          'The token included in the request is expired.',
          400,
        )
      : new AwsError(
          'InvalidTokenException',
          'The token included in the request is invalid.',
          400,
        );
  }
  if (!verified.claims.audience.includes(PODS_AUDIENCE)) {
    throw new AwsError(
      'InvalidTokenException',
      `The audience of the token included in the request is invalid, expected ${PODS_AUDIENCE}.`,
      400,
    );
  }
  return verified.claims;
}

function findAssociation(
  world: World,
  cluster: ClusterRecord,
  claims: ServiceAccountClaims,
): AssociationRecord {
  for (const cell of cluster.associations.values()) {
    const association = associationForEksAuth(cell, world.now());
    if (
      association?.namespace === claims.namespace &&
      association.serviceAccount === claims.serviceAccount
    ) {
      return association;
    }
  }
  throw new AwsError(
    'ResourceNotFoundException',
    'The token included in the request has no service account role association for it.',
    404,
  );
}

function requireTrust(
  role: RoleRecord | undefined,
  clusterArn: string,
  tags: Record<string, string>,
  sessionName: string,
): asserts role is RoleRecord {
  const context = serviceContext(clusterArn, tags, sessionName);
  const allowed =
    role &&
    sessionActions(tags).every(
      action => mayServiceUseRole(role, PODS_SERVICE, action, context).allowed,
    );
  if (!allowed) {
    throw UNAUTHORIZED;
  }
}

function requireTarget(
  world: World,
  first: Caller,
  association: AssociationRecord,
  tags: Record<string, string>,
  context: RequestContext,
): RoleRecord {
  const target = world.seenRoleByArn(association.targetRoleArn!);
  const allowed =
    target &&
    sessionActions(tags).every(
      action => mayUseRole(world, first, target, action, context).allowed,
    );
  if (!allowed) {
    throw UNAUTHORIZED;
  }
  return target;
}

/** Returns the percentage of the limit, where there is something to count. */
function checkSize(
  world: World,
  tags: Record<string, string>,
  policies: string[],
): number | undefined {
  const packed = packedPercent(world, tags, policies);
  if (packed > 100) {
    throw new AwsError(
      'InvalidRequestException',
      `Packed size of session tags consumes ${packed}% of allotted space.`,
      400,
    );
  }
  return packed > 0 ? packed : undefined;
}

/**
 * EKS Auth's only operation, after the calling node has been authorised: checks token, association, role and trust,
 * chains to the target role if there is one, and creates a session.
 */
export async function grantPodIdentity(
  world: World,
  key: ClusterKey,
  token: string,
): Promise<PodIdentityGrant> {
  const cluster = world.cluster(key);
  if (!cluster) {
    throw new AwsError(
      'ResourceNotFoundException',
      `No cluster found for name: ${key.name}.`,
      404,
    );
  }
  const claims = await verifyToken(world, key, token);
  const association = findAssociation(world, cluster, claims);
  const tags = association.disableSessionTags
    ? {}
    : podIdentityTags({
        ...claims,
        clusterArn: cluster.arn,
        clusterName: cluster.name,
      });
  const sessionName = [
    'eks',
    cluster.name.slice(0, 10),
    claims.podName.slice(0, 10),
    world.ids.uuid(),
  ].join('-');
  const role = world.seenRoleByArn(association.roleArn);
  requireTrust(role, cluster.arn, tags, sessionName);
  const tagKeys = Object.keys(tags);
  const policies = association.policy ? [association.policy] : [];
  const packedPolicySize = checkSize(world, tags, policies);
  const common = {
    sessionName,
    tags,
    transitiveTags: tagKeys,
    origin: 'pod' as const,
    region: key.region,
  };
  const chained = association.targetRoleArn !== undefined;
  const first = createSession(world, {
    ...common,
    role,
    accountId: accountOfArn(role.arn),
    durationSeconds: chained ? ONE_HOUR : SIX_HOURS,
    policies: chained ? [] : policies,
  });
  recordServiceSession(world, {
    session: first,
    region: key.region,
    service: PODS_SERVICE,
    notes: sessionNotes(first, {
      tags,
      transitiveTagKeys: tagKeys,
      durationSeconds: chained ? ONE_HOUR : SIX_HOURS,
      packedPolicySize,
    }),
  });
  if (!chained) {
    return { session: first, claims, association };
  }
  const caller = callerOfSession(first);
  const target = requireTarget(
    world,
    caller,
    association,
    tags,
    callerContext(world, caller, {
      region: key.region,
      sourceIp: '127.0.0.1',
    }).with({
      ...sessionTagKeys(tags, Object.keys(tags)),
      'sts:ExternalId': association.externalId,
      'sts:RoleSessionName': sessionName,
    }),
  );
  world.state.sessions.delete(first.accessKeyId);
  const session = createSession(world, {
    ...common,
    role: target,
    accountId: accountOfArn(target.arn),
    durationSeconds: ONE_HOUR,
    policies,
    chained: true,
  });
  recordServiceHop(world, {
    first,
    session,
    region: key.region,
    service: PODS_SERVICE,
    notes: sessionNotes(session, {
      incomingTags: tags,
      externalId: association.externalId,
      durationSeconds: ONE_HOUR,
      packedPolicySize,
    }),
  });
  return { session, claims, association };
}

/** Refuses a node whose role is not allowed to call EKS Auth. */
export function requireNodePermission(
  world: World,
  caller: Caller,
  key: ClusterKey,
  context: RequestContext,
): void {
  const action = 'eks-auth:AssumeRoleForPodIdentity';
  const resource = world.clusterArn(key);
  const decision = authorize(world, caller, { action, resource, context });
  if (!decision.allowed) {
    throw new AwsError(
      'AccessDeniedException',
      denialSentence({
        callerArn: caller.arn,
        action,
        resource,
        reason: denialReason(decision, action),
      }),
      400,
    );
  }
}

/** The grant or refusal that the agent receives. */
export async function answerAgent(
  requestId: string,
  ask: () => Promise<PodIdentityGrant>,
): Promise<PodIdentityAnswer> {
  try {
    const { session } = await ask();
    return {
      ok: true,
      credentials: {
        accessKeyId: session.accessKeyId,
        secretAccessKey: session.secretAccessKey,
        sessionToken: session.sessionToken,
        accountId: session.accountId,
        expiration: new Date(session.expiresAt),
      },
    };
  } catch (error) {
    if (error instanceof AwsError) {
      return {
        ok: false,
        statusCode: error.statusCode,
        code: error.code,
        message: error.message,
        requestId,
      };
    }
    throw error;
  }
}

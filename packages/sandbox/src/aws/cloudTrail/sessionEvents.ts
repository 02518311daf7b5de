import { Caller, callerOfSession, sessionArn } from '../authentication';
import type { SessionRecord } from '../state/types';
import type { World } from '../state/world';
import { foreignIdentity, identityOf, serviceIdentity } from './identity';
import { EventNotes, NewEvent, recordEvent } from './record';

const STS = 'sts.amazonaws.com';

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `Oct 2, 2019, 11:12:29 PM`, as STS writes the end of credentials into events. */
function expirationText(time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = date.getUTCHours();
  return `${
    MONTHS[date.getUTCMonth()]
  } ${date.getUTCDate()}, ${date.getUTCFullYear()}, ${hours % 12 || 12}:${two(
    date.getUTCMinutes(),
  )}:${two(date.getUTCSeconds())} ${hours < 12 ? 'AM' : 'PM'}`;
}

/** What the event of an assumed role tells of its new session. The token is in it, as in AWS's own. */
export function sessionNotes(
  session: SessionRecord,
  request: {
    tags?: Record<string, string>;
    transitiveTagKeys?: string[];
    incomingTags?: Record<string, string>;
    externalId?: string;
    durationSeconds?: number;
    packedPolicySize?: number;
  },
): EventNotes {
  const arn = sessionArn(session);
  const assumedRoleId = `${session.roleId}:${session.sessionName}`;
  const { tags = {}, incomingTags = {}, transitiveTagKeys = [] } = request;
  const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
  return {
    requestParameters: {
      ...(Object.keys(incomingTags).length > 0 && {
        incomingTransitiveTags: incomingTags,
      }),
      ...(list.length > 0 && { tags: list }),
      roleArn: session.roleArn,
      roleSessionName: session.sessionName,
      ...(request.externalId && { externalId: request.externalId }),
      ...(transitiveTagKeys.length > 0 && { transitiveTagKeys }),
      ...(request.durationSeconds && {
        durationSeconds: request.durationSeconds,
      }),
    },
    responseElements: {
      credentials: {
        accessKeyId: session.accessKeyId,
        sessionToken: session.sessionToken,
        expiration: expirationText(session.expiresAt),
      },
      assumedRoleUser: { assumedRoleId, arn },
      ...(request.packedPolicySize !== undefined && {
        packedPolicySize: request.packedPolicySize,
      }),
    },
    resources: [
      {
        ResourceType: 'AWS::IAM::AccessKey',
        ResourceName: session.accessKeyId,
      },
      ...[session.sessionName, assumedRoleId, arn].map(ResourceName => ({
        ResourceType: 'AWS::STS::AssumedRole',
        ResourceName,
      })),
      { ResourceType: 'AWS::IAM::Role', ResourceName: session.roleArn },
    ],
    touched: [
      {
        accountId: session.accountId,
        type: 'AWS::IAM::Role',
        ARN: session.roleArn,
      },
    ],
  };
}

interface ServiceSession {
  session: SessionRecord;
  region: string;
  /** `pods.eks.amazonaws.com` */
  service: string;
  notes: EventNotes;
}

const stsEvent = (world: World, region: string) => ({
  region,
  source: STS,
  name: 'AssumeRole',
  readOnly: true,
  eventVersion: '1.08',
  requestId: world.trail.newId(),
});

/** The event of an AssumeRole: of a role in another account, both accounts get one. */
export function recordAssumeRole(
  world: World,
  event: NewEvent,
  { caller, roleAccount }: { caller: Caller; roleAccount?: string },
): void {
  if (roleAccount === undefined || roleAccount === caller.accountId) {
    recordEvent(world, event);
    return;
  }
  const sharedEventId = world.trail.newId();
  recordEvent(world, { ...event, sharedEventId });
  recordEvent(world, {
    ...event,
    sharedEventId,
    accountId: roleAccount,
    identity: foreignIdentity(caller),
  });
}

/** A service that assumed a role for itself or for a pod. */
export function recordServiceSession(
  world: World,
  { session, region, service, notes }: ServiceSession,
): void {
  recordEvent(world, {
    ...stsEvent(world, region),
    accountId: session.accountId,
    identity: serviceIdentity(service),
    sourceIp: service,
    userAgent: service,
    ...notes,
  });
}

/** A service that goes on from one role to the next, with the session of the first. */
export function recordServiceHop(
  world: World,
  { first, ...hop }: ServiceSession & { first: SessionRecord },
): void {
  const identity = identityOf(callerOfSession(first), undefined);
  recordAssumeRole(
    world,
    {
      ...stsEvent(world, hop.region),
      accountId: first.accountId,
      identity: {
        ...identity,
        userIdentity: { ...identity.userIdentity, invokedBy: hop.service },
      },
      sourceIp: hop.service,
      userAgent: hop.service,
      ...hop.notes,
    },
    { caller: callerOfSession(first), roleAccount: hop.session.accountId },
  );
}

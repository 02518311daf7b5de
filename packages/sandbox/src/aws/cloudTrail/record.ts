import type { AwsError } from '../errors';
import { isoSeconds } from '../protocol/xml';
import type { World } from '../state/world';
import type { EventIdentity } from './identity';
import type { EventResource } from '../state/trail';

/** What an operation lets its event say beside the usual. */
export interface EventNotes {
  requestParameters?: Record<string, unknown> | null;
  responseElements?: Record<string, unknown> | null;
  resources?: EventResource[];
  /** The `resources` of the event itself. */
  touched?: { ARN: string; accountId: string; type: string }[];
}

/** An event to write down. */
export interface NewEvent extends EventNotes {
  accountId: string;
  region: string;
  /** `sts.amazonaws.com` */
  source: string;
  name: string;
  readOnly: boolean;
  eventVersion?: string;
  identity: EventIdentity;
  sourceIp: string;
  userAgent: string;
  requestId: string;
  /** Of the same call in the event of another account. */
  sharedEventId?: string;
  /** Host that the client named; absent where a service calls. */
  host?: string;
  error?: { code: string; message: string };
}

/** Calls from the VPC of a cluster leave it by its NAT gateway. */
export const NAT_ADDRESS = '203.0.113.10';

/** CloudTrail cuts longer ones. */
const LONGEST_USER_AGENT = 1_000;

/** The code in an event, which is not always the one of the answer. */
export function eventErrorCode(service: string, error: AwsError): string {
  if (service === 'ec2') return `Client.${error.code}`;
  if (error.code.startsWith('AccessDenied')) return 'AccessDenied';
  return service === 'iam' && !error.code.endsWith('Exception')
    ? `${error.code}Exception`
    : error.code;
}

/** Writes an event down as CloudTrail does; it can be looked up after the delay `cloudTrail`. */
export function recordEvent(world: World, event: NewEvent): void {
  const { trail, core } = world;
  const at = world.now();
  const eventId = trail.newId();
  const { identity, error } = event;
  const content = {
    eventVersion: event.eventVersion ?? '1.09',
    userIdentity: identity.userIdentity,
    eventTime: isoSeconds(at),
    eventSource: event.source,
    eventName: event.name,
    awsRegion: event.region,
    sourceIPAddress: event.sourceIp,
    userAgent: event.userAgent.slice(0, LONGEST_USER_AGENT),
    ...(error && { errorCode: error.code, errorMessage: error.message }),
    requestParameters: event.requestParameters ?? null,
    responseElements: event.responseElements ?? null,
    requestID: event.requestId,
    eventID: eventId,
    readOnly: event.readOnly,
    ...(event.touched && { resources: event.touched }),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: event.accountId,
    ...(event.sharedEventId && { sharedEventID: event.sharedEventId }),
    eventCategory: 'Management',
    ...(event.host && {
      tlsDetails: {
        tlsVersion: 'TLSv1.3',
        cipherSuite: 'TLS_AES_128_GCM_SHA256',
        clientProvidedHostHeader: event.host,
      },
    }),
  };
  trail.add({
    eventId,
    accountId: event.accountId,
    region: event.region,
    at: Math.floor(at / 1000) * 1000,
    visibleAt: at + core.delays.cloudTrail,
    name: event.name,
    source: event.source,
    username: identity.username,
    accessKeyId: identity.accessKeyId,
    readOnly: event.readOnly,
    resources: event.resources ?? [],
    text: JSON.stringify(content),
  });
}

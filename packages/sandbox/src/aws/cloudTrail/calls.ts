import type { Caller } from '../authentication';
import type { AwsError } from '../errors';
import { matchRoute } from '../eks/routes';
import { parseForm, structure } from '../protocol/query';
import type { AwsRequest } from '../protocol/request';
import { decode } from '../protocol/request';
import { AwsService, CallNotes, isWrite } from '../service';
import type { World } from '../state/world';
import { identityOf } from './identity';
import { EventNotes, NAT_ADDRESS, NewEvent, eventErrorCode } from './record';
import { recordAssumeRole } from './sessionEvents';

/** S3's operations that look at the objects of a bucket ("Amazon S3 CloudTrail events", S3 User Guide), which LookupEvents never has. */
const DATA_EVENTS = /^(ListObjects(V2)?|HeadBucket)$/;

const isDataEvent = (service: string, operation: string) =>
  service === 's3' && DATA_EVENTS.test(operation);

/** Where the events of IAM, which has no regions, are. */
const HOME: Record<string, string> = {
  aws: 'us-east-1',
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
};

const SOURCES: Partial<Record<AwsService['name'], string>> = {
  'eks-auth': 'eks-auth.amazonaws.com',
};

/** Services that leave out what a refused caller asked. */
const SILENT_WHEN_REFUSED = new Set<string>(['iam', 'sts']);

/** A call that a service answered. */
export interface AnsweredCall {
  service: AwsService['name'];
  operation: string;
  caller: Caller;
  /** Of the credential scope. */
  region: string;
  requestId: string;
  request?: AwsRequest;
  accessKeyId?: string;
  userAgent: string;
  error?: AwsError;
  notes: CallNotes;
}

const lowerFirst = (text: string) => text[0].toLowerCase() + text.slice(1);

function jsonOf(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return {};
  }
}

/** What was asked, in the members of the service's API. */
function parametersOf(
  service: AwsService['name'],
  request: AwsRequest,
): Record<string, unknown> | null {
  let asked: Record<string, unknown>;
  if (service === 'eks') {
    const path = matchRoute(request.method, request.rawPath)?.path;
    asked = { ...path, ...request.query, ...jsonOf(request.body) };
  } else if (service === 's3') {
    const bucketName = decode(request.rawPath.split('/')[1] ?? '');
    asked = { ...(bucketName && { bucketName }), Host: 's3.amazonaws.com' };
  } else if (service === 'cloudtrail') {
    asked = jsonOf(request.body);
  } else {
    asked = structure(parseForm(request.body.toString('utf8')));
    if (asked.SetAsDefault) asked.SetAsDefault = asked.SetAsDefault === 'true';
  }
  const entries = Object.entries(asked);
  return entries.length > 0
    ? Object.fromEntries(
        entries.map(([key, value]) => [
          key === 'Host' ? key : lowerFirst(key),
          value,
        ]),
      )
    : null;
}

/** What was touched, as far as the parameters name it. */
function resourcesOf(
  service: AwsService['name'],
  asked: Record<string, unknown> | null,
): EventNotes['resources'] {
  const named: Record<string, Record<string, string>> = {
    eks: { name: 'AWS::EKS::Cluster' },
    iam: { roleName: 'AWS::IAM::Role', policyArn: 'AWS::IAM::Policy' },
    s3: { bucketName: 'AWS::S3::Bucket' },
  };
  return Object.entries(named[service] ?? {}).flatMap(([member, type]) => {
    const name = asked?.[member];
    return typeof name === 'string'
      ? [{ ResourceType: type, ResourceName: name }]
      : [];
  });
}

/** What EKS Auth's event tells: the cluster, and neither token nor pod. */
export const eksAuthNotes = (clusterName: string): EventNotes => ({
  requestParameters: {
    clusterName,
    token: 'HIDDEN_DUE_TO_SECURITY_REASONS',
  },
  resources: [{ ResourceType: 'AWS::EKS::Cluster', ResourceName: clusterName }],
});

/** Writes down a call to a management operation. */
export function recordCall(world: World, call: AnsweredCall): void {
  const { service, operation, caller, notes, error } = call;
  if (isDataEvent(service, operation)) {
    return;
  }
  const region = service === 'iam' ? HOME[world.partition.id] : call.region;
  const asked =
    notes.requestParameters !== undefined || !call.request
      ? notes.requestParameters ?? null
      : parametersOf(service, call.request);
  const silent = error && SILENT_WHEN_REFUSED.has(service);
  const event: NewEvent = {
    accountId: caller.accountId,
    region,
    source: SOURCES[service] ?? `${service}.amazonaws.com`,
    name: operation,
    readOnly: !isWrite(operation),
    identity: identityOf(caller, call.accessKeyId),
    sourceIp: caller.internal
      ? NAT_ADDRESS
      : call.request?.remoteAddress ?? NAT_ADDRESS,
    // S3 puts brackets around what the client said.
    userAgent: service === 's3' ? `[${call.userAgent}]` : call.userAgent,
    requestId: call.requestId,
    host: hostOf(world, service, region),
    ...(error && {
      error: { code: eventErrorCode(service, error), message: error.message },
    }),
    requestParameters: silent ? null : asked,
    responseElements: notes.responseElements,
    resources: notes.resources ?? resourcesOf(service, asked),
    touched: notes.touched,
  };
  recordAssumeRole(world, event, { caller, roleAccount: notes.roleAccount });
}

function hostOf(
  { partition: { dnsSuffix, dualStackSuffix } }: World,
  service: string,
  region: string,
): string {
  if (service === 'iam') return `iam.${dnsSuffix}`;
  return service === 'eks-auth'
    ? `eks-auth.${region}.${dualStackSuffix}`
    : `${service}.${region}.${dnsSuffix}`;
}

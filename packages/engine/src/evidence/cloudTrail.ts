import { NotAllowedError } from '@backstage/errors';
import type { Event, LookupAttribute } from '@aws-sdk/client-cloudtrail';
import type {
  EvidenceEvent,
  EvidenceQuestion,
  PodIdentityEvidenceSource,
} from 'backstage-plugin-eks-pod-identity-common';
import { packages } from '../async/packages';
import { classifyAwsError } from '../aws/classify';
import type { Clusters } from '../clusters/types';
import { decodeCloudTrailEvent } from './decode';

function attributeOf(question: EvidenceQuestion): LookupAttribute {
  if ('role' in question) {
    return { AttributeKey: 'ResourceName', AttributeValue: question.role };
  }
  if ('resource' in question) {
    return { AttributeKey: 'ResourceName', AttributeValue: question.resource };
  }
  if ('accessKeyId' in question) {
    return {
      AttributeKey: 'AccessKeyId',
      AttributeValue: question.accessKeyId,
    };
  }
  return 'eventName' in question
    ? { AttributeKey: 'EventName', AttributeValue: question.eventName }
    : { AttributeKey: 'Username', AttributeValue: question.username };
}

/** An event whose record cannot be read is there all the same, or its page would count as the last one. */
function eventOf(event: Event): EvidenceEvent | undefined {
  const { CloudTrailEvent, EventId, EventTime, EventSource, EventName } = event;
  const beside = {
    eventID: EventId,
    eventTime: EventTime,
    eventSource: EventSource,
    eventName: EventName,
  };
  return (
    decodeCloudTrailEvent(CloudTrailEvent) ??
    decodeCloudTrailEvent(JSON.stringify(beside))
  );
}

/** What to say where the portal's role is not allowed to search. */
const deniedIn = (region: string) =>
  `The read role is not allowed to call cloudtrail:LookupEvents in ${region}.`;

/**
 * CloudTrail's LookupEvents under the read role: management events of 90 days, at the pace of the account and region.
 *
 * @public
 */
export function cloudTrailSource(
  clusters: Clusters,
): PodIdentityEvidenceSource {
  return {
    id: 'cloudtrail',
    async *read({ cluster, region, question, from, until, signal }) {
      const session = clusters.session(cluster.id, 'read');
      const where = region ?? session.cluster.region;
      const pages = packages.cloudtrail.paginateLookupEvents(
        { client: session.cloudTrailIn(where) },
        {
          LookupAttributes: [attributeOf(question)],
          StartTime: from,
          EndTime: until,
          MaxResults: 50,
        },
        { abortSignal: signal },
      );
      try {
        for await (const { Events = [] } of pages) {
          yield Events.flatMap(event => eventOf(event) ?? []);
        }
      } catch (error) {
        if (classifyAwsError(error).kind !== 'denied') throw error;
        throw new NotAllowedError(deniedIn(where));
      }
    },
  };
}

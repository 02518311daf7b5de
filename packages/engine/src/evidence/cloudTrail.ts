import { NotAllowedError } from '@backstage/errors';
import type { LookupAttribute } from '@aws-sdk/client-cloudtrail';
import type {
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
          yield Events.flatMap(
            ({ CloudTrailEvent }) =>
              decodeCloudTrailEvent(CloudTrailEvent) ?? [],
          );
        }
      } catch (error) {
        if (classifyAwsError(error).kind !== 'denied') throw error;
        throw new NotAllowedError(deniedIn(where));
      }
    },
  };
}

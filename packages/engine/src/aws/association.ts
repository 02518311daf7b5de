import type {
  PodIdentityAssociation,
  PodIdentityAssociationSummary,
} from '@aws-sdk/client-eks';
import pLimit from 'p-limit';
import { packages } from '../async/packages';
import { orUndefined } from './orUndefined';
import type { AwsClients } from './types';

/** Page size: most associations that EKS lists in one call. */
const PAGE = 100;

/** A cluster and the clients that read it. */
interface Session {
  cluster: { name: string };
  aws: Pick<AwsClients, 'eks'>;
}

/** A Pod Identity association. The portal's database keeps it in this shape. @public */
export interface Association {
  id: string;
  arn: string;
  roleArn: string;
  targetRoleArn?: string;
  externalId?: string;
  disableSessionTags: boolean;
  /** Session policy, JSON. */
  policy?: string;
  /** The add-on that owns it. */
  ownerArn?: string;
  tags: Record<string, string>;
  /** Epoch milliseconds. */
  createdAt?: number;
  modifiedAt?: number;
}

/**
 * Every setting of an association except its tags. What reads, plans, changes, compares and judges an association goes
 * through all of them, so that none of it compiles until it handles a new one.
 */
export type AssociationSetting =
  | 'roleArn'
  | 'targetRoleArn'
  | 'disableSessionTags'
  | 'policy';

/** Converts the SDK's type, whose optional members are always set in real answers. */
export function toAssociation(
  association: PodIdentityAssociation,
): Association {
  // No member may be left out, as it may of an Association: one that is never read would look like none for ever.
  const settings: { [S in AssociationSetting]: Association[S] } = {
    roleArn: association.roleArn ?? '',
    targetRoleArn: association.targetRoleArn || undefined,
    disableSessionTags: association.disableSessionTags ?? false,
    policy: association.policy || undefined,
  };
  return {
    id: association.associationId ?? '',
    arn: association.associationArn ?? '',
    ...settings,
    externalId: association.externalId || undefined,
    ownerArn: association.ownerArn || undefined,
    tags: association.tags ?? {},
    createdAt: association.createdAt?.getTime(),
    modifiedAt: association.modifiedAt?.getTime(),
  };
}

/**
 * Associations of a cluster, or those of one service account; every page, unless `most` are enough. The list holds
 * neither roles nor tags nor times (EKS API reference, PodIdentityAssociationSummary).
 *
 * @public
 */
export async function listAssociations(
  { cluster, aws }: Session,
  query: { namespace?: string; serviceAccount?: string; most?: number },
  abortSignal?: AbortSignal,
): Promise<PodIdentityAssociationSummary[]> {
  const { most = Infinity, ...filter } = query;
  const found: PodIdentityAssociationSummary[] = [];
  const pages = packages.eks.paginateListPodIdentityAssociations(
    { client: aws.eks },
    { clusterName: cluster.name, maxResults: PAGE, ...filter },
    { abortSignal },
  );
  for await (const { associations = [] } of pages) {
    found.push(...associations);
    if (found.length >= most) break;
  }
  return found;
}

/** One association with all its members; `undefined` when it is gone. @public */
export async function describeAssociation(
  { cluster, aws }: Session,
  associationId: string,
  abortSignal?: AbortSignal,
): Promise<Association | undefined> {
  const answer = await orUndefined(
    aws.eks.send(
      new packages.eks.DescribePodIdentityAssociationCommand({
        clusterName: cluster.name,
        associationId,
      }),
      { abortSignal },
    ),
  );
  return answer?.association && toAssociation(answer.association);
}

/** Descriptions that are under way at a time; the pace of the calls is that of the clients. */
const AT_ONCE = 8;

/** The associations of a list with all their members, by `namespace/name`; those that are gone meanwhile are left out. @public */
export async function describeListed(
  session: Session,
  listed: readonly PodIdentityAssociationSummary[],
  abortSignal?: AbortSignal,
): Promise<Map<string, Association>> {
  const found = new Map<string, Association>();
  const limit = pLimit(AT_ONCE);
  const describe = async ({
    associationId = '',
    namespace,
    serviceAccount,
  }: PodIdentityAssociationSummary) => {
    const one = await describeAssociation(session, associationId, abortSignal);
    if (one) found.set(`${namespace}/${serviceAccount}`, one);
  };
  await Promise.all(listed.map(one => limit(() => describe(one))));
  return found;
}

/** ARN pattern under which EKS authorises Describe, Update and Delete of associations. */
export function associationsArn({
  partition,
  region,
  accountId,
  name,
}: {
  partition: string;
  region: string;
  accountId: string;
  name: string;
}): string {
  return `arn:${partition}:eks:${region}:${accountId}:podidentityassociation/${name}/*`;
}

/** Ids of the associations of exactly this service account; there is at most one. */
export async function associationIdsOf(
  session: Session,
  target: { namespace: string; serviceAccount: string },
  abortSignal?: AbortSignal,
): Promise<string[]> {
  const { namespace, serviceAccount } = target;
  const summaries = await listAssociations(
    session,
    { namespace, serviceAccount },
    abortSignal,
  );
  // AWS filters by equality; checking again is cheap and a wrong match would be costly.
  return summaries.flatMap(summary =>
    summary.namespace === namespace &&
    summary.serviceAccount === serviceAccount &&
    summary.associationId
      ? [summary.associationId]
      : [],
  );
}

/** The association of exactly this service account, if there is one. */
export async function findAssociation(
  session: Session,
  target: { namespace: string; serviceAccount: string },
  abortSignal?: AbortSignal,
): Promise<Association | undefined> {
  for (const id of await associationIdsOf(session, target, abortSignal)) {
    const association = await describeAssociation(session, id, abortSignal);
    // Listed and yet gone: a delete that has not reached the list yet.
    if (association) return association;
  }
  return undefined;
}

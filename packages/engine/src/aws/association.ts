import {
  DescribePodIdentityAssociationCommand,
  ListPodIdentityAssociationsCommand,
  type PodIdentityAssociation,
  type PodIdentityAssociationSummary,
} from '@aws-sdk/client-eks';
import { classifyAwsError } from './classify';
import { eksPages } from './pages';
import type { AwsClients } from './types';

/** The most that EKS lists in one call. */
const PAGE = 100;

/** A cluster and the clients to ask about it. */
interface Session {
  cluster: { name: string };
  aws: Pick<AwsClients, 'eks'>;
}

/**
 * Associations of a cluster, or those of one ServiceAccount; every page, unless `most` are enough. List shows neither
 * roles nor tags nor times (EKS API reference, PodIdentityAssociationSummary).
 */
export async function listAssociations(
  session: Session,
  query: { namespace?: string; serviceAccount?: string; most?: number },
  signal?: AbortSignal,
): Promise<PodIdentityAssociationSummary[]> {
  const { most = Infinity, ...filter } = query;
  const found: PodIdentityAssociationSummary[] = [];
  const pages = eksPages(nextToken =>
    session.aws.eks.send(
      new ListPodIdentityAssociationsCommand({
        clusterName: session.cluster.name,
        maxResults: PAGE,
        ...filter,
        nextToken,
      }),
      { abortSignal: signal },
    ),
  );
  for await (const page of pages) {
    found.push(...(page.associations ?? []));
    if (found.length >= most) break;
  }
  return found;
}

/** One association whole; `undefined` when it is gone. */
export async function describeAssociation(
  session: Session,
  associationId: string,
  signal?: AbortSignal,
): Promise<PodIdentityAssociation | undefined> {
  try {
    const { association } = await session.aws.eks.send(
      new DescribePodIdentityAssociationCommand({
        clusterName: session.cluster.name,
        associationId,
      }),
      { abortSignal: signal },
    );
    return association;
  } catch (error) {
    if (classifyAwsError(error).kind === 'not-found') return undefined;
    throw error;
  }
}

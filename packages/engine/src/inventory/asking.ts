import type {
  AccessProgram,
  AccessSearch,
  PodIdentityEvidenceSource,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from '../async/clock';
import type { RoleInAccount } from '../aws/account';
import type { Association } from '../aws/association';
import type { ClusterSession } from '../clusters/types';
import type { KubernetesApi } from '../kubernetes/types';
import { noKubernetes } from '../verification/access/askKubernetes';
import { askAws as askAwsOnce } from '../verification/access/askAws';
import { lackOfKubernetes } from '../verification/access/lacks';
import { type Fact, known, lacking } from '../verification/framework/fact';
import type {
  AwsRight,
  KubernetesRight,
} from '../verification/framework/rights';
import type { SweepLists } from '../verification/sweep/SweepLists';

/** What earlier looks at a cluster saw of programs. @public */
export interface AccessSeen {
  searched: AccessSearch[];
  /** By `namespace/name`. */
  programs: ReadonlyMap<string, AccessProgram[]>;
}

/** What a look at the AWS access of a cluster needs. @public */
export interface AccessRequest {
  session: ClusterSession;
  clock: Clock;
  signal: AbortSignal;
  /** Without it CloudTrail is not searched: of programs and of use is said what was `seen`, or nothing. */
  evidence?: PodIdentityEvidenceSource;
  /** So that programs count which ask less often than a look sees. */
  seen?: AccessSeen;
  /** Associations that were described already, by `namespace/name`; default: all are listed and described. */
  associations?: ReadonlyMap<string, Association>;
  /** Only this service account is judged: of the associations of others is read that they are there, and no more. */
  only?: Pick<ServiceAccountRef, 'namespace' | 'serviceAccount'>;
  /** The roles of the account with their policies, where the caller reads them anyway; default: they are read. */
  roles?:
    | ReadonlyMap<string, RoleInAccount>
    | Promise<ReadonlyMap<string, RoleInAccount>>;
  /** Of a sweep of the same cluster, which takes its part of what this look lists. */
  lists?: SweepLists;
  /** Moves of this portal edit the trust policies that the configuration of the cluster names; default: they do not. */
  editsTrust?: boolean;
  /** Hears in one sentence what is read next. */
  tell?(what: string): void;
}

/** One map entry, made on first use. */
export function entry<T>(map: Map<string, T>, key: string, make: () => T): T {
  let found = map.get(key);
  if (!found) {
    found = make();
    map.set(key, found);
  }
  return found;
}

/** What a service account is called among the facts. */
export const nameOf = (namespace = '', name = '') => `${namespace}/${name}`;

/** Asks Kubernetes; an error becomes the lack that names the right. */
export async function ask<T>(
  { session, signal }: AccessRequest,
  right: KubernetesRight,
  read: (api: KubernetesApi) => Promise<T>,
): Promise<Fact<T>> {
  if (session.cluster.kubernetes.access === 'none') {
    return lacking(noKubernetes(session.cluster));
  }
  try {
    return known(await read(await session.kubernetes({ signal })));
  } catch (error) {
    signal.throwIfAborted();
    return lacking(
      lackOfKubernetes(error, right, {
        cluster: session.cluster,
        role: session.role,
        arn: session.cluster.roles[session.role],
      }),
    );
  }
}

/** As checks ask AWS; a look that has ended ends there. */
export async function askAws<T>(
  { session, signal }: AccessRequest,
  right: AwsRight,
  read: () => Promise<T>,
): Promise<Fact<T>> {
  const fact = await askAwsOnce(session, right, read);
  if (!fact.known) signal.throwIfAborted();
  return fact;
}

/** Lists names and then reads each of them, which are two rights. */
export async function askInTurn<Listed, Read>(
  request: AccessRequest,
  [toList, toRead]: [AwsRight, AwsRight],
  list: () => Promise<Listed>,
  read: (listed: Listed) => Promise<Read>,
): Promise<Fact<Read>> {
  const listed = await askAws(request, toList, list);
  return listed.known
    ? askAws(request, toRead, () => read(listed.value))
    : listed;
}

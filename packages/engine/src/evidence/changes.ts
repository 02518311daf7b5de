import { stringifyError } from '@backstage/errors';
import type {
  EvidenceEvent,
  EvidenceQuestion,
  IdentityChange,
  IdentityParts,
  PodIdentityEvidenceSource,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from '../async/clock';
import { Deadline } from '../async/deadline';
import { accountOfArn, nameOfArn } from '../aws/arn';
import { regionOfIam } from '../aws/partition';
import { publicCluster } from '../clusters/publicCluster';
import type { ClusterConfig } from '../clusters/types';
import { minuteOf } from '../text/minuteOf';
import { foreign } from '../text/foreign';
import { voiceOf } from '../text/voice';
import {
  ASSOCIATION_EVENTS,
  identityChanges,
  ROLE_EVENTS,
} from './changeEvents';
import { search } from './search';

/** Longest search. A run that found something wrong waits that long for who changed it, and no longer. */
const MOST_MS = 20_000;
/** CloudTrail keeps 90 days. */
const KEPT_MS = 89 * 24 * 3_600_000;
/** How many pages of each are read. */
const PAGES = { role: 3, name: 1, policy: 1, association: 2 };
/** How many are searched for, and how many changes are told, the newest first. */
const MOST = { policies: 3, changes: 20 };

/** What is searched for, and where it is asked. @public */
export interface ChangesRequest {
  ref: ServiceAccountRef;
  cluster: ClusterConfig;
  /** The identity as it was proven; undefined where it never was. */
  before?: IdentityParts;
  /** The identity as it is. */
  now: IdentityParts;
  /** ARNs of the roles of the portal itself. */
  portalRoles: readonly string[];
  from: Date;
  until: Date;
  signal: AbortSignal;
}

interface Found {
  events: EvidenceEvent[];
  /** What was not searched, or not all of it. */
  lack?: string;
}

/** A search of so many pages; answers where it ended, ISO 8601, if that was before it had seen all. */
type Ask = (
  question: EvidenceQuestion,
  pages: number,
  until?: Date,
) => Promise<string | undefined>;

const unique = (values: (string | undefined)[]) => [
  ...new Set(values.filter(value => value !== undefined)),
];

/** The last of these times: before it, something was not read. */
const lastOf = (times: (string | undefined)[]): string | undefined =>
  unique(times).sort().at(-1);

/** The same association with the same settings was not written; without a proof nothing tells. */
function mayHaveBeenWritten({ before, now }: ChangesRequest): boolean {
  const [was, is] = [before?.association, now.association];
  return !was || !is || was.id !== is.id || was.modifiedAt !== is.modifiedAt;
}

/** Roles of the cluster's account: CloudTrail has no events of another one's. */
function ownRoles({ before, cluster, now }: ChangesRequest): string[] {
  const arns = now.association
    ? [now.association.roleArn, now.association.targetRoleArn]
    : [before?.association?.roleArn ?? now.role?.arn];
  return unique(arns)
    .filter(arn => accountOfArn(arn) === cluster.accountId)
    .map(nameOfArn);
}

/** Managed policies of the account's own: those of AWS are changed by AWS. */
const ownPolicies = ({ cluster, now }: ChangesRequest): string[] =>
  unique([...(now.policies?.attached ?? []), now.role?.boundaryArn]).filter(
    arn => accountOfArn(arn) === cluster.accountId,
  );

/** What is not searched for at all, in sentences. */
function leftOut(request: ChangesRequest, from: Date): string[] {
  const policies = ownPolicies(request).length;
  const { roleArn, targetRoleArn } = request.now.association ?? {};
  const elsewhere = unique([roleArn, targetRoleArn]).filter(
    arn => accountOfArn(arn) !== request.cluster.accountId,
  );
  return [
    ...elsewhere.map(
      arn =>
        `CloudTrail has the changes of ${nameOfArn(arn)} in another account.`,
    ),
    ...(policies > MOST.policies
      ? [`Only ${MOST.policies} of its ${policies} policies were searched.`]
      : []),
    ...(from > request.from
      ? ['CloudTrail keeps no events of more than 90 days.']
      : []),
  ];
}

async function askForAssociation(ask: Ask) {
  const ends = [];
  for (const eventName of ASSOCIATION_EVENTS) {
    ends.push(await ask({ eventName }, PAGES.association));
  }
  return lastOf(ends);
}

async function askForRoles(request: ChangesRequest, ask: Ask) {
  const ends = [];
  for (const resource of ownRoles(request)) {
    ends.push(await ask({ resource }, PAGES.role));
  }
  const end = lastOf(ends);
  const left: typeof ends = [];
  if (end) {
    // Reads fill the pages of a role, those of this portal above all. Writes are few in an account.
    for (const eventName of ROLE_EVENTS) {
      left.push(await ask({ eventName }, PAGES.name, new Date(end)));
    }
  }
  for (const resource of ownPolicies(request).slice(0, MOST.policies)) {
    left.push(await ask({ resource }, PAGES.policy));
  }
  return lastOf(left);
}

function lackOf(error: unknown, region: string, isLate: boolean): string {
  const reason = isLate
    ? `it took longer than ${MOST_MS / 1000} s.`
    : foreign(stringifyError(error), 500);
  return `CloudTrail was not searched in ${region}: ${
    (error as Error).name === 'NotAllowedError'
      ? (error as Error).message
      : reason
  }`;
}

/**
 * What AWS recorded of changes of an identity: of its association in the region of the cluster, of its role and policies
 * where CloudTrail has the calls to IAM. Reads a bounded number of events in a bounded time, and says what it did not see.
 *
 * @throws only when the request is aborted
 * @public
 */
export async function changesRead(
  source: PodIdentityEvidenceSource,
  request: ChangesRequest,
  clock: Clock,
): Promise<{ events: IdentityChange[]; lack?: string }> {
  const { cluster, until } = request;
  const deadline = new Deadline(clock, request.signal).start(MOST_MS);
  const from = new Date(
    Math.max(request.from.getTime(), until.getTime() - KEPT_MS),
  );
  const inRegion = async (
    region: string,
    searches: (ask: Ask) => Promise<string | undefined>,
  ): Promise<Found> => {
    const events: EvidenceEvent[] = [];
    const common = {
      cluster: publicCluster(cluster),
      region,
      from,
      signal: deadline.signal,
    };
    try {
      const end = await searches(async (question, pages, before = until) => {
        const found = await search(
          source,
          { ...common, question, until: before },
          pages,
        );
        events.push(...found.events);
        return found.isCut ? found.from : undefined;
      });
      if (!end) return { events };
      const lack = `CloudTrail has more events in ${region} than were read: not all before ${minuteOf(
        end,
      )}.`;
      return { events, lack };
    } catch (error) {
      request.signal.throwIfAborted();
      return { events, lack: lackOf(error, region, deadline.passed) };
    }
  };
  const found = await Promise.all([
    inRegion(cluster.region, async ask =>
      mayHaveBeenWritten(request) ? askForAssociation(ask) : undefined,
    ),
    inRegion(regionOfIam(cluster.region), ask => askForRoles(request, ask)),
  ]).finally(() => deadline.cancel());
  const changes = identityChanges(
    found.flatMap(({ events }) => events),
    {
      ref: request.ref,
      clusterName: cluster.name,
      associationIds: unique([
        request.before?.association?.id,
        request.now.association?.id,
      ]),
      provenRoleArn: request.before?.association?.roleArn,
      roleNames: ownRoles(request),
      policyArns: ownPolicies(request),
      portalRoles: request.portalRoles,
      voice: voiceOf(cluster),
    },
  );
  const lack = unique([
    ...found.map(one => one.lack),
    ...leftOut(request, from),
  ]).join(' ');
  return {
    events: changes.slice(0, MOST.changes),
    ...(lack ? { lack } : {}),
  };
}

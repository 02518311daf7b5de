import type {
  ApplicationProof,
  Evidence,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import { serviceInWords } from './evidenceWords';
import { type Fact, valueOf } from '../framework/fact';
import { unreadOf } from './formerCredentials';
import type { PodFact } from '../framework/facts/workloads';
import type { FactReader } from '../framework/facts';
import { runs } from '../framework/workloadsOf';

/** AWS shows events at most so much later. */
const LATE_MS = 15 * 60_000;
/** A program that uses its role has asked for it again by then: credentials live for six hours. */
const RENEWED_MS = 6 * 3_600_000;

/** Running pods by what AWS recorded of them. */
export interface ObtainedBy {
  obtained: PodFact[];
  /** They run for longer than AWS needs to show an event, and none of them has one. */
  never: PodFact[];
  /** Too young, or older than the time that was searched. */
  unseen: PodFact[];
  /** Sessions without tags whose cut name fits several pods, so that none of them is known to be its pod. */
  unnamed: boolean;
  /** When one of them obtained the role last; of `unnamed` too. */
  lastAt?: string;
}

/** Since when credentials of the identity are those of today. */
export function presentSince(
  association: Association | null | undefined,
  role: Role | null | undefined,
): number {
  const at = Math.max(
    association?.createdAt ?? 0,
    association?.modifiedAt ?? 0,
    role?.createdAt ?? 0,
  );
  // CloudTrail writes whole seconds, and cuts off the rest.
  return Math.floor(at / 1_000) * 1_000;
}

/**
 * Since when a pod that obtained the role proves the identity as it is; Infinity where the association was not read, as it
 * decides which role counts. A role that was not read takes no proof away: AWS gave it to the pod under the association of
 * today. Sentences then add `notCompared`, because only a look at the role would show that it was recreated since.
 */
export const provesSince = (
  association: Fact<Association | null>,
  role: Fact<Role | null>,
): number =>
  association.known && association.value
    ? presentSince(association.value, valueOf(role))
    : Infinity;

/** A clause where the last change of one could not be compared with what pods obtained. */
export function notCompared(facts: {
  association: Fact<unknown>;
  role: Fact<unknown>;
}): string | undefined {
  const unread = unreadOf(facts);
  return unread
    ? `whether that was after the last change of ${unread} was not looked at`
    : undefined;
}

/** Which of these pods obtained the role since then. */
export function obtainedBy(
  pods: readonly PodFact[],
  evidence: Evidence,
  since: number,
): ObtainedBy {
  const entries = evidence.pods.filter(
    ({ lastAt }) => Date.parse(lastAt) >= since,
  );
  const byUid = new Map(entries.map(entry => [entry.uid ?? '', entry]));
  const unnamed = entries.find(
    ({ uid, name }) =>
      !uid && pods.some(pod => pod.name.startsWith(name.replace(/…$/, ''))),
  );
  const until = Date.parse(evidence.readUntil ?? '') - LATE_MS;
  const from = Date.parse(evidence.readFrom ?? '');
  const result: ObtainedBy = {
    obtained: [],
    never: [],
    unseen: [],
    unnamed: unnamed !== undefined,
  };
  const times = unnamed ? [unnamed.lastAt] : [];
  for (const pod of pods) {
    const entry = byUid.get(pod.uid ?? 'no uid');
    const started = pod.startedAt ?? pod.createdAt ?? Infinity;
    const begin = Math.max(started, since);
    const searched = from <= Math.max(begin, until - RENEWED_MS);
    if (entry) {
      result.obtained.push(pod);
      times.push(entry.lastAt);
    } else if (begin < until && searched && !unnamed) result.never.push(pod);
    else result.unseen.push(pod);
  }
  return { ...result, lastAt: times.sort().at(-1) };
}

/** Proof that running pods use the identity as it is now, as far as its age can be read. */
export async function applicationProof(
  facts: FactReader,
): Promise<ApplicationProof | undefined> {
  const evidence = valueOf(await facts.get('evidence'));
  if (evidence?.state !== 'read') return undefined;
  const [pods, association, role] = await Promise.all([
    facts.get('pods'),
    facts.get('association'),
    facts.get('role'),
  ]);
  const running = (valueOf(pods) ?? []).filter(runs);
  const since = provesSince(association, role);
  const { obtained } = obtainedBy(running, evidence, since);
  const uids = new Set(obtained.map(({ uid }) => uid));
  // The newest of all pods comes first.
  const last = evidence.pods.find(({ uid }) => uid && uids.has(uid));
  if (!last) return undefined;
  const uses = evidence.uses.filter(
    ({ lastAt }) => Date.parse(lastAt) >= since,
  );
  return {
    pod: { uid: last.uid, name: last.name },
    at: last.lastAt,
    obtained: obtained.length,
    running: running.length,
    ...(uses[0]?.sdk ? { sdk: uses[0].sdk, version: uses[0].version } : {}),
    services: [...new Set(uses.map(one => serviceInWords(one.service)))],
  };
}

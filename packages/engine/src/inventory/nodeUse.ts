import type {
  AccessNodeProgram,
  EvidenceEvent,
  PodIdentityEvidenceSource,
} from 'backstage-plugin-eks-pod-identity-common';
import { publicCluster } from '../clusters/publicCluster';
import { search } from '../evidence/search';
import { mayBeOfNode } from '../evidence/userAgent';
import { known, lacking } from '../verification/framework/fact';
import { type AccessRequest, entry } from './asking';
import type { AccessFacts, UseOfNode } from './facts';
import {
  groupNodes,
  MOST_NAMES,
  MOST_SEARCHES,
  type NodesTogether,
} from './nodeGroups';
import { lackOfSearch, USED_WITHIN_MS } from './use';

/** Nodes of one group that are searched for, one page each. */
const NODES_OF_GROUP = 2;

/** The nodes with the most pods that may act as them: one of each group before a second one of any. */
export function nodesToSearch(groups: readonly NodesTogether[]): string[] {
  const load = ({ pods }: NodesTogether) =>
    [...pods.values()].reduce((sum, count) => sum + count, 0);
  const lists = [...groups]
    .sort((a, b) => load(b) - load(a))
    .map(({ nodes, pods }) =>
      [...nodes]
        .sort((a, b) => (pods.get(b.name) ?? 0) - (pods.get(a.name) ?? 0))
        .flatMap(({ instanceId }) => instanceId ?? []),
    );
  return Array.from({ length: NODES_OF_GROUP }, (_, round) =>
    lists.flatMap(ids => ids[round] ?? []),
  )
    .flat()
    .slice(0, MOST_SEARCHES);
}

/** Other clusters of the account search, too, and AWS answers two searches a second: rows do not wait for longer. */
const MOST_MS = 60_000;
const TOO_LONG = 'The searches for calls by nodes were ended after a minute.';

/** What the newest events of one node say, the newest first. */
export function useOfNode(
  instanceId: string,
  events: readonly EvidenceEvent[],
  since: string,
): UseOfNode {
  const programs = new Map<string, AccessNodeProgram>();
  const roles = { all: new Set<string>(), programs: new Set<string>() };
  for (const { at, by, name, sdk, service, userAgent } of events) {
    if (by.kind !== 'node' || by.instanceId !== instanceId) continue;
    if (by.arn) roles.all.add(by.arn);
    if (!sdk || mayBeOfNode(userAgent, sdk)) continue;
    if (by.arn) roles.programs.add(by.arn);
    const program = entry<AccessNodeProgram>(
      programs,
      `${sdk.name} ${sdk.version}`,
      () => ({
        name: sdk.name,
        ...(sdk.version ? { version: sdk.version } : {}),
        lastAt: at,
        calls: [],
      }),
    );
    if (at > program.lastAt) program.lastAt = at;
    const call = `${service.split('.')[0]}:${name}`;
    if (program.calls.length < MOST_NAMES && !program.calls.includes(call)) {
      program.calls.push(call);
    }
  }
  return {
    programs: [...programs.values()],
    roles: [...(programs.size ? roles.programs : roles.all)],
    since,
  };
}

/** Which programs call AWS as their node, of a few nodes of each group. It goes last, so that nothing waits for it. */
export async function collectNodeUse(
  request: AccessRequest,
  evidence: PodIdentityEvidenceSource,
  facts: Pick<AccessFacts, 'nodes' | 'pods'>,
): Promise<AccessFacts['nodeUse']> {
  const { session, signal, clock, tell = () => {} } = request;
  if (!facts.nodes.known) return facts.nodes;
  const until = new Date(clock.now());
  const from = new Date(clock.now() - USED_WITHIN_MS);
  const of = new Map<string, UseOfNode>();
  const ids = nodesToSearch(groupNodes(facts));
  if (ids.length) tell('Reading who calls AWS as its node');
  try {
    for (const id of ids) {
      if (clock.now() - until.getTime() > MOST_MS) throw new Error(TOO_LONG);
      const { events, from: since } = await search(
        evidence,
        {
          cluster: publicCluster(session.cluster),
          question: { username: id },
          from,
          until,
          signal,
        },
        1,
      );
      of.set(id, useOfNode(id, events, since));
    }
  } catch (error) {
    signal.throwIfAborted();
    const lack = lackOfSearch(error as Error);
    return of.size ? known({ of, stopped: lack }) : lacking(lack);
  }
  return known({ of });
}

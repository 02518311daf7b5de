import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import type { LastReports } from '../store/ReportStore';
import type { Memory, ServiceAccountState } from '../store/ServiceAccountStore';

type Look = Pick<VerificationReport, 'infrastructure'> | undefined;

/** How each part is named in a sentence. */
const WORDS = {
  agent: 'agent',
  webhook: 'webhook',
  kubernetes: 'version of Kubernetes',
  nodes: 'node image',
};
type Part = keyof typeof WORDS;
const SINGLE = ['agent', 'webhook', 'kubernetes'] as const;

/**
 * What gives the identity now, as far as the last proof had it from something else: `agent HASH`. A node image counts that no
 * node of the cluster had; where no pod runs, only once all nodes have others.
 */
export function replacedSince(proof: Look, look: Look): string[] {
  const was = proof?.infrastructure;
  const is = look?.infrastructure;
  if (!was || !is) return [];
  const single = SINGLE.flatMap(part =>
    was[part] && is[part] && was[part] !== is[part]
      ? [`${part} ${is[part]}`]
      : [],
  );
  const { nodes: before = [] } = was;
  const now = is.nodesInUse ?? is.nodes ?? [];
  const others = now.filter(image => !before.includes(image));
  const counts = is.nodesInUse || others.length === now.length;
  return [
    ...single,
    ...(was.nodes && counts ? others.map(image => `nodes ${image}`) : []),
  ];
}

/**
 * The same, each with when the last look before had not seen it yet: what obtained the role since did so with it, as far as
 * looks can tell. Node images come and go, so these stay until the next proof; the others until a look reads another one.
 */
export function replacedAfter(
  before: ServiceAccountState | undefined,
  { proof, look }: LastReports,
  now: number,
): Memory['replaced'] {
  const known =
    before?.proofReportId === proof?.id ? before?.memory?.replaced ?? {} : {};
  const is = look?.infrastructure;
  const stays = ([one]: [string, number]) => {
    const [part, hash] = one.split(' ') as [Part, string];
    return part === 'nodes' || [undefined, hash].includes(is?.[part]);
  };
  const since = Math.max(
    before?.lookedAt ?? now,
    proof ? Date.parse(proof.finishedAt) : 0,
  );
  const replaced = Object.fromEntries([
    ...Object.entries(known).filter(stays),
    ...replacedSince(proof, look)
      .filter(one => known[one] === undefined)
      .map(one => [one, since]),
  ]);
  return Object.keys(replaced).length > 0 ? replaced : undefined;
}

/** What of it counts: what no use has renewed. `agent and node image` */
export function replacedInWords(
  replaced: Memory['replaced'],
  provenAt: number,
): string | undefined {
  const parts = Object.entries(replaced ?? {})
    .filter(([, since]) => provenAt <= since)
    .map(([one]) => one.split(' ')[0]);
  const words = (Object.keys(WORDS) as Part[])
    .filter(part => parts.includes(part))
    .map(part => WORDS[part]);
  const last = words.pop();
  return words.length > 0 ? `${words.join(', ')} and ${last}` : last;
}

import type {
  Infrastructure,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { LastReports } from '../store/ReportStore';
import type { Memory, ServiceAccountState } from '../store/ServiceAccountStore';

type Look = Pick<VerificationReport, 'infrastructure'> | undefined;

/**
 * What gives the identity now, as far as the last proof had it from something else. A node image counts that no node of the
 * cluster had; where no pod runs, only once all nodes have others.
 */
export function replacedSince(
  proof: Look,
  look: Look,
): Infrastructure | undefined {
  const was = proof?.infrastructure;
  const is = look?.infrastructure;
  if (!was || !is) return undefined;
  const replaced: Infrastructure = {};
  if (was.agent && is.agent && was.agent !== is.agent) {
    replaced.agent = is.agent;
  }
  if (was.webhook && is.webhook && was.webhook !== is.webhook) {
    replaced.webhook = is.webhook;
  }
  if (was.nodes && is.nodes) {
    const before = was.nodes;
    const now = is.nodesInUse ?? is.nodes;
    const others = now.filter(image => !before.includes(image));
    if (others.length >= (is.nodesInUse ? 1 : Math.max(now.length, 1))) {
      replaced.nodes = others;
    }
  }
  return Object.keys(replaced).length > 0 ? replaced : undefined;
}

/**
 * The same, with when the last look before saw it otherwise: what obtained the role since did so with this, as far as looks
 * can tell. A look that could not read it takes nothing back.
 */
export function replacedAfter(
  before: ServiceAccountState | undefined,
  { proof, look }: LastReports,
  now: number,
): Memory['replaced'] {
  const known =
    before?.proofReportId === proof?.id ? before?.memory?.replaced : undefined;
  if (!look?.infrastructure) return known;
  const what = replacedSince(proof, look);
  if (JSON.stringify(known?.what) === JSON.stringify(what)) return known;
  const since = before?.lookedAt ?? now;
  return (
    what && { what, since: Math.max(since, Date.parse(proof!.finishedAt)) }
  );
}

const WORDS = { agent: 'agent', webhook: 'webhook', nodes: 'node image' };

/** `agent and node image` */
export function replacedInWords(what: Infrastructure): string {
  const words = (Object.keys(WORDS) as (keyof typeof WORDS)[])
    .filter(one => what[one])
    .map(one => WORDS[one]);
  const last = words.pop();
  return words.length > 0 ? `${words.join(', ')} and ${last}` : `${last}`;
}

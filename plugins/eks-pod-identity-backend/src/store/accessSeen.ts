import type {
  AccessProgram,
  AccessRow,
  AccessSearch,
} from 'backstage-plugin-eks-pod-identity-common';
import type { AccessSeen } from 'eks-pod-identity-engine';
import { fromOptionalJson } from './values';

interface Stored {
  /** Absent in a text from before it said which regions it is of. */
  searched?: AccessSearch[];
  programs: [account: string, programs: AccessProgram[]][];
}

/**
 * What a look saw of programs, as one text: it outlives rows that were written without. A service account that a look has
 * lost, because a list failed for example, keeps what was seen of it since the regions are read without a pause.
 */
export const seenText = (
  searched: AccessSearch[],
  found: readonly { row: AccessRow }[],
  before: AccessSeen | undefined,
): string => {
  const [since = ''] = searched.map(one => one.since).sort();
  const lost = [...(before?.programs ?? [])].filter(([, all]) =>
    all.some(({ lastAt }) => lastAt >= since),
  );
  const seen = new Map(lost);
  for (const { row } of found) {
    const { namespace, serviceAccount } = row.ref;
    seen.set(`${namespace}/${serviceAccount}`, row.programs ?? []);
  }
  const programs = [...seen].filter(([, all]) => all.length > 0);
  return JSON.stringify({ searched, programs } satisfies Stored);
};

export function toSeen(text: string | null): AccessSeen | undefined {
  const stored = fromOptionalJson<Stored>(text);
  if (!stored) return undefined;
  const { searched = [], programs } = stored;
  return { searched, programs: new Map(programs) };
}

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

/** What a look saw of programs, as one text: it outlives rows that were written without. */
export const seenText = (
  searched: AccessSearch[],
  found: readonly { row: AccessRow }[],
): string => {
  const programs = found.flatMap(({ row }): Stored['programs'] =>
    row.programs?.length
      ? [[`${row.ref.namespace}/${row.ref.serviceAccount}`, row.programs]]
      : [],
  );
  return JSON.stringify({ searched, programs } satisfies Stored);
};

export function toSeen(text: string | null): AccessSeen | undefined {
  const stored = fromOptionalJson<Stored>(text);
  if (!stored) return undefined;
  const { searched = [], programs } = stored;
  return { searched, programs: new Map(programs) };
}

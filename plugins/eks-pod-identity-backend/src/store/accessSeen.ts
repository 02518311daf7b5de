import type {
  AccessProgram,
  AccessRow,
} from 'backstage-plugin-eks-pod-identity-common';
import type { AccessSeen } from 'eks-pod-identity-engine';
import { fromOptionalJson } from './values';

interface Stored extends Omit<AccessSeen, 'programs'> {
  programs: [account: string, programs: AccessProgram[]][];
}

/** What a look saw of programs, as one text: it outlives rows that were written without. */
export const seenText = (
  at: string,
  since: string,
  found: readonly { row: AccessRow }[],
): string => {
  const programs = found.flatMap(({ row }): Stored['programs'] =>
    row.programs?.length
      ? [[`${row.ref.namespace}/${row.ref.serviceAccount}`, row.programs]]
      : [],
  );
  return JSON.stringify({ at, since, programs } satisfies Stored);
};

export function toSeen(text: string | null): AccessSeen | undefined {
  const stored = fromOptionalJson<Stored>(text);
  return stored && { ...stored, programs: new Map(stored.programs) };
}

import type { TrustRecord, TrustRecords } from '../operation/types';

/** Records as a database keeps them: as text. */
export function trustsInMemory(): TrustRecords & { all(): TrustRecord[] } {
  const kept = new Map<string, string>();
  const keyOf = (ref: object, roleArn: string) =>
    `${JSON.stringify(ref)} ${roleArn}`;
  return {
    find: async ref =>
      [...kept]
        .filter(([key]) => key.startsWith(keyOf(ref, '')))
        .map(([, text]) => JSON.parse(text)),
    put: async (ref, record) => {
      kept.set(keyOf(ref, record.roleArn), JSON.stringify(record));
    },
    remove: async (ref, roleArn) => {
      kept.delete(keyOf(ref, roleArn));
    },
    all: () => [...kept.values()].map(text => JSON.parse(text)),
  };
}

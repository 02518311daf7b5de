/** A process that ends right before its n-th write, and makes none from then on. */
export function endingBefore(nth: number) {
  const writes: string[] = [];
  return {
    writes,
    guard: {
      beforeWrite: async (what: string) => {
        if (writes.length >= nth) throw new Error('the process has ended');
        writes.push(what);
      },
      withLease: async <T>(_key: unknown, work: () => Promise<T>) => work(),
    },
  };
}

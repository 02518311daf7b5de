/** A family of tables, each of whose calls goes through a function. */
export const eachCall = <T extends object>(
  family: T,
  through: (call: () => unknown) => unknown,
): T =>
  new Proxy(family, {
    get: (_target, name) => {
      const method = Reflect.get(family, name, family);
      if (typeof method !== 'function') return method;
      // Of the family itself: its private fields are not seen through a proxy.
      return (...args: unknown[]) => through(() => method.apply(family, args));
    },
  });

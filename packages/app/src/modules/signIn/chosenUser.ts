const KEY = 'sandbox-user';

/** Remembers the chosen user in this browser tab, so that a reload stays signed in and two tabs may be two people. */
export const chosenUser = {
  get: () => window.sessionStorage.getItem(KEY) ?? undefined,
  set: (entityRef: string) => window.sessionStorage.setItem(KEY, entityRef),
  clear: () => window.sessionStorage.removeItem(KEY),
};
